"""What a host is asked once, and what it is asked again."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.rollway import compose

from tests.unit.module_utils.fakes import FakeHost


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Compose's own program, on a host that already has an application."""
    monkeypatch.setattr(compose, "PLUGIN_FOLDERS", (str(tmp_path),))
    path = tmp_path / "docker-compose"
    path.write_text("one version", encoding="utf-8")
    return path


def versions_asked(host: FakeHost) -> int:
    return sum("version" in command for command in host.commands)


def test_compose_is_started_once_for_its_version(host: FakeHost, plugin: Path) -> None:
    assert plugin.is_file()
    host.deploy("1-1.0.0", "blue")
    host.deploy("2-1.1.0", "green")
    asked = versions_asked(host)
    assert host.step("acquire", mode="read")["facts"]["compose"] == host.compose_version
    assert versions_asked(host) == asked
    memory = host.root / "compose.json"
    assert memory.stat().st_mode & 0o777 == 0o600


def test_another_program_is_asked_again(host: FakeHost, plugin: Path) -> None:
    host.deploy("1-1.0.0", "blue")
    host.deploy("2-1.1.0", "green")
    plugin.write_text("another version", encoding="utf-8")
    host.compose_version = "2.24.3"
    refused = host.step("acquire")
    assert refused["problem"]["found"] == "found 2.24.3"


@pytest.mark.parametrize("spoiled", ["", "[]", "{}", '{"file": 1, "version": "9.9"}'])
def test_a_spoiled_memory_is_none(host: FakeHost, plugin: Path, spoiled: str) -> None:
    assert plugin.is_file()
    host.deploy("1-1.0.0", "blue")
    (host.root / "compose.json").write_text(spoiled, encoding="utf-8")
    assert host.step("acquire", mode="read")["facts"]["compose"] == host.compose_version


def test_who_only_looks_writes_nothing(host: FakeHost, plugin: Path) -> None:
    assert plugin.is_file()
    host.root.mkdir()
    assert host.step("acquire", mode="read")["ok"]
    assert list(host.root.iterdir()) == []
