"""A host against its own record: what a person changed behind Rollway's back is named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.drift_files import NOT_HASHED, content_hash
from ansible.module_utils.rollway.engine import EngineProblem
from ansible.module_utils.rollway.releases import read_release
from ansible.module_utils.rollway.sealed import write_sealed

from rollway.release import manifest as released
from rollway.release.text import compose_text
from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run, image_of
from tests.unit.release.app_fixtures import build, compose

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
API = "iris-green-api-1-1"

Found = list[tuple[str, str, str, str]]


@pytest.fixture
def fleet_host(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host that serves its second release, the first one warm; every file is of who tests."""
    monkeypatch.setattr(os, "chown", lambda *_: None)
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    return host


def findings(host: FakeHost, **changes: Any) -> Found:
    """Kind, place, found and accepted of each finding; places without the folder of records."""
    result = host.step("drift", **changes)
    assert (result["ok"], result["changed"]) == (True, False), result["problem"]
    return [
        (
            one["kind"],
            one["where"].replace(f"{host.root}/iris/", ""),
            one["found"],
            one["accepted"],
        )
        for one in result["findings"]
    ]


def test_a_host_as_it_was_left_has_none(fleet_host: FakeHost) -> None:
    assert findings(fleet_host) == []


def test_a_host_that_never_had_the_application_has_none_and_nothing_is_written(
    host: FakeHost,
) -> None:
    assert findings(host) == []
    assert not host.root.exists()


def _gone(host: FakeHost) -> None:
    host.engine.here.pop(API)


def _exited(host: FakeHost) -> None:
    host.engine.stop(API, grace_seconds=1)


def _warm_worker(host: FakeHost) -> None:
    host.engine.start("iris-blue-mail-1-1")


def _too_many(host: FakeHost) -> None:
    host.engine.here["0a_x"] = container("0a_x", "iris-green", "api-1")


def _by_hand(host: FakeHost) -> None:
    labels = {"io.rollway.app": "iris"}
    host.engine.here["mine"] = container("mine", "scratch", "api", labels=labels)


def _other_image(host: FakeHost) -> None:
    host.engine.here[API]["Config"]["Image"] = "iris:dev"


def _other_release(host: FakeHost) -> None:
    host.engine.here[API]["Config"]["Labels"]["io.rollway.release"] = FIRST


SERVES = f"{SECOND} in green, recorded as running"
CONTAINERS: list[Any] = [
    pytest.param(_gone, ("container", "iris-green/api-1", "missing", SERVES), id="missing"),
    pytest.param(_exited, ("container", API, "exited", f"running: {SERVES}"), id="standing still"),
    pytest.param(
        _warm_worker,
        (
            "container",
            "iris-blue-mail-1-1",
            "running",
            f"stopped: a worker of {FIRST} in blue, recorded as warm",
        ),
        id="a worker of the warm slot at work",
    ),
    pytest.param(
        _too_many,
        ("container", "0a_x", "a container too many, running", SERVES),
        id="a temporary container of Compose",
    ),
    pytest.param(
        _by_hand,
        (
            "container",
            "mine",
            "it is in no slot",
            "one of iris-accessories, iris-blue, iris-green, iris-jobs",
        ),
        id="a container beside the slots",
    ),
    pytest.param(_other_image, ("image", API, "iris:dev", image_of(SECOND)), id="another image"),
    pytest.param(
        _other_release,
        ("release", API, f"made for {FIRST} in green", f"{SECOND} in green"),
        id="a container of another release",
    ),
]


@pytest.mark.parametrize(("change", "finding"), CONTAINERS)
def test_a_container_that_is_not_as_recorded(
    change: Callable[[FakeHost], None], finding: Any, fleet_host: FakeHost
) -> None:
    change(fleet_host)
    assert findings(fleet_host) == [finding]


def test_the_same_digest_under_another_name_is_the_same_image(fleet_host: FakeHost) -> None:
    _other_image(fleet_host)
    fleet_host.engine.here[API]["Image"] = "sha256:1"
    digest = image_of(SECOND).partition("@")[2]
    fleet_host.engine.digests["sha256:1"] = [f"mirror.example/iris@{digest}"]
    assert findings(fleet_host) == []


def test_containers_in_a_slot_that_is_recorded_as_empty(host: FakeHost) -> None:
    host.engine.here["x"] = container("x", "iris-blue", "api-1")
    says = "nothing: the slot blue is recorded as empty"
    assert findings(host) == [("container", "x", "a container too many, running", says)]


FILES: list[Any] = [
    pytest.param(
        lambda folder: (folder / "compose.yml").write_text("services: {}\n"),
        ("compose.yml", "its content was changed", "as it was released"),
        id="a Compose file edited by hand",
    ),
    pytest.param(
        lambda folder: (folder / "compose.yml").unlink(),
        ("compose.yml", "not there", "as it was released"),
        id="a Compose file removed",
    ),
    pytest.param(
        lambda folder: _rewrite(folder / "files/conf/app.yml"),
        ("files/conf/app.yml", "its content was changed", "as it was released"),
        id="a mounted file edited by hand",
    ),
    pytest.param(
        lambda folder: (folder / "files/conf/app.yml").chmod(0o644),
        ("files/conf/app.yml", "mode 0644", "0400"),
        id="a mounted file that others may read",
    ),
    pytest.param(
        lambda folder: (folder / "files/extra").touch(),
        ("files/extra", "no file of the release", "the release's own files"),
        id="a file too many",
    ),
]


def _rewrite(path: Path) -> None:
    path.chmod(0o600)
    path.write_text("answer: 43\n")
    path.chmod(0o400)


@pytest.mark.parametrize(("change", "finding"), FILES)
def test_a_file_that_is_not_as_released(
    change: Callable[[Path], Any], finding: tuple[str, str, str], fleet_host: FakeHost
) -> None:
    change(fleet_host.root / "iris/releases" / SECOND)
    name, found, accepted = finding
    wanted = ("file", f"releases/{SECOND}/{name}", found, accepted)
    mine = os.getuid(), os.getgid()
    owner = (f"releases/{SECOND}/{name}", f"owner {mine[0]}:{mine[1]}", "0:0")
    assert [one for one in findings(fleet_host) if one[1:] != owner] == [wanted]


def test_a_manifest_that_was_changed_is_not_believed(fleet_host: FakeHost) -> None:
    path = fleet_host.root / f"iris/releases/{SECOND}/release.json"
    content = read_release(path.parent)
    write_sealed(path, {"manifest": {**(content or {}), "compose": "services: {}\n"}})
    (path.parent / "compose.yml").write_text("services: {}\n")
    kept = a_manifest(SECOND)["hash"][:12]
    where = f"releases/{SECOND}/release.json"
    assert findings(fleet_host)[0] == ("file", where, "its content was changed", f"hash {kept}")


def test_a_release_that_is_gone_or_that_nobody_recorded(fleet_host: FakeHost) -> None:
    releases = fleet_host.root / "iris/releases"
    (releases / FIRST).rename(releases / "9-x")
    assert [one[1:] for one in findings(fleet_host) if one[0] == "file"] == [
        (f"releases/{FIRST}", "not there", "the release that the state file names"),
        ("releases/9-x", "a release that is not on record", "a release that the state file names"),
    ]


def test_values_of_a_slot_by_name(fleet_host: FakeHost) -> None:
    path = fleet_host.root / "iris/slots/green.env"
    path.write_text(path.read_text().replace("=app-1", "=app-9"))
    wanted = ("environment", "slots/green.env", "ROLLWAY_HOST=app-9", "ROLLWAY_HOST=app-1")
    assert findings(fleet_host) == [wanted]


def test_a_host_that_moved_to_another_address(fleet_host: FakeHost) -> None:
    found = findings(fleet_host, address="192.0.2.99")
    assert {one[2:] for one in found} == {
        ("ROLLWAY_ADDRESS=192.0.2.11", "ROLLWAY_ADDRESS=192.0.2.99")
    }


def test_a_release_whose_images_cannot_be_pulled_is_on_record_as_bad(fleet_host: FakeHost) -> None:
    fleet_host.engine.pull_errors = [EngineProblem("image", "x509: unknown authority")]
    run, third = a_run("r9"), "3-1.2.0"
    common = {"run": run, "generation": fleet_host.step("acquire", run=run)["generation"]}
    assert not fleet_host.step("stage", **common, manifest=a_manifest(third))["ok"]
    assert fleet_host.step("conclude", **common, outcome="bad", release_id=third)["ok"]
    assert fleet_host.state()["releases"][third]["outcome"] == "bad"
    assert findings(fleet_host) == []


def test_ports_reserved_since_are_no_drift(fleet_host: FakeHost) -> None:
    more = {"scan_ticks": 0, "processes": []}
    asked = [{"name": "api", "replicas": 2}]
    acquired = fleet_host.step("acquire", run=a_run("r9"), services=asked, alive=more)
    common = {"run": a_run("r9"), "generation": acquired["generation"]}
    assert fleet_host.step("conclude", **common, outcome="bad", release_id=SECOND)["ok"]
    assert findings(fleet_host) == []


def test_a_variable_of_a_container_is_compared_and_never_shown(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "chown", lambda *_: None)
    variables = {"PASSWORD": "hunter$2", "WORKERS": 3}
    text = compose_text({"services": {"api-1": {"environment": variables}}})
    host.comes_up = {"api-1": {"env": ["PASSWORD=hunter$2", "PATH=/bin"]}}
    manifest = a_manifest(FIRST, compose=text)
    acquired = host.step("acquire", services=[{"name": "api", "replicas": 1}])
    common = {"generation": acquired["generation"], "slot": "blue"}
    assert host.step("stage", **common, manifest=manifest, then_start=True)["ok"]
    assert host.step("switch", **common, release_id=FIRST)["ok"]
    good = {**common, "release_id": FIRST, "outcome": "good", "active_slot": "blue"}
    assert host.step("conclude", **good)["ok"]
    assert findings(host) == []
    host.engine.here["iris-blue-api-1-1"]["Config"]["Env"] = ["PASSWORD=else"]
    where = "iris-blue-api-1-1/environment/PASSWORD"
    assert findings(host) == [("environment", where, "another value", "the release's own")]


def test_a_run_at_work_is_told_beside_what_it_changes(fleet_host: FakeHost) -> None:
    assert fleet_host.step("acquire", run=a_run("r9"))["ok"]
    result = fleet_host.step("drift", run=a_run("r10"))
    assert (result["findings"], len(result["remarks"])) == ([], 1)
    assert "locked by deploy by ana@laptop" in result["remarks"][0]


def test_the_lock_of_a_dead_run_is_drift(fleet_host: FakeHost) -> None:
    assert fleet_host.step("acquire", run=a_run("r9"))["ok"]
    dead = {"scan_ticks": 200, "processes": []}
    found = findings(fleet_host, run=a_run("r10"), alive=dead)
    assert [one[:2] for one in found] == [("lock", "lock.json")]


def test_a_release_has_the_hash_that_the_controller_gave_it(tmp_path: Path) -> None:
    """Both sides say what it covers: this is the test that fails when they differ."""
    built = build(tmp_path, compose())
    sent = json.loads(json.dumps({**built, "id": FIRST}))
    assert content_hash(sent) == built["hash"]
    assert released.NOT_HASHED == NOT_HASHED
