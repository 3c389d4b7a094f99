"""What HAProxy says of its servers, read."""

from __future__ import annotations

import pytest
from ansible.module_utils.rollway.haproxy_state import Counters, parse_backends

from tests.unit.module_utils.edge_samples import STATES


def test_states_and_counters_are_read_together() -> None:
    found = parse_backends(STATES)
    assert set(found) == {"rollway_iris", "rollway_other"}
    blue = found["rollway_iris"]["a-blue-1"]
    assert (blue.address, blue.port, blue.weight) == ("127.0.0.1", 19001, 100)
    assert blue.counters == Counters(7, 0, 3, 2, 1, 5, answered=3, redispatched=1)
    assert blue.is_silent
    assert blue.is_down
    assert not blue.is_serving


def test_a_server_that_its_file_disabled_is_ready_when_told_so() -> None:
    """The flag 4 only says what the file had."""
    green = parse_backends(STATES)["rollway_iris"]["a-green-1"]
    assert green.is_serving
    assert green.counters == Counters(90, 4, 0, 0, 0, 0, answered=86)
    assert not green.is_silent


def test_a_server_without_counters_counts_nothing() -> None:
    assert parse_backends(STATES)["rollway_other"]["x-blue-1"].counters == Counters()


FLAGS = [
    ("nothing", 0, "ready"),
    ("maint told", 1, "maint"),
    ("maint inherited", 2, "maint"),
    ("disabled by the file and since made ready", 4, "ready"),
    ("disabled by the file", 5, "maint"),
    ("drain told", 8, "drain"),
    ("drain inherited", 16, "drain"),
    ("maint by name resolution", 32, "maint"),
    ("maint and drain", 9, "maint"),
]


@pytest.mark.parametrize(("flags", "admin"), [c[1:] for c in FLAGS], ids=[c[0] for c in FLAGS])
def test_administrative_states(flags: int, admin: str) -> None:
    text = STATES.replace("127.0.0.1 0 0 100", f"127.0.0.1 0 {flags} 100")
    assert parse_backends(text)["rollway_iris"]["a-blue-1"].admin == admin


@pytest.mark.parametrize("text", ["", "1\n\n", "Can't find backend.\n\n"])
def test_an_answer_without_servers_is_no_servers(text: str) -> None:
    assert parse_backends(text) == {}
