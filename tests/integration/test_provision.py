"""Provisioning hosts that serve: nothing changes, and nobody notices."""

from __future__ import annotations

import re

import pytest

from tests.integration.fault_fleet import GOOD, serve
from tests.integration.lab_fleet import Lab
from tests.load import traffic

pytestmark = pytest.mark.lab


def test_a_second_provision_changes_nothing_and_loses_no_request(lab: Lab) -> None:
    serve(lab)
    before = lab.status()
    with traffic(lab.url, versions=GOOD) as report:
        ran = lab.playbook("provision")
    assert ran.returncode == 0, ran.stdout
    assert set(re.findall(r"changed=(\d+)", ran.stdout)) == {"0"}
    assert report.lost == []
    assert lab.status() == before
