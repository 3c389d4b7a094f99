"""Why Rollway is no play with `serial`: six hosts, what Ansible alone does, and what ours does.

The left half of every row is a plain playbook of `traps/`, the right half our own deploy with the
same thing going wrong. Ansible, SSH, playbooks, roles and action plugins are real in both; what
stands in on the right are the two target modules (`traps/library`): six hosts with engines and
containers would cost minutes, and the real modules run in `test_deploy.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from tests.integration.lab_fleet import Lab
from tests.integration.traps.door import dead_port
from tests.integration.traps.six_names import EDGE, SIX, Ended, SixNames
from tests.integration.traps.stood_in import Run, Scenario, deploy

pytestmark = pytest.mark.lab

A1, A2, A3, A4, A5, A6 = SIX


@dataclass(frozen=True)
class Alone:
    """A plain playbook, and what Ansible makes of it: exit code, and marks left on the hosts."""

    playbook: str
    code: int
    marks: Mapping[str, tuple[str, ...]]
    bad: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    is_empty: bool = False


@dataclass(frozen=True)
class Ours:
    """What Rollway makes of it: exit code, what it names, and the waves that moved.

    `started` are the hosts that may start the release; who is not at it yet when a host fails
    does not begin.
    """

    scenario: Scenario
    exit_code: int
    named: tuple[str, ...]
    started: tuple[str, ...] = ()
    moved: tuple[int, ...] = ()

    @property
    def gone(self) -> set[str]:
        return {*self.scenario.dead, *(name for name, _ in self.scenario.lost)}


FIRST_HOST_FAILS = Ours(Scenario(fails=((A1, "stage"),)), exits.FAILED, (A1,), (A2,))
LATER_HOST_FAILS = Ours(
    Scenario(fails=((A3, "start"),)), exits.FAILED, (A3,), (A1, A2, A4, A5, A6), (1,)
)
HOST_LOST = Ours(
    Scenario(lost=((A3, "stage"),)), exits.NEEDS_PERSON, (A3,), (A1, A2, A4, A5, A6), (1,)
)
BUDGET_SPENT = Ours(
    Scenario(fails=((A1, "stage"),), lost=((A5, "stage"),), max_failures=1),
    exits.NEEDS_PERSON,
    (A1, A5),
    (A2, A3, A4, A6),
    (1,),
)
EDGE_FAILS = Ours(Scenario(silent=(A5,)), exits.FAILED, (EDGE,), SIX, (1, 2))
EDGE_LOST = Ours(Scenario(lost=((EDGE, "shift"),)), exits.NEEDS_PERSON, (EDGE,), SIX, (1,))
HOST_DEAD = Ours(Scenario(dead=(A4,)), exits.REFUSED, (A4,))
GROUP_EMPTY = Ours(Scenario(is_empty=True), exits.USAGE, ("the group app has no hosts",))

OTHERS = (A2, A3, A4, A5, A6)
TRAPS = [
    (
        "one host fails, and later batches run",
        Alone("batches", 2, {"released": OTHERS}, bad=(A1,)),
        FIRST_HOST_FAILS,
    ),
    (
        "exactly the percentage fails, and later batches run",
        Alone(
            "budget",
            2,
            {"drained": SIX, "admitted": (A1, A2, A4, A5, A6)},
            bad=(A3,),
            told={"percent": 50},
        ),
        LATER_HOST_FAILS,
    ),
    (
        "more than the percentage fails, and the healthy host of the batch stays drained",
        Alone(
            "budget",
            2,
            {"drained": (A1, A2, A3, A4), "admitted": (A1, A2)},
            bad=(A3,),
            told={"percent": 49},
        ),
        LATER_HOST_FAILS,
    ),
    (
        "a host is lost in a block, and neither rescue nor always runs for it, even at the edge",
        Alone("always", 4, {"released": OTHERS, "admitted": OTHERS}, lost=(A1,)),
        HOST_LOST,
    ),
    (
        "run_once runs once for every batch",
        Alone("run_once", 0, {"migrated": (A1, A3, A5)}),
        EDGE_FAILS,
    ),
    (
        "any_errors_fatal rolls back the whole batch, and later batches run",
        Alone("all_fatal", 2, {"rolled-back": (A1, A2), "released": OTHERS[1:]}, bad=(A1,)),
        LATER_HOST_FAILS,
    ),
    (
        "a rescue succeeds, the bad release goes to everybody else, and the exit code is 0",
        Alone(
            "rescued",
            0,
            {"rolled-back": (A1,), "released": OTHERS, "admitted": SIX},
            bad=(A1,),
            told={"rescue_ends": "true"},
        ),
        FIRST_HOST_FAILS,
    ),
    (
        "a host is lost, no percentage counts it, and later batches run",
        Alone(
            "budget", 4, {"drained": OTHERS, "admitted": OTHERS}, lost=(A1,), told={"percent": 0}
        ),
        BUDGET_SPENT,
    ),
    (
        "a host is lost under any_errors_fatal: its batch aborts midway, and later batches run",
        Alone("all_fatal", 4, {"rolled-back": (A2,), "released": OTHERS[1:]}, lost=(A1,)),
        HOST_LOST,
    ),
    (
        "a rescue rolls back and fails: that stops, and its peer is never admitted again",
        Alone(
            "rescued",
            2,
            {"rolled-back": (A1,), "released": (A2,)},
            bad=(A1,),
            told={"rescue_ends": "false"},
        ),
        LATER_HOST_FAILS,
    ),
    (
        "the same with an always after it, and later batches run",
        Alone(
            "always",
            2,
            {"rolled-back": (A1,), "released": OTHERS, "admitted": SIX},
            bad=(A1,),
        ),
        FIRST_HOST_FAILS,
    ),
    (
        "a task of a play with one host fails, and no later play unlocks anything",
        Alone("one_host", 2, {}),
        EDGE_FAILS,
    ),
    (
        "a play with a local connection acts on the controller, and the dead edge answers ok",
        Alone("local_connection", 0, {"moved-here": (EDGE,)}, lost=(EDGE,)),
        EDGE_LOST,
    ),
    (
        "a lost host is ignored, and the exit code is 0",
        Alone("ignored", 0, {"released": OTHERS}, lost=(A1,)),
        HOST_DEAD,
    ),
    (
        "the group is empty, and the exit code is 0",
        Alone("batches", 0, {}, is_empty=True),
        GROUP_EMPTY,
    ),
]
IDS = [name for name, _, _ in TRAPS]


@pytest.mark.long(seconds=15)
@pytest.mark.parametrize("alone", [alone for _, alone, _ in TRAPS], ids=IDS)
def test_ansible_alone(lab: Lab, tmp_path: Path, alone: Alone) -> None:
    ended = _play(SixNames(lab, tmp_path), alone)
    assert (ended.code, ended.marks) == (alone.code, alone.marks)


def _play(names: SixNames, alone: Alone) -> Ended:
    with dead_port() as port:
        ports = dict.fromkeys(alone.lost, port)
        inventory = names.inventory(ports=ports, is_empty=alone.is_empty)
        return names.play(alone.playbook, inventory, bad=list(alone.bad), **alone.told)


@pytest.fixture(scope="module")
def run_of(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Scenario], Run]:
    """Several traps ask the same of Rollway: each scenario runs once."""
    known: dict[Scenario, Run] = {}

    def run(scenario: Scenario) -> Run:
        if scenario not in known:
            folder = tmp_path_factory.mktemp("ours")
            known[scenario] = deploy(SixNames(lab, folder), scenario, folder)
        return known[scenario]

    return run


# One that fails in the first wave, one in a later one, and one that is lost.
IN_CI = (FIRST_HOST_FAILS, LATER_HOST_FAILS, HOST_LOST)


def _case(name: str, ours: Ours) -> Any:
    marks = [] if ours in IN_CI else [pytest.mark.long(seconds=15)]
    return pytest.param(ours, id=name, marks=marks)


@pytest.mark.parametrize("ours", [_case(name, ours) for name, _, ours in TRAPS])
def test_rollway(run_of: Callable[[Scenario], Run], ours: Ours) -> None:
    run = run_of(ours.scenario)
    assert (run.code != 0, run.result["exit"]) == (True, ours.exit_code), run.result
    assert run.started - set(ours.started) == set()
    assert run.moved_waves == list(ours.moved)
    assert [name for name in ours.named if name not in run.said] == []
    assert run.repeated == []
    _check_the_way_back(run, ours)


def _check_the_way_back(run: Run, ours: Ours) -> None:
    """What moved is back, whoever can be reached is unlocked, and who cannot is named."""
    if ours.moved and EDGE not in ours.gone:
        assert run.serving == dict.fromkeys(SIX, "blue")
    if ours.exit_code == exits.NEEDS_PERSON:
        assert [name for name in ours.gone if name not in run.result["sentence"]] == []
    if not ours.scenario.is_empty:
        assert run.concluded == {*SIX, EDGE} - ours.gone
