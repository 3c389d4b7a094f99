"""Every Molecule scenario, on hosts that the scenario `default` makes once for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.family import run_family

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
    return pytest.param(scenario, marks=[pytest.mark.long] if scenario in VERBS else [])


def _molecule(*words: str) -> None:
    ran = run_family(["molecule", *words])
    if ran.returncode:
        pytest.fail(f"molecule {' '.join(words)}: exit {ran.returncode}", pytrace=False)


@pytest.fixture(scope="module")
def fleet() -> Iterator[None]:
    """Hosts of an interrupted session are removed first: Molecule takes them for its own."""
    run_family([str(ROOT / "invoke"), "lab.down", "--env=lab-molecule"])
    _molecule("reset")
    try:
        _molecule("create")
        yield
    finally:
        _molecule("destroy")


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("scenario", [_case(name) for name in SCENARIOS])
def test_scenario(scenario: str) -> None:
    _molecule("test", "--scenario-name", scenario, "--destroy=never")
