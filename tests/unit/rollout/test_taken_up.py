"""A run that takes up an interrupted one, and fails: hosts return to what they had before both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.rollout.journal import Event
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
)
from tests.unit.rollout.run_folder import RunFolder

HOSTS = ("app-1", "app-2", "app-3")
ON_TRIAL = {"1-a": release("a"), "2-b": release("b", outcome="candidate")}
GOOD = {"1-a": release("a"), "2-b": release("b")}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "no image"}}}


class Run(RunFolder):
    """A run's folder; its verb goes on where a dead run left the hosts and the edge."""

    def __init__(self, run_dir: Path, verb: str, acquired: dict[str, Event], **asked: Any) -> None:
        super().__init__(run_dir, request(verb, **asked), acquired)
        assert self.plan.refusal is None, self.plan.refusal

    def goes_back(self) -> dict[str, str]:
        """The slots that the edge is told to send requests to at the end, by host."""
        servers = self.calls("unshift", "edge-1")[0].arguments["servers"]
        return {one["host"]: one["slot"] for one in servers if one["state"] == "ready"}


def _host(name: str, active: str, releases: dict[str, Any], **slots: str) -> Event:
    event = acquired_host(name, active=active, blue="1-a", green="2-b", releases=releases)
    event.result["state"]["phase"] = {"run": "dead", "step": "start", "release": "2-b"}
    for slot, state in slots.items():
        event.result["state"]["slots"][slot]["state"] = state
    return event


def _edge(**slots: str) -> Event:
    return acquired_edge(*[(host.replace("_", "-"), slot) for host, slot in slots.items()])


def _deploy_killed(**slots: str) -> dict[str, Event]:
    """The new release runs beside the old one; records name the old one."""
    return fleet(*[_host(name, "blue", ON_TRIAL) for name in HOSTS], _edge(**slots))


def _stopped_first(**slots: str) -> dict[str, Event]:
    """Hosts had stopped the release before, and started the one on trial."""
    hosts = [_host(name, "green", ON_TRIAL, blue="stopped") for name in HOSTS]
    return fleet(*hosts, _edge(**slots))


MOVED = [
    pytest.param({"app_1": "green", "app_2": "blue", "app_3": "blue"}, id="one host had moved"),
    pytest.param(dict.fromkeys(("app_1", "app_2", "app_3"), "green"), id="every host had moved"),
]


@pytest.mark.parametrize("slots", MOVED)
def test_traffic_that_a_dead_deploy_moved_goes_back_too(
    tmp_path: Path, slots: dict[str, str]
) -> None:
    run = Run(tmp_path, "deploy", _deploy_killed(**slots), manifest=manifest("b"))
    assert run.plan.hosts["app-1"].serving == "green"  # nothing moves before the verdict
    run.happened("stage", "app-3", **FAILED)
    assert run.goes_back() == dict.fromkeys(HOSTS, "blue")
    run.happened("unshift", "edge-1")
    end = run.outcome()
    assert (end.exit_code, end.record) == (exits.FAILED, "bad")
    assert "the whole fleet serves 1-a" in end.sentence
    assert run.calls("conclude", "app-1")[0].arguments["active_slot"] == "blue"


def test_an_edge_that_does_not_confirm_it_leaves_both_slots_up(tmp_path: Path) -> None:
    slots = {"app_1": "green", "app_2": "blue", "app_3": "blue"}
    run = Run(tmp_path, "deploy", _deploy_killed(**slots), manifest=manifest("b"))
    run.happened("stage", "app-3", **FAILED)
    run.happened("unshift", "edge-1", ok=False, unreachable=True)
    end = run.outcome()
    assert (end.exit_code, end.record) == (exits.NEEDS_PERSON, "aborted")


def test_a_rollback_that_fails_leaves_the_release_on_record(tmp_path: Path) -> None:
    """Its traffic had moved; a slot that serves is not to be the one that a timer ends."""
    hosts = [_host(name, "green", GOOD, blue="warm") for name in HOSTS]
    for event in hosts:
        event.result["state"]["phase"] = None
    edge = _edge(app_1="blue", app_2="blue", app_3="blue")
    run = Run(tmp_path, "rollback", fleet(*hosts, edge), to="1-a")
    run.happened("shift", "edge-1", wave=0, **FAILED)
    assert run.goes_back() == dict.fromkeys(HOSTS, "green")
    run.happened("unshift", "edge-1")
    assert run.calls("conclude", "app-1")[0].arguments["active_slot"] == "green"


OUT = [
    pytest.param({"app_1": "green", "app_3": "green"}, id="one was out of rotation"),
    pytest.param(dict.fromkeys(("app_1", "app_2", "app_3"), "green"), id="all had moved"),
]


@pytest.mark.parametrize("slots", OUT)
def test_hosts_that_stopped_first_come_back(tmp_path: Path, slots: dict[str, str]) -> None:
    run = Run(tmp_path, "deploy", _stopped_first(**slots), manifest=manifest("b"))
    assert {one.old_release for one in run.plan.hosts.values()} == {"1-a"}
    assert run.plan.previous["id"] == "1-a"
    assert [move.step for move in run.plan.first_moves] == ["shift"]  # none leaves rotation
    run.happened("stage", "app-3", **FAILED)
    for wave, name in reversed(list(enumerate(HOSTS))):
        servers = run.calls("retreat", "edge-1", wave)[0].arguments["servers"]
        assert name not in {one["host"] for one in servers if one["state"] == "ready"}
        arguments = run.calls("undo", name)[0].arguments
        assert (arguments["slot"], arguments["stops_first"]) == ("green", True)
        run.happened("undo", name, result={"restored": True})
    assert run.goes_back() == dict.fromkeys(HOSTS, "blue")
    run.happened("unshift", "edge-1")
    assert run.outcome().exit_code == exits.FAILED
    assert run.calls("conclude", "app-1")[0].arguments["active_slot"] == "blue"


def test_another_release_does_not_take_the_slot_that_stands_still(tmp_path: Path) -> None:
    """What nobody has judged makes room for it, and not the one to return to."""
    stopped = _stopped_first(app_1="green", app_3="green")
    run = Run(tmp_path, "deploy", stopped, manifest=manifest("c"))
    found = {(one.new_slot, one.old_slot, one.order) for one in run.plan.hosts.values()}
    assert found == {("green", "blue", "stop-first")}
    run.happened("stage", "app-3", **FAILED)
    assert run.calls("undo", "app-2")[0].arguments["slot"] == "green"
    assert run.goes_back() == dict.fromkeys(HOSTS, "blue")


def test_a_rollback_of_hosts_that_stop_first_has_moves_after_the_first_wave(tmp_path: Path) -> None:
    """`abort` and `rollback` play them, too: tests/contract/test_shape.py."""
    run = Run(tmp_path, "rollback", _short_of_memory())
    assert run.plan.waves == [["app-1"], ["app-2"], ["app-3"]]
    starting = [move.host for move in run.plan.other_moves if move.step == "start"]
    assert starting == ["app-2", "app-3"]


def _short_of_memory() -> dict[str, Event]:
    """No slot is warm, and beside what serves is no room for the release before."""
    hosts = [acquired_host(name, active="green", green="2-b", releases=GOOD) for name in HOSTS]
    for event in hosts:
        event.result["facts"] = {"memory_available_bytes": 1}
        for one in event.result["manifests"].values():
            one["services"][0]["memory_bytes"] = 2
    return fleet(*hosts, _edge(app_1="green", app_2="green", app_3="green"))
