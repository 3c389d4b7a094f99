"""The deploy of a release with jobs, run for real over hosts that agree to everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from rollway import exits
from rollway.remote.playbook import ROOT
from rollway.rollout.journal import Event, Journal
from tests.integration.changed_demo import commit
from tests.unit.playbooks.fleet import RUN, run_playbook

AGREEING = ROOT / "tests/integration/traps/library"
NAMES = ("app-1", "app-2", "app-3")
LOCAL = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
IMAGE = "registry.invalid/toy:${ROLLWAY_VERSION:-dev}"
HTTP = {"service": "api", "port": 8000, "ready": "/ready", "drain_seconds": 1}


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Three app hosts and an edge, and the scenario in which nothing fails."""
    hosts = {name: {"rollway_address": f"192.0.2.{n}"} for n, name in enumerate(NAMES, start=1)}
    children = {"app": {"hosts": hosts}, "edge": {"hosts": {"edge-1": {}}}}
    inventory = {"all": {"vars": LOCAL, "children": children}}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
    return tmp_path


def _deploy(fleet: Path, *, fails: tuple[str, str] | None = None, **jobs: Any) -> list[Event]:
    """Deploy a file with these jobs; what happened, in this order."""
    services = {name: {"image": IMAGE} for name in ("api", *jobs)}
    told = {name: {"class": "job", **settings} for name, settings in jobs.items()}
    compose = fleet / "apps/toy/compose.yml"
    compose.parent.mkdir(parents=True)
    content = {"services": services, "x-rollway": {"http": HTTP, "services": told}}
    compose.write_text(yaml.safe_dump(content, sort_keys=False))
    commit(str(compose.parent))
    scenario = f"FAILS = {[list(fails)] if fails else []!r}\nSILENT = []\nHOSTS = {list(NAMES)!r}\n"
    utils = fleet / "module_utils"
    utils.mkdir()
    (utils / "scenario.py").write_text(scenario)
    ran = run_playbook(
        fleet, {"rollway_version": "new"}, verb="deploy", library=AGREEING, module_utils=utils
    )
    assert (fleet / RUN / "result.json").exists(), ran.stdout + ran.stderr
    return Journal(fleet / RUN).events()


def _result(fleet: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((fleet / RUN / "result.json").read_text())
    return found


def _order(events: list[Event], *steps: str) -> list[tuple[str, str]]:
    return [(event.step, event.host) for event in events if event.step in steps]


def test_jobs_run_between_the_stage_of_all_and_the_start_of_any(fleet: Path) -> None:
    late = {"when": "after_traffic", "hosts": "app-2"}
    events = _deploy(fleet, migrate={}, tidy=late)
    assert _result(fleet)["exit"] == exits.DONE, _result(fleet)
    steps = [step for step, _ in _order(events, "stage", "jobs", "start", "shift", "late_jobs")]
    assert steps == [*["stage"] * 4, "jobs", "start", *["shift"] * 3, "late_jobs"]
    assert _order(events, "jobs", "start") == [("jobs", "app-1"), ("start", "app-1")]
    assert _order(events, "late_jobs") == [("late_jobs", "app-2")]
    started = [event.host for event in events if "cut" in event.result]
    assert sorted(started) == list(NAMES)
    assert {one["job"] for one in _result(fleet)["jobs"] if one["done"]} == {"migrate", "tidy"}


def test_without_jobs_the_first_wave_starts_while_it_is_staged(fleet: Path) -> None:
    events = _deploy(fleet)
    assert _result(fleet)["exit"] == exits.DONE, _result(fleet)
    assert _order(events, "jobs", "start", "late_jobs") == []
    staged = [event.host for event in events if event.step == "stage" and "cut" in event.result]
    assert staged == ["app-1"]


def test_a_job_that_fails_ends_the_run_before_anything_starts(fleet: Path) -> None:
    events = _deploy(fleet, fails=("app-1", "jobs"), migrate={})
    assert _result(fleet)["exit"] == exits.FAILED
    assert [event.host for event in events if "cut" in event.result] == []
    assert _order(events, "shift", "start") == []
