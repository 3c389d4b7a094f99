"""Every Molecule scenario; see conftest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lane import LANE, Command
from tests.molecule.hosts import CREATE, DESTROY

ROOT = Path(__file__).resolve().parents[2]
# Verbs leave an application on the hosts, which the roles' scenarios expect to be idle.
VERBS = frozenset(path.stem for path in ROOT.glob("playbooks/*.yml"))
SCENARIOS = sorted(
    (
        path.parent.name
        for path in ROOT.glob("molecule/*/molecule.yml")
        if path.parent.name != "default"
    ),
    key=lambda name: (name in VERBS, name),
)

pytestmark = pytest.mark.lab


def _case(scenario: str) -> Any:
    """Verbs are long: CI's other tests play the same playbooks on the lab."""
    command = ("molecule", "test", "--scenario-name", scenario, "--destroy=never")
    return pytest.param(command, id=scenario, marks=[pytest.mark.long] if scenario in VERBS else [])


@pytest.fixture(scope="module")
def hosts() -> None:
    _is_well(CREATE)


@pytest.mark.usefixtures("hosts")
@pytest.mark.parametrize("command", [_case(name) for name in SCENARIOS])
def test_scenario(command: Command) -> None:
    _is_well(command)


def test_the_hosts_are_removed() -> None:
    """Before the next tests make a lab of their own."""
    _is_well(DESTROY)


def _is_well(command: Command) -> None:
    code = LANE.ran(command).returncode
    if code:
        pytest.fail(f"{' '.join(command)}: exit {code}", pytrace=False)
