"""A worker of which the fleet has one, on one host: it runs only where the record has it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway import doctor_host
from ansible.module_utils.rollway.boot import boot

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
BLUE, GREEN = "iris-blue-beat-1-1", "iris-green-beat-1-1"
BEAT = {"name": "beat", "class": "worker", "replicas": 1, "containers": ["beat-1"], "port": None}
ONE = {"singletons": ["beat"]}


def _release(release: str, **beat: Any) -> dict[str, Any]:
    """A release with a worker on every host, and `beat`, of which the fleet has one."""
    plain = a_manifest(release)["services"]
    times = {"has_healthcheck": False, "ready_deadline_seconds": 5}
    return a_manifest(release, services=[*plain, {**BEAT, "singleton": True, **times, **beat}])


class Run:
    """A run on one host, step by step."""

    def __init__(self, host: FakeHost, release: str, slot: str) -> None:
        self.host, self.release, self.run = host, release, a_run(f"run-{release}-{slot}")
        asked = {"services": [{"name": "api", "replicas": 1}]}
        generation = host.step("acquire", run=self.run, **asked)["generation"]
        self.common = {"run": self.run, "generation": generation, "slot": slot}

    def step(self, step: str, **asked: Any) -> dict[str, Any]:
        return self.host.step(step, **self.common, release_id=self.release, **asked)

    def done(self, step: str, **asked: Any) -> dict[str, Any]:
        result = self.step(step, **asked)
        assert result["ok"], result["problem"]
        return result

    def starts(self, **beat: Any) -> Run:
        self.done("stage", manifest=_release(self.release, **beat), then_start=True)
        return self

    def ends(self, outcome: str = "good", **asked: Any) -> None:
        record = {"outcome": outcome, "active_slot": self.common["slot"], **asked}
        self.done("conclude", **record)


def _deploy(host: FakeHost, release: str, slot: str, *, old: str | None = None) -> None:
    """Make a release serve, and give its singleton to this host."""
    run = Run(host, release, slot).starts()
    run.done("switch", old_slot=old)
    run.done("still", **ONE, keeps={"beat": slot}, placed={"beat": ["app-1"]})
    run.done("place", **ONE)
    run.ends(placed={"beat": ["app-1"]})


@pytest.fixture
def having(host: FakeHost) -> FakeHost:
    """A host that serves the first release and runs its singleton."""
    _deploy(host, FIRST, "blue")
    return host


def _record(host: FakeHost) -> tuple[list[str], dict[str, list[str]]]:
    state = host.state()
    return state["singletons"], state["placed"]


def test_the_workers_step_leaves_it_alone_in_both_slots(having: FakeHost) -> None:
    run = Run(having, SECOND, "green").starts()
    result = run.done("switch", old_slot="blue")
    assert result == {**result, "started": ["mail-1"], "stopped": ["iris-blue-mail-1-1"]}
    assert BLUE in having.running()
    assert GREEN not in having.engine.here


def test_it_stands_still_before_the_record_lets_go_of_it(having: FakeHost) -> None:
    run = Run(having, SECOND, "green").starts()
    result = run.done("still", **ONE, placed={"beat": ["app-2"]})
    assert (result["stopped"], result["singletons"]) == ([BLUE], [])
    assert BLUE not in having.running()
    assert _record(having) == ([], {"beat": ["app-1", "app-2"]})


def test_one_that_does_not_stop_stays_on_record(
    having: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(having.engine, "stop", lambda *_, **__: None)
    result = Run(having, SECOND, "green").starts().step("still", **ONE)
    assert result["problem"]["found"] == "still at work after it was stopped"
    assert having.state()["singletons"] == ["beat"]


def test_the_host_that_keeps_it_changes_its_slot_alone(having: FakeHost) -> None:
    run = Run(having, SECOND, "green").starts()
    keeps = {"keeps": {"beat": "green"}, "placed": {"beat": ["app-1"]}}
    assert run.done("still", **ONE, **keeps)["singletons"] == ["beat"]
    assert [name for name in having.running() if "beat" in name] == []
    assert run.done("place", **ONE)["started"] == ["beat-1"]
    assert GREEN in having.running()
    again = run.done("still", **ONE, **keeps)
    assert (again["stopped"], again["changed"]) == ([], False)
    assert run.done("place", **ONE)["started"] == []


def test_replicas_of_a_worker_of_every_host_stop_too(host: FakeHost) -> None:
    plain = {"singleton": False, "replicas": 2, "containers": ["beat-1", "beat-2"]}
    first = Run(host, FIRST, "blue").starts(**plain)
    first.done("switch")
    first.ends()
    assert sorted(name for name in host.running() if "beat" in name) == [
        "iris-blue-beat-1-1",
        "iris-blue-beat-2-1",
    ]
    run = Run(host, SECOND, "green").starts()
    assert len(run.done("still", **ONE)["stopped"]) == 2
    assert [name for name in host.running() if "beat" in name] == []


def test_the_record_has_it_before_it_starts_and_not_when_it_failed(having: FakeHost) -> None:
    run = Run(having, SECOND, "green").starts()
    run.done("still", **ONE)
    having.comes_up["beat-1"] = {"state": "exited", "exit_code": 1, "health": ""}
    result = run.step("place", **ONE)
    assert result["problem"]["where"] == "iris-green/beat-1"
    assert result["singletons"] == having.state()["singletons"] == []
    assert [name for name in having.running() if "beat" in name] == []


def test_a_service_that_is_no_singleton_is_not_placed(having: FakeHost) -> None:
    result = Run(having, SECOND, "green").starts().step("place", singletons=["mail"])
    assert result["problem"]["found"] == f"no singleton of {SECOND}"


def test_check_mode_says_what_would_stop_and_start(having: FakeHost) -> None:
    run = Run(having, SECOND, "green").starts()
    before = having.state()
    assert run.done("still", **ONE, check=True)["stopped"] == [BLUE]
    assert run.done("place", **ONE, check=True)["started"] == ["beat-1"]
    assert (having.state(), BLUE in having.running()) == (before, True)


@pytest.mark.parametrize("has_it", [True, False], ids=["here", "elsewhere"])
def test_a_bad_release_gives_it_back_only_to_the_host_that_has_it(
    having: FakeHost, has_it: bool
) -> None:
    run = Run(having, SECOND, "green").starts()
    run.done("switch", old_slot="blue")
    keeps = {"keeps": {"beat": "green"}, "placed": {"beat": ["app-1"]}} if has_it else {}
    run.done("still", **ONE, **keeps)
    run.ends("bad", active_slot="blue", placed={"beat": ["app-1"]})
    assert (BLUE in having.running()) is has_it
    assert "iris-blue-mail-1-1" in having.running()


@pytest.fixture
def left_behind(host: FakeHost) -> FakeHost:
    """A host where `beat` was a worker of every host, and stays so: a tolerated failure."""
    first = Run(host, FIRST, "blue").starts(singleton=False)
    first.done("switch")
    first.ends()
    run = Run(host, SECOND, "green").starts()
    run.done("switch", old_slot="blue")
    run.done("still", **ONE, placed={"beat": ["app-1"]})
    run.ends(active_slot="blue", placed={"beat": ["app-1"]})
    return host


def test_a_failed_host_starts_no_second_one_of_the_release_before(left_behind: FakeHost) -> None:
    assert left_behind.slots()["blue"] == (FIRST, "running")
    assert BLUE not in left_behind.running()
    assert "iris-blue-mail-1-1" in left_behind.running()
    assert BLUE not in [where for where, *_ in _drift(left_behind)]


def test_nor_does_it_after_a_boot(left_behind: FakeHost) -> None:
    left_behind.engine.start(BLUE)  # by its restart policy, say
    list(boot(left_behind.root, left_behind.tools))
    assert BLUE not in left_behind.running()
    assert "iris-blue-mail-1-1" in left_behind.running()


def test_a_worker_of_every_host_again_starts_where_it_stood_still(left_behind: FakeHost) -> None:
    Run(left_behind, FIRST, "blue").ends(placed={"beat": []})
    assert (BLUE in left_behind.running(), _record(left_behind)) == (True, ([], {}))


def test_a_bad_release_gives_a_worker_of_every_host_back(host: FakeHost) -> None:
    first = Run(host, FIRST, "blue").starts(singleton=False)
    first.done("switch")
    first.ends()
    run = Run(host, SECOND, "green").starts()
    run.done("switch", old_slot="blue")
    run.done("still", **ONE, placed={"beat": ["app-1"]})
    run.ends("bad", active_slot="blue", placed={"beat": []})
    assert BLUE in host.running()


def test_an_edge_only_notes_where_it_will_run(host: FakeHost) -> None:
    common = {"run": a_run(), "kind": "edge", "root": str(host.root)}
    generation = host.step("acquire", **common)["generation"]
    asked = {**common, "generation": generation, "release_id": FIRST, **ONE}
    result = host.step("still", **asked, placed={"beat": ["app-2"]})
    assert result["ok"], result["problem"]
    assert (host.state()["placed"], host.state()["phase"]) == ({"beat": ["app-2"]}, None)


@pytest.mark.parametrize(
    ("outcome", "placed"), [("good", {"beat": ["app-2"]}), ("aborted", {"beat": ["app-1"]})]
)
def test_the_end_of_a_run_says_where_it_is_unless_nobody_knows(
    having: FakeHost, outcome: str, placed: dict[str, list[str]]
) -> None:
    Run(having, FIRST, "blue").ends(outcome, placed={"beat": ["app-2"], "cron": []})
    assert having.state()["placed"] == placed


@pytest.mark.parametrize("has_it", [True, False], ids=["here", "elsewhere"])
def test_a_boot_starts_it_only_where_the_record_has_it(having: FakeHost, has_it: bool) -> None:
    if not has_it:
        run = Run(having, FIRST, "blue")
        run.done("still", **ONE)
        run.ends()
        having.engine.start(BLUE)  # by its restart policy, say
    for name in having.running() if has_it else ():
        having.engine.stop(name, grace_seconds=1)
    list(boot(having.root, having.tools))
    assert (BLUE in having.running()) is has_it
    assert "iris-blue-mail-1-1" in having.running()


def test_workers_alone_start_again_only_where_it_is(having: FakeHost) -> None:
    run = Run(having, FIRST, "blue")
    assert run.done("switch", service="beat")["started"] == ["beat-1"]
    run.done("still", **ONE, placed={"beat": ["app-2"]})
    refused = run.step("switch", service="beat")
    assert refused["problem"]["found"] == "a singleton, and not on this host"
    assert BLUE not in having.running()


def _drift(host: FakeHost) -> list[tuple[str, str, str]]:
    found = host.step("drift")["findings"]
    kinds = [one for one in found if one["kind"] == "container"]
    return [(one["where"], one["found"], one["accepted"]) for one in kinds]


def test_drift_wants_it_where_the_record_has_it_and_nowhere_else(having: FakeHost) -> None:
    says = f"{FIRST} in blue, recorded as running"
    assert _drift(having) == []
    having.engine.stop(BLUE, grace_seconds=1)
    assert _drift(having) == [(BLUE, "exited", f"running: {says}")]
    run = Run(having, FIRST, "blue")
    run.done("still", **ONE)
    run.ends()
    assert _drift(having) == []
    having.engine.start(BLUE)
    assert _drift(having) == [(BLUE, "running", f"stopped: a worker of {says}")]


def _doctor(host: FakeHost, **asked: Any) -> list[dict[str, Any]]:
    return list(host.step("doctor", run=a_run("doctor-1"), **asked)["findings"])


def test_doctor_records_anew_what_runs(having: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_host, "nearly_full", lambda _: "")
    (having.root / "iris/state.json").write_text("{")
    _doctor(having, serves=["blue"])
    assert having.state()["singletons"] == ["beat"]


def test_doctor_never_starts_one_that_compose_left_over(
    having: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_host, "nearly_full", lambda _: "")
    run = Run(having, FIRST, "blue")
    run.done("still", **ONE)
    run.ends()
    having.engine.rename(BLUE, f"0123456789ab_{BLUE}")
    found = [one for one in _doctor(having, mode="read") if one["kind"] == "container"]
    assert [one["fix"] for one in found] == ["removes it"]


def test_a_remove_keeps_what_hosts_that_are_gone_may_run(having: FakeHost) -> None:
    acquired = having.step("acquire", run=a_run("gone"))
    asked = {"run": a_run("gone"), "generation": acquired["generation"], "record": {}}
    assert having.step("remove", **asked, placed={"beat": ["app-9"]})["ok"]
    assert _record(having) == ([], {"beat": ["app-9"]})
