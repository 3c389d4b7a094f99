"""A deploy over hosts that agree to everything but what a test names, and what failed in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rollway.remote.playbook import ROOT
from rollway.rollout.journal import Event, Journal
from tests.failures import Failure, Failures
from tests.integration.changed_demo import commit
from tests.unit.playbooks.fleet import RUN, run_playbook

MODULES = ROOT / "tests/integration/traps/library"
NAMES = ("app-1", "app-2", "app-3")
LOCAL = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
IMAGE = "registry.invalid/toy:${ROLLWAY_VERSION:-dev}"
HTTP = {"service": "api", "port": 8000, "ready": "/ready", "drain_seconds": 1}


@dataclass(frozen=True)
class Deployed:
    """What happened, in this order, the result, and the tasks that Ansible calls failed."""

    events: list[Event]
    result: dict[str, Any]
    failures: list[Failure]

    @property
    def steps(self) -> set[str]:
        return {event.step for event in self.events}


def deploy(
    folder: Path,
    *,
    fails: tuple[str, str] | None = None,
    jobs: dict[str, Any] | None = None,
    rollout: dict[str, Any] | None = None,
) -> Deployed:
    """Deploy a file with these jobs and settings to three hosts; `fails` are a host and a step."""
    _inventory(folder)
    _application(folder, jobs or {}, rollout or {})
    failures = Failures(folder / "failures")
    ran = run_playbook(
        folder,
        {"rollway_version": "new"},
        verb="deploy",
        library=MODULES,
        module_utils=_scenario(folder, fails),
        callbacks=failures.variables,
    )
    path = folder / RUN / "result.json"
    assert path.exists(), ran.stdout + ran.stderr
    return Deployed(
        Journal(folder / RUN).events(), dict(json.loads(path.read_text())), failures.found()
    )


def _inventory(folder: Path) -> None:
    hosts = {name: {"rollway_address": f"192.0.2.{n}"} for n, name in enumerate(NAMES, start=1)}
    children = {"app": {"hosts": hosts}, "edge": {"hosts": {"edge-1": {}}}}
    inventory = {"all": {"vars": LOCAL, "children": children}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory))


def _application(folder: Path, jobs: dict[str, Any], rollout: dict[str, Any]) -> None:
    services = {name: {"image": IMAGE} for name in ("api", *jobs)}
    told = {name: {"class": "job", **settings} for name, settings in jobs.items()}
    settings = {"http": HTTP, "services": told, "rollout": rollout}
    compose = folder / "apps/toy/compose.yml"
    compose.parent.mkdir(parents=True)
    content = {"services": services, "x-rollway": settings}
    compose.write_text(yaml.safe_dump(content, sort_keys=False))
    commit(str(compose.parent))


def _scenario(folder: Path, fails: tuple[str, str] | None) -> Path:
    utils = folder / "module_utils"
    utils.mkdir()
    failing = [list(fails)] if fails else []
    scenario = f"FAILS = {failing!r}\nSILENT = []\nHOSTS = {list(NAMES)!r}\n"
    (utils / "scenario.py").write_text(scenario)
    return utils
