"""Rollway's own playbook over the six names, with two modules that only play a host and an edge."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rollway.rollout.journal import Event, Journal
from tests.family import run_family
from tests.integration.lab_fleet import ROOT
from tests.integration.traps.door import Door, dead_port
from tests.integration.traps.six_names import SIX, TRAPS, SixNames

RUN = "trap"
HTTP = {"service": "api", "port": 8000, "ready": "/ready", "drain_seconds": 1}


@dataclass(frozen=True)
class Scenario:
    """What goes wrong.

    `fails`: hosts and the step that fails there. `silent`: hosts whose new slot does not answer
    the edge. `lost`: names that vanish once they have ended a step. `dead`: names where nobody
    listens from the beginning. `is_empty`: the inventory's group has no hosts.
    """

    fails: tuple[tuple[str, str], ...] = ()
    silent: tuple[str, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    dead: tuple[str, ...] = ()
    max_failures: int = 0
    is_empty: bool = False


@dataclass(frozen=True)
class Run:
    """How `playbooks/deploy.yml` ended: Ansible's exit code, our result, and every event."""

    code: int
    result: Mapping[str, Any]
    events: tuple[Event, ...]

    def at(self, step: str) -> list[Event]:
        """The events of a step, oldest first."""
        return [event for event in self.events if event.step == step]

    @property
    def moved_waves(self) -> list[int | None]:
        """The waves, counting from 1, whose traffic the edge was told to move, and did."""
        return [event.wave + 1 for event in self.at("shift") if event.wave is not None and event.ok]

    @property
    def started(self) -> set[str]:
        """The hosts where the new release came up."""
        return {event.host for event in self.events if event.ok and "cut" in event.result}

    @property
    def concluded(self) -> set[str]:
        """The hosts that recorded the end and were unlocked."""
        return {event.host for event in self.at("conclude") if event.ok}

    @property
    def repeated(self) -> list[tuple[str, str, int | None]]:
        """What a host or the edge was told more than once."""
        told = [(event.step, event.host, event.wave) for event in self.events]
        return [one for one in told if told.count(one) > 1]

    @property
    def said(self) -> str:
        """What a person reads: the sentence and why, or what was found before there was a plan."""
        sentence = self.result.get("sentence") or self.result["found"]
        return " ".join([sentence, *self.result.get("reasons", [])])

    @property
    def serving(self) -> dict[str, str]:
        """The slot of each host that the edge was last told to send requests to."""
        told = [event for event in (*self.at("shift"), *self.at("unshift")) if event.ok]
        servers = told[-1].result["servers"] if told else []
        return {one["host"]: one["slot"] for one in servers if one["admin_state"] == "ready"}


def deploy(names: SixNames, scenario: Scenario, folder: Path) -> Run:
    """Runs the deploy of a scenario in a folder of its own."""
    with _ports(names, scenario, folder / RUN) as ports:
        inventory = names.inventory(ports=ports, is_empty=scenario.is_empty)
        ran = run_family(_command(inventory, scenario, folder))
    found = [folder / RUN / name for name in ("result.json", "error.json")]
    results = [json.loads(path.read_text()) for path in found if path.exists()]
    assert len(results) == 1, ran.stdout + ran.stderr
    return Run(ran.returncode, results[0], tuple(Journal(folder / RUN).events()))


def _command(inventory: Path, scenario: Scenario, folder: Path) -> list[str]:
    settings = {
        "rollway_apps_dir": str(_application(folder, scenario)),
        "rollway_runs_dir": str(folder),
        "rollway_run_id": RUN,
        "rollway_env": "traps",
        "rollway_version": "new",
    }
    modules = {
        "ANSIBLE_LIBRARY": str(TRAPS / "library"),  # wins over ansible.cfg
        "ANSIBLE_MODULE_UTILS": str(_told(folder, scenario)),
    }
    variables = [f"{name}={value}" for name, value in modules.items()]
    words = ["ansible-playbook", f"--inventory={inventory}"]
    told = f"--extra-vars={json.dumps(settings)}"
    return ["env", *variables, *words, told, str(ROOT / "playbooks" / "deploy.yml")]


def _told(folder: Path, scenario: Scenario) -> Path:
    """The scenario as a module_utils file: it travels to the hosts with the modules."""
    place = folder / "module_utils"
    place.mkdir()
    fails = [list(pair) for pair in scenario.fails]
    text = f"FAILS = {fails!r}\nSILENT = {list(scenario.silent)!r}\nHOSTS = {list(SIX)!r}\n"
    (place / "scenario.py").write_text(text)
    return place


def _application(folder: Path, scenario: Scenario) -> Path:
    """Without a registry an image stays as it is written."""
    service = {"image": "registry.invalid/toy:${ROLLWAY_VERSION:-dev}", "ports": ["8000:8000"]}
    check = {"test": ["CMD", "true"], "interval": "5s"}
    content = {
        "services": {"api": {**service, "healthcheck": check}},
        "x-rollway": {
            "http": HTTP,
            "rollout": {"waves": [2], "max_failures": scenario.max_failures},
        },
    }
    place = folder / "apps" / "toy"
    place.mkdir(parents=True)
    (place / "compose.yml").write_text(yaml.safe_dump(content))
    _commit(place)
    return place.parent


def _commit(place: Path) -> None:
    """A release names the commit it comes from."""
    author = ["-c", "user.name=traps", "-c", "user.email=traps@localhost"]
    for words in (["init", "--quiet"], ["add", "."], [*author, "commit", "--quiet", "-m", "Begin"]):
        subprocess.run(["git", *words], cwd=place, check=True)


@contextmanager
def _ports(names: SixNames, scenario: Scenario, run_dir: Path) -> Iterator[dict[str, int]]:
    """Ports of the names that cannot be reached, or not for long."""
    with ExitStack() as stack:
        ports = {name: stack.enter_context(dead_port()) for name in scenario.dead}
        for name, step in scenario.lost:
            door = Door(names.port(name))
            stack.callback(door.shut)
            over = threading.Event()
            stack.callback(over.set)
            watch = threading.Thread(target=_shut, args=(door, run_dir, name, step, over))
            watch.start()
            ports[name] = door.port
        yield ports


def _shut(door: Door, run_dir: Path, name: str, step: str, over: threading.Event) -> None:
    """Shuts the door as soon as the journal says that the step has ended."""
    while not over.is_set():
        events = Journal(run_dir).events()
        if any((event.host, event.step) == (name, step) for event in events):
            door.shut()
            return
        time.sleep(0.02)
