"""One app host of the lab, driven step by step as a run drives it, without Ansible."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration import toy
from tests.integration.lab_fleet import Lab

RECORDS = f"/var/lib/rollway/{toy.APP}"
WEB = [{"name": "api", "replicas": 1}]
_ALONE = {"machine_id": "tests", "boot_id": "b1", "pid": 1, "start_ticks": 1}


@dataclass
class TargetHost:
    """A host on which the toy application is released; `runs` counts the runs so far."""

    lab: Lab
    name: str
    address: str
    runs: int = 0

    def step(self, step: str, **arguments: Any) -> dict[str, Any]:
        """Run one step of `compose_release` and return its result."""
        asked = {"step": step, "app": toy.APP, "inventory_host": self.name, **arguments}
        result = self.lab.ask(self.name, "compose_release", asked)
        sys.stdout.write(
            f"{step}: {result.get('seconds')} s {result.get('timings')} {result.get('problem')}\n"
        )
        return result

    def acquire(self, **arguments: Any) -> dict[str, Any]:
        """Begin a run; return what its further steps need."""
        self.runs += 1
        run = a_run(f"run-{self.runs}")
        result = self.step("acquire", run=run, services=WEB, **arguments)
        assert result["ok"], result["problem"]
        return {"run": run, "generation": result["generation"]}

    def start(self, run: Mapping[str, Any], manifest: dict[str, Any], slot: str) -> dict[str, Any]:
        """Stage a release and start it in a slot."""
        return self.step(
            "stage",
            **run,
            manifest=manifest,
            registry_auth=toy.registry_auth(self.lab),
            then_start=True,
            slot=slot,
            address=self.address,
            drain_seconds=10,
        )

    def deploy(
        self,
        release: str,
        slot: str,
        *,
        old: str | None = None,
        keep_warm: float = 600,
        has_check: bool = True,
    ) -> dict[str, Any]:
        """Let a release serve from a slot, as a good run does; return the start's result."""
        run = self.acquire()
        content = toy.manifest(self.lab, release, has_check=has_check)
        started = self.start(run, content, slot)
        assert started["ok"], started["problem"]
        changed = self.step("switch", **run, release_id=release, slot=slot, old_slot=old)
        assert changed["ok"], changed["problem"]
        end = {"outcome": "good", "active_slot": slot, "keep_warm_seconds": keep_warm}
        concluded = self.step("conclude", **run, release_id=release, **end)
        assert concluded["ok"], concluded["problem"]
        return started

    def conclude(self, run: Mapping[str, Any], outcome: str, release: str) -> dict[str, Any]:
        """End a run that was not good."""
        return self.step("conclude", **run, outcome=outcome, release_id=release)

    def slots(self) -> dict[str, tuple[str | None, str]]:
        """Release and state of each slot, as recorded."""
        slots = json.loads(self.shell(f"cat {RECORDS}/state.json"))["slots"]
        return {name: (slot["release"], slot["state"]) for name, slot in slots.items()}

    def running(self) -> set[str]:
        """The application's containers that run."""
        project = f"--filter=name=^{toy.APP}-"
        return set(self.shell(f"docker ps {project} --format '{{{{.Names}}}}'").split())

    def port(self, slot: str) -> int:
        """The reserved port of the web service."""
        content = json.loads(self.shell("cat /var/lib/rollway/ports.json"))
        return int(content["apps"][toy.APP]["api"][slot][0])

    def ask(self, slot: str) -> str:
        """What the web service of a slot answers on its port; '' when nobody does."""
        url = f"http://{self.address}:{self.port(slot)}/"
        return self.shell(f"curl -s --max-time 2 {url} || true")

    def shell(self, command: str) -> str:
        """Run a command on the host and return what it printed."""
        container = f"rollway-{self.lab.env}-{self.name}"
        ran = subprocess.run(
            ["docker", "exec", container, "sh", "-c", command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
        return ran.stdout.strip()

    def clear(self) -> None:
        """Take everything of the application off the host."""
        self.shell(
            f"systemctl stop 'rollway-reap-{toy.APP}-*' || true;"
            f" docker ps -aq --filter=name=^{toy.APP}- | xargs -r docker rm -f;"
            f" docker network ls -q --filter=name=^{toy.APP}- | xargs -r docker network rm;"
            f" docker volume rm -f {toy.APP}_data {toy.APP}_rows; rm -rf {shlex.quote(RECORDS)}"
        )


def a_run(name: str, **controller: Any) -> dict[str, Any]:
    """A run of these tests."""
    return {
        "id": name,
        "verb": "deploy",
        "owner": "tests@here",
        "reason": "",
        "started": "2026-01-31T12:00:00Z",
        "controller": {**_ALONE, **controller},
    }
