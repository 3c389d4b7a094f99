"""HAProxy reloads or restarts in the middle of a run: it comes back as the record says."""

from __future__ import annotations

import pytest

from rollway import exits
from tests.faults.fleet import EDGE, Fleet
from tests.integration.fault_fleet import GOOD, deploy_past_first_wave
from tests.integration.lab_fleet import Lab
from tests.load import Report, traffic

pytestmark = pytest.mark.long

UNIT = "haproxy.service"
GAP_SECONDS = 5  # one edge alone is away while it restarts


def test_a_reload_between_waves_undoes_no_shift(fleet: Fleet, baking: Lab) -> None:
    with fleet.unharmed():
        process, _ = deploy_past_first_wave(baking, fleet.other)
        fleet.lab.on(EDGE, "systemctl", "reload", UNIT)
        _, errors = process.communicate(timeout=180)
    assert process.returncode == exits.DONE, errors
    fleet.serves(fleet.other)
    assert fleet.lab.invoke("drift").returncode == exits.DONE


def test_a_restart_between_waves_ends_all_new_or_all_old(fleet: Fleet, baking: Lab) -> None:
    with traffic(fleet.lab.url, versions=GOOD, finishes_streams=False) as report:
        process, _ = deploy_past_first_wave(baking, fleet.other)
        fleet.lab.on(EDGE, "systemctl", "restart", UNIT)
        _, errors = process.communicate(timeout=180)
    assert process.returncode in (exits.DONE, exits.FAILED), errors
    assert _seconds_lost(report) <= GAP_SECONDS, report.lost
    fleet.serves(fleet.other if process.returncode == exits.DONE else fleet.now)
    assert fleet.lab.invoke("drift").returncode == exits.DONE


def test_a_restart_between_runs_begins_where_the_last_run_ended(fleet: Fleet) -> None:
    fleet.deploy(fleet.other)
    with fleet.unchanged():
        fleet.lab.on(EDGE, "systemctl", "restart", UNIT)
    assert fleet.lab.invoke("drift").returncode == exits.DONE
    with fleet.unharmed():
        fleet.deploy(fleet.now)
    fleet.serves(fleet.now)


def _seconds_lost(report: Report) -> int:
    """From the first second in which a request was lost to the last."""
    seconds = [int(one["second"]) for one in report.timeline if one.get("lost")]
    return max(seconds) - min(seconds) + 1 if seconds else 0
