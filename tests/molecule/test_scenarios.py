"""Every Molecule scenario from bare hosts; what CI asks of the roles is in test_roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollway.checking import ROOT
from tests.family import run_family

pytestmark = pytest.mark.long(seconds=90)

# Hosts of an interrupted session are removed first: Molecule takes them for its own.
REMAINS = (("./invoke", "lab.down", "--env=lab-molecule"), ("molecule", "reset"))
CREATE, DESTROY = ("molecule", "create"), ("molecule", "destroy")
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


@pytest.fixture(scope="module")
def hosts() -> Iterator[None]:
    """The hosts of all scenarios: made by the scenario `default` once, and removed at the end."""
    for command in REMAINS:
        run_family(command)
    try:
        _is_well(*CREATE)
        yield
    finally:
        _is_well(*DESTROY)


@pytest.mark.usefixtures("hosts")
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    _is_well("molecule", "test", "--scenario-name", name, "--destroy=never")


def _is_well(*command: str) -> None:
    code = run_family(command).returncode
    if code:
        pytest.fail(f"{' '.join(command)}: exit {code}", pytrace=False)
