"""A record that is cut, zeroed or not ours stops the run with its path, and is never overwritten.

Every byte of every kind of file: tests/unit/module_utils/test_sealed.py.
"""

from __future__ import annotations

import pytest

from rollway import exits
from tests.faults.fleet import EDGE, EDGE_RECORDS, RECORDS, Fleet, locked_hosts
from tests.faults.harm import content_of, spoiled

pytestmark = pytest.mark.fault

HOST = "app-2"
LONG = pytest.mark.long
CUT = 'truncate --size=-40 -- "$1"'
ZEROED = (
    'size=$(stat --format=%s -- "$1"); truncate --size=0 -- "$1"; truncate --size=$size -- "$1"'
)
EMPTIED = 'truncate --size=0 -- "$1"'
FOREIGN = 'echo "{}" > "$1"'
SPOILED = [
    pytest.param(HOST, f"{RECORDS}/state.json", CUT, id="a host's state, cut"),
    pytest.param(HOST, f"{RECORDS}/state.json", ZEROED, id="a host's state, zeroed", marks=LONG),
    pytest.param(HOST, f"{RECORDS}/lock.json", FOREIGN, id="a host's lock, of nobody", marks=LONG),
    pytest.param(
        EDGE,
        f"{EDGE_RECORDS}/state.json",
        EMPTIED,
        id="an edge's state, empty",
        marks=LONG,
    ),
    pytest.param(EDGE, "/var/lib/rollway-edge/apps.d/iris.json", CUT, id="an edge's servers, cut"),
]


@pytest.mark.parametrize(("host", "path", "script"), SPOILED)
def test_a_spoiled_record_stops_a_run_and_stays_as_it_is(
    fleet: Fleet, host: str, path: str, script: str
) -> None:
    with fleet.unchanged(), fleet.unharmed(), spoiled(fleet.lab, host, path, script) as content:
        result = fleet.deploy(fleet.other, code=exits.REFUSED)
        assert content_of(fleet.lab, host, path) == content
        assert [name for name in locked_hosts(fleet.lab) if name != host] == []
    assert f"{host}: {path}: " in result["said"]


@pytest.mark.long
def test_a_run_goes_on_as_soon_as_the_record_is_back(fleet: Fleet) -> None:
    with fleet.unharmed():
        with spoiled(fleet.lab, HOST, f"{RECORDS}/state.json", CUT):
            fleet.deploy(fleet.other, code=exits.REFUSED)
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)
