"""The steps of `./invoke check`; see conftest."""

from __future__ import annotations

import pytest

from rollway.checking import quick_steps
from tests.lane import LANE, Command

# To the lab and its load; `nice` weighs within a session, its autogroup beside others (sched(7)).
YIELD = 'echo 10 >/proc/self/autogroup 2>/dev/null; exec nice -n 10 "$@"'
STEPS = [
    pytest.param(("sh", "-c", YIELD, "sh", *one.command), id=one.name) for one in quick_steps()
]


@pytest.mark.parametrize("command", STEPS)
def test_step(command: Command, request: pytest.FixtureRequest) -> None:
    ran = LANE.ran(command)
    request.node.user_properties.append(("summary", "".join(ran.stdout.splitlines()[-1:])))
    assert ran.returncode == 0, ran.stdout + ran.stderr
