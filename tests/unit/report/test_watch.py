from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.report.progress import Asked, Began, Ended, Planned, Skipped, Update, Waits
from rollway.report.watch import MOVE, RESUME, Task, Watch
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet

READ = Task("Read", step="read", is_controller=True)
PLAN = Task("Plan", step="plan", is_controller=True)
STAGE = Task("Stage", step="stage")
MOVES = Task("Move", step=MOVE, is_delegated=True)
UNSHIFT = Task("Undo", step=MOVE, is_delegated=True, goes_back=True)
HOSTS = ("app-1", "app-2", "app-3")


class Shown:
    """Keeps what it is shown."""

    def __init__(self) -> None:
        self.updates: list[Update] = []
        self.is_closed = False

    def show(self, update: Update) -> None:
        self.updates.append(update)

    def close(self) -> None:
        self.is_closed = True

    def take(self) -> list[Update]:
        taken, self.updates = self.updates, []
        return taken


def _watch(run_dir: Path, **changes: Any) -> tuple[Watch, Shown]:
    """A watch that has seen the plan."""
    shown = Shown()
    watch = Watch(shown, clock=lambda: 5.0)
    asked = request(**changes)
    asked.save(run_dir)
    watch.task_began(READ)
    watch.ended("localhost", {"run_dir": str(run_dir)})
    decide(asked, steady_fleet()).save(run_dir)
    watch.task_began(PLAN)
    watch.ended("localhost", {"said": "3 hosts in 3 waves"})
    return watch, shown


def test_the_request_and_the_plan_make_themselves_known(tmp_path: Path) -> None:
    _, shown = _watch(tmp_path)
    assert shown.updates == [
        Asked("deploy", ("app-1", "app-2", "app-3"), ("edge-1",), 5.0),
        Ended("read", "localhost", 5.0),
        Planned("2-b", (("app-1",), ("app-2",), ("app-3",)), dict.fromkeys(HOSTS, "green")),
        Ended("plan", "localhost", 5.0, said="3 hosts in 3 waves"),
    ]


def test_a_step_on_a_host_begins_and_ends_as_the_journal_tells(tmp_path: Path) -> None:
    watch, shown = _watch(tmp_path)
    shown.take()
    watch.task_began(STAGE)
    watch.host_began("app-1")
    result = {"cut": {}, "seconds": 1.42}
    Journal(tmp_path).append(Event("stage", "app-1", time=6.0, result=result))
    watch.ended("app-1", {"anything": "else"})
    said = "app-1: runs 2-b, ready after 1.4 s"
    assert shown.take() == [
        Began("stage", "app-1", 5.0),
        Ended("stage", "app-1", 6.0, said=said, seconds=1.42, result=result),
    ]


def test_a_delegated_step_is_one_of_the_edges(tmp_path: Path) -> None:
    watch, shown = _watch(tmp_path)
    shown.take()
    watch.task_began(UNSHIFT)
    watch.host_began("localhost")
    Journal(tmp_path).append(Event("unshift", "edge-1", time=6.0))
    watch.ended("edge-1", {})
    said = "edge-1: serves 1-a again"
    assert shown.take() == [
        Began("unshift", "edge-1", 5.0),
        Ended("unshift", "edge-1", 6.0, said=said),
    ]


def _shifted(watch: Watch, run_dir: Path, wave: int) -> None:
    Journal(run_dir).append(Event("shift", "edge-1", wave=wave, time=6.0))
    watch.ended("edge-1", {})


def test_each_move_begins_when_the_one_before_has_ended(tmp_path: Path) -> None:
    watch, shown = _watch(tmp_path)
    shown.take()
    watch.task_began(MOVES)
    watch.host_began("localhost")
    _shifted(watch, tmp_path, 0)
    watch.task_began(MOVES)
    _shifted(watch, tmp_path, 1)
    watch.skipped("edge-1", "an earlier wave is not confirmed")

    def ended(wave: int) -> Ended:
        said = f"edge-1: wave {wave + 1} of 3: traffic of app-{wave + 1} goes to 2-b"
        return Ended("shift", "edge-1", 6.0, said=said, wave=wave)

    assert shown.take() == [
        Began("shift", "edge-1", 5.0, wave=0),
        ended(0),
        Began("shift", "edge-1", 5.0, wave=1),
        ended(1),
        Began("shift", "edge-1", 5.0, wave=2),
        Skipped("shift", "edge-1", 5.0, "an earlier wave is not confirmed", wave=2),
    ]


def test_a_wave_that_starts_on_its_own_shows_its_hosts_first(tmp_path: Path) -> None:
    watch, shown = _watch(tmp_path, manifest=manifest("b", rollout={"waves": [2], "start": "wave"}))
    shown.take()
    watch.task_began(MOVES)
    assert shown.take() == [Began("start", "app-1", 5.0, wave=0)]
    Journal(tmp_path).append(Event("start", "app-1", time=6.0))
    watch.ended("app-1", {})
    assert shown.take()[1:] == [Began("start", "app-2", 5.0, wave=0)]


def test_hosts_that_stop_first_are_shown_on_their_way_there_and_back(tmp_path: Path) -> None:
    rollout = {"waves": [1], "order": "stop-first"}
    watch, shown = _watch(tmp_path, manifest=manifest("b", rollout=rollout))
    shown.take()
    watch.task_began(MOVES)
    Journal(tmp_path).append(Event("drain", "edge-1", wave=0, time=6.0))
    watch.ended("edge-1", {})
    said = "edge-1: sends nothing to app-1, which stops first"
    assert shown.take() == [
        Began("drain", "edge-1", 5.0, wave=0),
        Ended("drain", "edge-1", 6.0, said=said, wave=0),
        Began("start", "app-1", 5.0, wave=0),
    ]
    watch.task_began(MOVES)
    assert shown.take()[1:] == [Began("drain", "edge-1", 5.0, wave=1)]
    watch.task_began(UNSHIFT)
    assert shown.take()[1:] == [Began("retreat", "edge-1", 5.0, wave=2)]


def test_a_step_with_nothing_to_do_is_skipped_with_the_reason(tmp_path: Path) -> None:
    watch, shown = _watch(tmp_path)
    watch.task_began(STAGE)
    watch.host_began("app-1")
    watch.host_began("app-2")
    shown.take()
    watch.skipped("app-1", "it runs there already")
    watch.task_began(UNSHIFT)
    assert shown.take() == [
        Skipped("stage", "app-1", 5.0, "it runs there already"),
        Skipped("stage", "app-2", 5.0),
        Began("unshift", "edge-1", 5.0),
    ]


FAILURES = [
    pytest.param(
        {"problem": {"where": "api-1", "found": "not ready"}, "msg": "api-1: not ready; next: x"},
        False,
        "app-1: api-1: not ready; next: x",
        {"where": "api-1", "found": "not ready"},
        id="the step's own problem",
    ),
    pytest.param(
        {"msg": "timed out"},
        True,
        "app-1: cannot be reached: timed out",
        {"where": "app-1", "found": "cannot be reached: timed out"},
        id="a lost host",
    ),
    pytest.param(
        {},
        False,
        "app-1: no answer",
        {"where": "app-1", "found": "no answer"},
        id="a module that said nothing",
    ),
]


@pytest.mark.parametrize(("result", "is_lost", "said", "problem"), FAILURES)
def test_a_failure_is_told_once(
    result: dict[str, Any], is_lost: bool, said: str, problem: dict[str, str], tmp_path: Path
) -> None:
    watch, shown = _watch(tmp_path)
    watch.task_began(STAGE)
    shown.take()
    event = Event("stage", "app-1", ok=False, unreachable=is_lost, time=6.0, result=result)
    Journal(tmp_path).append(event)
    Journal(tmp_path).append(Event("stage", "app-2", time=7.0))
    watch.ended("app-2", {})
    watch.failed("app-1", "Ansible's own words", is_lost=is_lost)
    first, second = shown.take()
    assert isinstance(first, Ended)
    assert (first.said, first.problem, first.is_lost) == (said, problem, is_lost)
    assert isinstance(second, Ended)
    assert second.host == "app-2"


def test_what_the_journal_does_not_know_is_said_in_ansible_s_words(tmp_path: Path) -> None:
    watch, shown = _watch(tmp_path)
    watch.task_began(Task("Install the engine"))
    shown.take()
    watch.host_began("app-1")
    watch.ended("app-1", {"changed": True})
    watch.failed("app-2", "no space left")
    watch.failed("app-3", "timed out", is_lost=True)
    first, second = shown.take()[-2:]
    assert isinstance(first, Ended)
    assert isinstance(second, Ended)
    assert (first.step, first.said) == ("Install the engine", "app-2: no space left")
    assert second.said == "app-3: cannot be reached: timed out"


def test_a_run_that_only_reads_is_quiet_where_all_is_well(tmp_path: Path) -> None:
    watch, shown = _watch(tmp_path, reads_only=True)
    watch.task_began(STAGE)
    Journal(tmp_path).append(Event("acquire", "app-1", result={"seconds": 1.0}))
    Journal(tmp_path).append(Event("acquire", "app-2", ok=False, result={"msg": "no"}))
    watch.close()
    ends = [one for one in shown.updates if isinstance(one, Ended) and one.step == "acquire"]
    assert [one.said for one in ends] == ["", "app-2: no"]
    assert shown.is_closed


def test_a_wait_is_told_while_its_task_comes_again(tmp_path: Path) -> None:
    watch, shown = _watch(tmp_path)
    watch.task_began(Task("Wait", step="queue"))
    watch.host_began("edge-1")
    shown.take()
    problem = {"found": "locked by deploy by ana@laptop"}
    event = Event("queue", "edge-1", time=6.0, result={"problem": problem, "seconds_left": 50})
    Journal(tmp_path).append(event)
    watch.retried()
    watch.retried()
    said = "edge-1: waits, 50 s at most: locked by deploy by ana@laptop"
    assert shown.take() == [Waits("queue", "edge-1", 6.0, said)]


def test_a_run_that_is_taken_up_is_not_told_again(tmp_path: Path) -> None:
    request().save(tmp_path)
    Journal(tmp_path).append(Event("stage", "app-1", time=4.0, result={"cut": {}}))
    shown = Shown()
    watch = Watch(shown, clock=lambda: 5.0)
    watch.task_began(Task("Take up", step=RESUME, is_controller=True))
    watch.ended("localhost", {"run_dir": str(tmp_path)})
    shown.take()
    watch.task_began(Task("Record", step="record"))
    watch.host_began("app-1")
    Journal(tmp_path).append(Event("record", "app-1", time=6.0))
    watch.ended("app-1", {})
    assert shown.take() == [
        Began("record", "app-1", 5.0),
        Ended("record", "app-1", 6.0, said="app-1: recorded as aborted"),
    ]
