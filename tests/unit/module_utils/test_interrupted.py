"""A run that never came to its end: what it leaves on a host, and what stays up for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.rollway.boot import boot
from ansible.module_utils.rollway.files import exclusive
from ansible.module_utils.rollway.host_call import host_call
from ansible.module_utils.rollway.reap import reap

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
WEB = [{"name": "api", "replicas": 1}]
GONE = {"scan_ticks": 200, "processes": []}
BOTH_UP = {"blue": (FIRST, "warm"), "green": (SECOND, "running")}


@pytest.fixture
def warm(host: FakeHost) -> FakeHost:
    """The second release serves, and the first one is warm."""
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    return host


def _going_back(host: FakeHost) -> dict[str, Any]:
    """A rollback to the warm slot: it moves traffic at the edge, and is no step of this host."""
    run = {**a_run("run-back"), "verb": "rollback"}
    return {"run": run, "generation": host.step("acquire", run=run)["generation"]}


def _recorded(host: FakeHost, common: dict[str, Any]) -> None:
    record = {"result": "aborted", "step": "shift"}
    ended = host.step("conclude", **common, outcome="aborted", release_id=FIRST, record=record)
    assert ended["unlocked"] is True


def _released(host: FakeHost, _common: dict[str, Any]) -> None:
    assert host.step("unlock", run=a_run("person"), target="run-back")["released"] == ["run"]


def _taken_over(host: FakeHost, _common: dict[str, Any]) -> None:
    """The next run takes over, and is refused before it changes anything."""
    taken = host.step("acquire", run=a_run("next"), alive=GONE)
    assert taken["taken_over"]["id"] == "run-back"
    refused = {"outcome": "aborted", "record": {"result": "refused"}}
    host.step("conclude", run=a_run("next"), generation=taken["generation"], **refused)


ENDS = [
    pytest.param(_recorded, ("shift", FIRST), id="a signal, recorded"),
    pytest.param(_released, ("acquire", None), id="its lock was released"),
    pytest.param(_taken_over, ("acquire", None), id="killed, and the next run was refused"),
]


@pytest.mark.parametrize(("end", "phase"), ENDS)
def test_a_warm_slot_that_may_serve_by_now_outlives_its_timer(
    warm: FakeHost,
    end: Callable[[FakeHost, dict[str, Any]], None],
    phase: tuple[str, str | None],
) -> None:
    end(warm, _going_back(warm))
    assert not (warm.root / "iris/lock.json").exists()
    assert warm.slots() == BOTH_UP
    left = warm.state()["phase"]
    assert (left["run"], left["step"], left["release"]) == ("run-back", *phase)
    warm.clock.now += 1000
    said = reap(host_call(warm.root, "iris", warm.tools), "blue")
    assert said == "iris blue: a run ended midway and it may serve, left alone"
    assert "iris-blue-api-1-1" in warm.running()


def test_the_run_after_it_lets_the_other_slot_go_in_time(warm: FakeHost) -> None:
    _recorded(warm, _going_back(warm))
    acquired = warm.step("acquire", run=a_run("run-again"), services=WEB)
    common = {"run": a_run("run-again"), "generation": acquired["generation"], "slot": "blue"}
    ended = warm.step(
        "conclude", **common, release_id=FIRST, outcome="good", active_slot="blue", voids=[SECOND]
    )
    assert ended["ok"], ended["problem"]
    assert warm.slots() == {"blue": (FIRST, "running"), "green": (SECOND, "warm")}
    assert warm.state()["phase"] is None


def test_a_slot_that_may_serve_is_left_alone_by_a_boot_as_well(warm: FakeHost) -> None:
    _recorded(warm, _going_back(warm))
    before = len(warm.commands)
    said = list(boot(warm.root, warm.tools))
    assert said[0] == "iris blue: a run ended midway and it may serve, left alone"
    assert "iris-blue-api-1-1" in warm.running()
    assert warm.commands[before:] == []


@pytest.mark.parametrize("outcome", ["good", "bad"])
def test_it_has_a_deadline_again_once_a_run_has_come_to_its_end(
    warm: FakeHost, outcome: str
) -> None:
    _recorded(warm, _going_back(warm))
    acquired = warm.step("acquire", run=a_run("run-again"), services=WEB)
    common = {"run": a_run("run-again"), "generation": acquired["generation"], "slot": "green"}
    ended = warm.step("conclude", **common, release_id=SECOND, outcome=outcome, active_slot="green")
    assert ended["ok"], ended["problem"]
    assert warm.slots() == BOTH_UP
    assert warm.state()["slots"]["blue"]["deadline"] is not None


def test_the_step_a_killed_run_had_entered_stays_on_record(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire", run=a_run("killed"), services=WEB)
    common = {"run": a_run("killed"), "generation": acquired["generation"], "slot": "green"}
    host.step("stage", **common, manifest=a_manifest(SECOND), then_start=True)
    taken = host.step("acquire", run=a_run("next"), alive=GONE)
    phase = taken["state"]["phase"]
    assert (phase["run"], phase["step"], phase["release"]) == ("killed", "start", SECOND)


def test_a_signal_is_noted_in_history_and_audit(warm: FakeHost) -> None:
    _recorded(warm, _going_back(warm))
    record = json.loads((warm.root / "iris/runs/run-back.json").read_text())
    assert (record["outcome"], record["step"]) == ("aborted", "shift")
    last = (warm.root / "iris/audit.jsonl").read_text().splitlines()[-1]
    assert (json.loads(last)["run"], json.loads(last)["outcome"]) == ("run-back", "aborted")


def test_an_edge_has_no_slots_and_only_unlocks(host: FakeHost) -> None:
    acquired = host.step("acquire", kind="edge")
    record = {"result": "aborted", "step": "shift"}
    common = {"kind": "edge", "generation": acquired["generation"], "record": record}
    assert host.step("conclude", **common, outcome="aborted")["unlocked"] is True
    assert host.state()["phase"] is None


ALIVE = {**GONE, "processes": [[7, 100]]}


@pytest.mark.parametrize(
    ("alive", "is_busy"), [(GONE, True), (ALIVE, False)], ids=["dead", "alive"]
)
def test_a_controller_hears_soon_whether_a_step_or_a_run_is_in_its_way(
    host: FakeHost, alive: dict[str, Any], is_busy: bool
) -> None:
    """It asks again, and says so meanwhile; of a run at work the lock says more than its step."""
    host.step("acquire", run=a_run("theirs"))
    began = host.clock.now
    with exclusive(host.root / "iris/mutex"):
        refused = host.step("acquire", run=a_run("ours"), alive=alive)
    assert (refused["ok"], refused["outcome"], "busy" in refused) == (False, "locked", is_busy)
    assert refused["problem"]["found"].startswith("locked by") != is_busy
    assert 3 <= host.clock.now - began < 4


def test_the_host_s_own_timer_is_waited_for_too(host: FakeHost) -> None:
    (host.root / "iris").mkdir(parents=True)
    with exclusive(host.root / "iris/mutex"):
        refused = host.step("acquire", run=a_run("ours"))
    assert (refused["ok"], refused["busy"]["left"]) == (False, None)
