"""A lab of its own from nothing to nothing, and provisioning a second time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.lab_fleet import Lab, invoke, remains

pytestmark = pytest.mark.long(seconds=120)

ENV = "lab-fleet-test"
SHARED = ("kernel/kptr_restrict", "kernel/dmesg_restrict", "vm/swappiness", "vm/overcommit_memory")
"""Settings that a lab host shares with this machine."""


def _settings() -> dict[str, str]:
    return {name: Path("/proc/sys", name).read_text() for name in SHARED}


@pytest.fixture(scope="module")
def settings_before() -> Iterator[dict[str, str]]:
    """The machine's settings before there was a lab; what is left of one is removed at the end."""
    yield _settings()
    invoke("lab.down", f"--env={ENV}")


def test_a_lab_comes_up_stands_and_leaves_nothing(settings_before: dict[str, str]) -> None:
    made = invoke("lab.up", f"--env={ENV}", "--hosts=1")
    assert made.returncode == 0, made.stderr
    again = invoke("lab.up", f"--env={ENV}", "--hosts=1")
    assert "was up after" in again.stderr
    status = json.loads(invoke("lab.status", f"--env={ENV}", "--json").stdout)
    assert status["is_ready"]
    assert [host["state"] for host in status["hosts"]] == ["running"] * 3

    removed = invoke("lab.down", f"--env={ENV}")
    assert removed.returncode == 0, removed.stderr
    assert remains(ENV) == []
    assert _settings() == settings_before


def test_checking_a_provisioned_fleet_finds_nothing_to_change(lab: Lab) -> None:
    ran = lab.playbook("provision", "--check", "--diff")
    assert ran.returncode == 0, ran.stdout
    assert set(re.findall(r"changed=(\d+)", ran.stdout)) == {"0"}
