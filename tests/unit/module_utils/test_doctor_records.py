"""Records that cannot be read are kept beside, and written anew from what is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.releases import read_release
from ansible.module_utils.rollway.state import State

from tests.unit.module_utils.fakes import FakeHost, a_run

FIRST, SECOND, THIRD = "1-1.0.0", "2-1.1.0", "3-1.2.0"
SPOILED = b'{"schema": 2, '


def doctor(host: FakeHost, **changes: Any) -> dict[str, Any]:
    result = host.step("doctor", run=a_run("doctor-1"), **{"edges_told": True, **changes})
    assert result["ok"], result["problem"]
    return result


def _spoil(path: Path) -> Path:
    path.write_bytes(SPOILED)
    return path


def _kinds(findings: list[dict[str, str]]) -> list[tuple[str, bool]]:
    return [(one["kind"], bool(one["fix"])) for one in findings]


def test_which_jobs_are_done_is_not_for_a_machine_to_guess(well: FakeHost) -> None:
    path = _spoil(well.root / "iris/jobs.json")
    for found in (doctor(well, mode="read")["findings"], doctor(well)["findings"]):
        assert _kinds(found) == [("jobs", False)]
        assert found[0]["next"].startswith("copy it from another host")
    assert path.read_bytes() == SPOILED


def test_which_containers_were_adopted_is_not_for_a_machine_to_guess(well: FakeHost) -> None:
    path = _spoil(well.root / "iris/adopted.json")
    for found in (doctor(well, mode="read")["findings"], doctor(well)["findings"]):
        assert _kinds(found) == [("adoption", False)]
        assert found[0]["next"].endswith("then adopt again")
    assert path.read_bytes() == SPOILED


def test_a_state_is_recorded_anew_from_what_runs_and_what_edges_say(well: FakeHost) -> None:
    path = well.root / "iris/state.json"
    before = State.from_json(well.state())
    _spoil(path)
    looked = doctor(well, mode="read", serves=["green"])
    assert _kinds(looked["findings"]) == [("state", True)]
    assert f"{SECOND} running in green" in looked["findings"][0]["fix"]
    result = doctor(well, serves=["green"])
    assert (result["findings"], _kinds(result["repaired"])) == ([], [("state", True)])
    assert path.with_name("state.json.bad").read_bytes() == SPOILED
    after = State.from_json(well.state())
    assert well.slots() == {"blue": (FIRST, "warm"), "green": (SECOND, "running")}
    assert (after.active, after.last_good) == ("green", SECOND)
    assert (after.releases, after.last_release) == (before.releases, before.last_release)
    assert after.generation > before.generation + 1000
    well.deploy(THIRD, "blue", old="green")


def test_a_deploy_is_possible_again_with_what_the_containers_alone_say(well: FakeHost) -> None:
    for name in ("iris-blue-api-1-1", "iris-blue-mail-1-1"):
        well.engine.remove(name)
    _spoil(well.root / "iris/state.json")
    (well.root / "iris/audit.jsonl").unlink()
    doctor(well)
    assert well.slots() == {"blue": (None, "empty"), "green": (SECOND, "running")}
    outcomes = {key: one["outcome"] for key, one in well.state()["releases"].items()}
    assert outcomes == {FIRST: "candidate", SECOND: "good"}
    well.deploy(THIRD, "blue", old="green")


UNCLEAR: list[Any] = [
    pytest.param({"serves": [], "edges_told": True}, id="no edge says it"),
    pytest.param({"serves": ["blue", "green"], "edges_told": True}, id="edges do not agree"),
    pytest.param({"serves": ["blue"], "edges_told": False}, id="an edge is silent"),
]


@pytest.mark.parametrize("told", UNCLEAR)
def test_which_slot_serves_is_never_guessed(told: dict[str, Any], well: FakeHost) -> None:
    path = _spoil(well.root / "iris/state.json")
    looked = doctor(well, mode="read")
    assert _kinds(looked["findings"]) == [("state", False)]
    result = well.step("doctor", run=a_run("doctor-1"), **told)
    assert (result["ok"], path.read_bytes()) == (False, SPOILED)
    assert "both slots run" in result["problem"]["found"]
    assert not (well.root / "iris/lock.json").exists()


@pytest.mark.parametrize("verb", ["scale", "adopt"])
def test_what_served_before_a_run_that_brings_a_release_on_stays_good(
    well: FakeHost, verb: str
) -> None:
    runs = [(FIRST, "deploy"), (SECOND, verb)]
    lines = [{"release": one, "outcome": "good", "verb": verb} for one, verb in runs]
    (well.root / "iris/audit.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    _spoil(well.root / "iris/state.json")
    doctor(well, serves=["green"])
    outcomes = {key: one["outcome"] for key, one in well.state()["releases"].items()}
    assert outcomes == {FIRST: "good", SECOND: "good"}


def test_what_a_rollback_left_is_voided_again(well: FakeHost) -> None:
    audit = well.root / "iris/audit.jsonl"
    verbs = {FIRST: "deploy", SECOND: "deploy"}
    lines = [{"release": one, "outcome": "good", "verb": verb} for one, verb in verbs.items()]
    lines.append({"release": THIRD, "outcome": "bad", "verb": "deploy"})
    lines.append({"release": FIRST, "outcome": "good", "verb": "rollback"})
    audit.write_text("".join(json.dumps(line) + "\n" for line in lines) + "torn {\n")
    _spoil(well.root / "iris/state.json")
    doctor(well, serves=["blue"])
    outcomes = {key: one["outcome"] for key, one in well.state()["releases"].items()}
    assert outcomes == {FIRST: "good", SECOND: "voided"}
    assert well.state()["last_release"] == THIRD


def test_a_lock_that_cannot_be_read_is_freed_and_kept(well: FakeHost) -> None:
    path = _spoil(well.root / "iris/lock.json")
    assert _kinds(doctor(well, mode="read")["findings"]) == [("lock", True)]
    result = doctor(well)
    assert (result["findings"], _kinds(result["repaired"])) == ([], [("lock", True)])
    assert path.with_name("lock.json.bad").read_bytes() == SPOILED
    assert not path.exists()


def test_a_warm_slot_stays_that_the_run_of_a_spoiled_lock_may_have_gone_back_to(
    well: FakeHost,
) -> None:
    assert State.from_json(well.state()).slots["blue"].deadline
    _spoil(well.root / "iris/lock.json")
    result = doctor(well)
    assert (result["findings"], _kinds(result["repaired"])) == ([], [("lock", True)])
    left = State.from_json(well.state())
    assert left.slots["blue"].may_serve
    assert left.phase  # `status` names it, and the next deploy or abort ends it


def test_an_edge_s_own_records(well: FakeHost) -> None:
    edge = FakeHost(root=well.root.parent / "edge")
    assert edge.step("acquire", kind="edge", run=a_run("r1"))["ok"]
    common = {"kind": "edge", "run": a_run("r1"), "generation": 1}
    assert edge.step("conclude", **common, outcome="good", release_id=SECOND)["ok"]
    _spoil(edge.root / "iris/state.json")
    assert doctor(edge, kind="edge")["findings"] == []
    assert edge.state()["last_release"] == SECOND
    assert edge.step("acquire", kind="edge", run=a_run("r2"))["ok"]


def _manifest(host: FakeHost, release: str) -> Path:
    return host.root / f"iris/releases/{release}/release.json"


def test_a_manifest_is_written_anew_from_another_host_and_the_files_here(well: FakeHost) -> None:
    told = doctor(well, mode="read")["manifests"]
    sent = json.dumps(told)
    assert "compose" not in told[SECOND]
    assert "content_base64" not in sent
    assert "sha256" not in json.dumps(told[SECOND]["files"])
    path = _manifest(well, SECOND)
    before = read_release(path.parent)
    _spoil(path)
    result = doctor(well, manifests=json.loads(sent))
    assert (result["findings"], _kinds(result["repaired"])) == ([], [("release", True)])
    assert read_release(path.parent) == before
    assert path.with_name("release.json.bad").read_bytes() == SPOILED


def test_a_manifest_whose_files_differ_is_not_believed(well: FakeHost) -> None:
    told = doctor(well, mode="read")["manifests"]
    path = _spoil(_manifest(well, SECOND))
    (path.parent / "compose.yml").write_text("services: {}\n")
    left = doctor(well, manifests=told)["findings"]
    assert (_kinds(left), path.read_bytes()) == ([("release", False)], SPOILED)


def test_a_manifest_that_nothing_uses_is_set_aside(well: FakeHost) -> None:
    well.deploy(THIRD, "blue", old="green")
    path = _spoil(_manifest(well, FIRST))
    assert doctor(well)["findings"] == []
    assert not path.exists()
    assert set(well.state()["releases"]) == {SECOND, THIRD}
    assert (path.parents[1] / f".{FIRST}.bad/release.json").read_bytes() == SPOILED
    well.deploy(FIRST, "green", old="blue")


def test_a_freeze_that_cannot_be_read_is_for_who_froze(well: FakeHost) -> None:
    path = _spoil(well.root / "iris/freeze.json")
    assert _kinds(doctor(well, mode="read")["findings"]) == [("lock", False)]
    assert not well.step("doctor", run=a_run("doctor-1"))["ok"]
    assert path.read_bytes() == SPOILED
