"""What a plan says about a host's release, and what it never says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.rollway.compare import HIDDEN, differences
from ansible.module_utils.rollway.manifest import Manifest
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.sealed import write_sealed
from ansible.module_utils.rollway.state import Slot, State, save_state

from rollway.release.text import compose_text

SECRET = "hunter2"


def _manifest(name: str, environment: dict[str, str], **changes: Any) -> dict[str, Any]:
    service = {"environment": environment, "image": "r/a@sha256:" + "a" * 64}
    return {
        "id": name,
        "version": "a",
        "hash": "h",
        "created": "2026-01-01T00:00:00Z",
        "compose": compose_text({"services": {"api-1": service}}),
        "images": {},
        "services": [],
        "http": None,
        "accessories": None,
        "files": [],
        **changes,
    }


def _serving(tmp_path: Path, content: dict[str, Any]) -> AppPaths:
    paths = AppPaths(tmp_path, "iris")
    paths.make()
    folder = paths.release(content["id"])
    folder.mkdir(parents=True)
    write_sealed(folder / "release.json", {"manifest": content})
    slots = {"blue": Slot(content["id"], "a", "running"), "green": Slot()}
    save_state(paths, State("iris", active="blue", slots=slots))
    return paths


def _compare(tmp_path: Path, before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    return differences(_serving(tmp_path, before), Manifest.from_json(now))


def test_variables_are_compared_one_by_one(tmp_path: Path) -> None:
    before = _manifest("1-a", {"LEVEL": "info", "OLD": "true", "SAME": "y"})
    now = _manifest("2-a", {"LEVEL": "debug", "NEW_PORT": "1", "SAME": "y"})
    found = _compare(tmp_path, before, now)["environment"]
    assert [(one["name"], one["change"], one["before"], one["after"]) for one in found] == [
        ("LEVEL", "changed", '"info"', '"debug"'),
        ("NEW_PORT", "added", None, '"1"'),
        ("OLD", "removed", '"true"', None),
    ]


def test_a_secret_shows_that_it_changed_and_nothing_else(tmp_path: Path) -> None:
    before = _manifest("1-a", {"DB_PASSWORD": "before-" + SECRET, "API_TOKEN": SECRET})
    now = _manifest("2-a", {"DB_PASSWORD": "now-" + SECRET, "API_TOKEN": SECRET, "LEVEL": "x"})
    found = _compare(tmp_path, before, now)
    assert found["environment"][0] == {
        "service": "api-1",
        "name": "DB_PASSWORD",
        "change": "changed",
        "before": HIDDEN,
        "after": HIDDEN,
    }
    assert "+      DB_PASSWORD: (hidden, changed)" in found["compose"]
    assert "       API_TOKEN: (hidden, as before)" in found["compose"]
    assert SECRET not in json.dumps(found)


def test_files_are_named_not_shown(tmp_path: Path) -> None:
    before = _manifest("1-a", {}, files=[{"path": "a.ini", "sha256": "1"}])
    now = _manifest(
        "2-a", {}, files=[{"path": "a.ini", "sha256": "2"}, {"path": "b.ini", "sha256": "3"}]
    )
    assert _compare(tmp_path, before, now)["files"] == [
        {"path": "a.ini", "change": "changed"},
        {"path": "b.ini", "change": "added"},
    ]


def test_the_first_release_is_new_altogether(tmp_path: Path) -> None:
    found = differences(
        AppPaths(tmp_path, "iris"), Manifest.from_json(_manifest("1-a", {"LEVEL": "info"}))
    )
    assert found["release"] is None
    assert [one["change"] for one in found["environment"]] == ["added"]


def test_a_command_and_an_accessory_show_that_they_changed_and_nothing_else(tmp_path: Path) -> None:
    def release(name: str, secret: str) -> dict[str, Any]:
        cache = {"image": "r/redis:8", "command": ["redis-server", "--requirepass", secret]}
        text = compose_text({"services": {"cache": cache}})
        accessories = {"compose": text, "hash": "h", "images": {}, "services": []}
        return _manifest(name, {}, accessories=accessories)

    found = _compare(tmp_path, release("1-a", SECRET), release("2-a", SECRET + "-now"))
    assert "-    command: (hidden, as before)\n+    command: (hidden, changed)" in found["compose"]
    assert '     image: "r/redis:8"' in found["compose"]
    assert SECRET not in json.dumps(found)
