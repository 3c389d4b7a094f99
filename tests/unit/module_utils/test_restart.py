"""The release that serves, started anew on one host."""

from __future__ import annotations

from typing import Any

from tests.unit.module_utils.fakes import FakeHost, a_run

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
END = {"outcome": "good", "keep_warm_seconds": 0.0}


def _begin(host: FakeHost, slot: str, *, run: str = "again") -> dict[str, Any]:
    acquired = host.step("acquire", run=a_run(run))
    common = {"run": a_run(run), "generation": acquired["generation"], "slot": slot}
    return {**common, "release_id": FIRST}


def _restart(host: FakeHost, slot: str, *, old: str, run: str = "again") -> None:
    common = _begin(host, slot, run=run)
    assert host.step("start", **common, anew=True)["ok"]
    assert host.step("switch", **common, old_slot=old)["ok"]
    assert host.step("conclude", **common, **END, active_slot=slot)["ok"]


def test_it_serves_from_the_other_slot_and_the_one_before_goes(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    _restart(host, "green", old="blue")
    assert host.slots() == {"blue": (FIRST, "warm"), "green": (FIRST, "running")}
    assert host.state()["releases"][FIRST]["outcome"] == "good"
    assert "iris-blue-mail-1-1" not in host.running()
    armed = [argv for argv in host.commands if argv[0] == "systemd-run"]
    assert "--on-active=1s" in armed[-1]


def test_a_second_one_replaces_what_is_still_warm_of_the_first(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    _restart(host, "green", old="blue")
    ups = host.engine.log.count("up iris-blue-api-1-1")
    _restart(host, "blue", old="green", run="third")
    assert host.engine.log.count("up iris-blue-api-1-1") == ups + 1
    assert host.state()["active"] == "blue"


def test_what_a_killed_one_had_started_stays(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    common = _begin(host, "green")
    assert host.step("start", **common, anew=True)["changed"]
    ups = host.engine.log.count("up iris-green-api-1-1")
    assert host.step("start", **common, anew=True)["ok"]
    assert host.engine.log.count("up iris-green-api-1-1") == ups


def test_one_that_failed_leaves_the_release_good(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    common = _begin(host, "green")
    assert host.step("start", **common, anew=True)["ok"]
    assert host.step("conclude", **common, outcome="bad", active_slot="blue")["ok"]
    assert host.slots() == {"blue": (FIRST, "running"), "green": (FIRST, "draining")}
    assert host.state()["releases"][FIRST]["outcome"] == "good"


def test_a_host_that_is_tolerated_runs_what_stopped_first(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    common = _begin(host, "green")
    host.comes_up = {"api-1": {"health": "unhealthy"}}
    host.answers = lambda *_: "connection refused"  # so that it cannot be brought back either
    assert not host.step("start", **common, anew=True, stops_first=True)["ok"]
    host.engine.here["iris-blue-api-1-1"]["State"]["Status"] = "exited"
    assert host.slots()["blue"] == (FIRST, "stopped")
    assert host.step("conclude", **common, **END, active_slot="blue")["ok"]
    assert host.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}
    assert host.running() == ["iris-blue-api-1-1", "iris-blue-mail-1-1"]


def test_workers_alone_start_again_where_they_were(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    common = _begin(host, "blue")
    asked = host.step("switch", **common, service="mail", check=True)
    assert (asked["changed"], "stop iris-blue-mail-1-1" in host.engine.log) == (True, False)
    done = host.step("switch", **common, service="mail")
    assert (done["ok"], done["stopped"], done["started"]) == (
        True,
        ["iris-blue-mail-1-1"],
        ["mail-1"],
    )
    assert host.running() == ["iris-blue-api-1-1", "iris-blue-mail-1-1"]
    assert host.engine.log.count("stop iris-blue-api-1-1") == 0


def test_a_service_that_is_no_worker_is_named(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    refused = host.step("switch", **_begin(host, "blue"), service="api")
    assert refused["problem"]["where"] == "services/api"
