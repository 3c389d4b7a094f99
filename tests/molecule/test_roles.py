"""What every role promises, on the lab that stands: the `verify` of its scenario.

The lab was made by the same playbooks; from bare hosts, on hosts of their own, the scenarios do
the same with `--long`, and what they tag so.
"""

from __future__ import annotations

import pytest

from rollway.checking import ROOT
from tests.family import run_family
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.lab

ROLES = sorted(
    path.parent.name
    for path in ROOT.glob("molecule/*/verify.yml")
    if (ROOT / "roles" / path.parent.name).is_dir()
)


@pytest.fixture(scope="module")
def idle(lab: Lab) -> Lab:
    """The lab without an application: one that was kept may have it."""
    if any(edge["servers"] for edge in lab.status()["edges"]):
        ran = lab.invoke("remove", "--app=iris", "--yes")
        assert ran.returncode == 0, ran.stderr
    return lab


@pytest.mark.parametrize("role", ROLES)
def test_a_role_keeps_its_promise(idle: Lab, role: str) -> None:
    playbook = f"molecule/{role}/verify.yml"
    options = [f"--inventory={idle.inventory}", "--skip-tags=long"]
    ran = run_family(["ansible-playbook", *options, playbook])
    assert ran.returncode == 0, ran.stdout
