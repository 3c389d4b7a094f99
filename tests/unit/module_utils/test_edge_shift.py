"""Which commands bring servers to where they should be, and in which order."""

from __future__ import annotations

import pytest
from ansible.module_utils.rollway.edge_model import Server
from ansible.module_utils.rollway.edge_shift import (
    as_running,
    check_light,
    down_commands,
    misplaced,
    plan_shift,
    same_places,
)
from ansible.module_utils.rollway.haproxy_state import Running
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.edge_samples import running, server

B = "set server rollway_iris/a-blue-1"
G = "set server rollway_iris/a-green-1"

SHIFTS = [
    (
        "nothing differs",
        [server("a-blue-1"), server("a-green-1", "maint")],
        [running("a-blue-1"), running("a-green-1", "maint", "down")],
        [],
    ),
    (
        "a flip readies before it takes out",
        [server("a-blue-1", "maint"), server("a-green-1")],
        [running("a-blue-1"), running("a-green-1", "maint", "down")],
        [f"{G} state ready", f"{B} state maint"],
    ),
    (
        "a weight is set before its server enters",
        [server("a-green-1", weight=7)],
        [running("a-green-1", "maint", "down")],
        [f"{G} weight 7", f"{G} state ready"],
    ),
    (
        "a weight alone",
        [server("a-blue-1", weight=0)],
        [running("a-blue-1")],
        [f"{B} weight 0"],
    ),
    (
        "drain becomes ready",
        [server("a-blue-1")],
        [running("a-blue-1", "drain")],
        [f"{B} state ready"],
    ),
    (
        "drain becomes maint",
        [server("a-blue-1", "maint")],
        [running("a-blue-1", "drain")],
        [f"{B} state maint"],
    ),
    (
        "a server that is down and ready is left to its checks",
        [server("a-blue-1")],
        [running("a-blue-1", operation="down")],
        [],
    ),
    ("one that a reload will bring enters", [server("a-blue-1")], [], [f"{B} state ready"]),
    ("one that a reload will bring as maint", [server("a-blue-1", "maint")], [], []),
]


@pytest.mark.parametrize(
    ("servers", "now", "commands"), [c[1:] for c in SHIFTS], ids=[c[0] for c in SHIFTS]
)
def test_only_what_differs(servers: list[Server], now: list[Running], commands: list[str]) -> None:
    shift = plan_shift("rollway_iris", servers, {one.name: one for one in now})
    assert shift.commands == commands
    assert set(shift.moved) == {command.split()[2].split("/")[1] for command in commands}


def test_a_silent_server_enters_as_down() -> None:
    now = {"a-green-1": running("a-green-1", "maint", "down")}
    shift = plan_shift("rollway_iris", [server("a-green-1")], now, silent={"a-green-1"})
    assert shift.commands == [f"{G} state drain", f"{G} health down", f"{G} state ready"]
    assert shift.commands == down_commands("rollway_iris", ["a-green-1"])


def test_after_its_commands_nothing_differs() -> None:
    servers = [server("a-blue-1", "maint"), server("a-green-1", weight=9)]
    after = {
        "a-blue-1": running("a-blue-1", "maint", "down"),
        "a-green-1": running("a-green-1", weight=9),
    }
    assert plan_shift("rollway_iris", servers, after).commands == []
    assert misplaced(servers, after) == []


DARK = [
    ("the only one that should serve is silent", [server("a-green-1")], {"a-green-1"}, True),
    ("it answers", [server("a-green-1")], set(), False),
    ("one of two answers", [server("a-green-1"), server("a-blue-1")], {"a-green-1"}, False),
    ("its weight is 0", [server("a-green-1", weight=0), server("a-blue-1", "maint")], set(), False),
    ("nobody should serve", [server("a-green-1", "maint")], set(), False),
]


@pytest.mark.parametrize(
    ("servers", "silent", "is_refused"), [c[1:] for c in DARK], ids=[c[0] for c in DARK]
)
def test_no_shift_into_the_dark(servers: list[Server], silent: set[str], is_refused: bool) -> None:
    now = {"a-blue-1": running("a-blue-1"), "a-green-1": running("a-green-1", "maint", "down")}
    if is_refused:
        with pytest.raises(Problem, match="none of a-green-1 answers"):
            check_light("rollway_iris", servers, now, silent)
    else:
        check_light("rollway_iris", servers, now, silent)


def test_where_nothing_serves_a_silent_server_may_enter() -> None:
    now = {"a-blue-1": running("a-blue-1", operation="down")}
    check_light("rollway_iris", [server("a-green-1")], now, {"a-green-1"})


WRONG = [
    ("it is absent", [], "a-blue-1 is not there instead of ready with weight 100"),
    (
        "its state",
        [running("a-blue-1", "maint")],
        "a-blue-1 is maint with weight 100 instead of ready with weight 100",
    ),
    (
        "its weight",
        [running("a-blue-1", weight=5)],
        "a-blue-1 is ready with weight 5 instead of ready with weight 100",
    ),
]


@pytest.mark.parametrize(("now", "words"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG])
def test_what_reads_back_wrong_is_said(now: list[Running], words: str) -> None:
    assert misplaced([server("a-blue-1")], {one.name: one for one in now}) == [words]


def test_a_reload_starts_from_what_runs() -> None:
    wished = [server("a-blue-1", "maint"), server("a-green-1"), server("b-blue-1")]
    now = {
        "a-blue-1": running("a-blue-1", weight=30),
        "a-green-1": running("a-green-1", "drain"),
    }
    found = [(one.name, one.state, one.weight) for one in as_running(wished, now)]
    assert found == [
        ("a-blue-1", "ready", 30),
        ("a-green-1", "maint", 100),
        ("b-blue-1", "maint", 100),
    ]


PLACES = [
    ("the same", [running("a-blue-1", "maint")], True),
    ("another port", [running("a-blue-1", port=1)], False),
    ("one too many", [running("a-blue-1"), running("b")], False),
    ("none", [], False),
]


@pytest.mark.parametrize(("now", "is_same"), [c[1:] for c in PLACES], ids=[c[0] for c in PLACES])
def test_what_runs_may_be_another_topology(now: list[Running], is_same: bool) -> None:
    assert same_places([server("a-blue-1")], {one.name: one for one in now}) is is_same
