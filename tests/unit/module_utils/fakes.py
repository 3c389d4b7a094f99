"""A host without a host: its engine, its clock and its programs, in memory.

The real ones are driven in tests/integration/test_target.py and by Molecule.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.rollway.call import HostTools
from ansible.module_utils.rollway.command import Finished
from ansible.module_utils.rollway.drift_files import content_hash
from ansible.module_utils.rollway.listening import Socket
from ansible.module_utils.rollway.steps import run_step

from tests.unit.module_utils.fake_engine import FakeClock, FakeEngine, container

ADDRESS = "192.0.2.11"


@dataclass
class FakeHost:
    """One host; `comes_up` says how a Compose service is after `up`: the changes of `container`."""

    root: Path
    engine: FakeEngine = field(default_factory=FakeEngine)
    clock: FakeClock = field(default_factory=FakeClock)
    commands: list[list[str]] = field(default_factory=list)
    comes_up: dict[str, dict[str, Any]] = field(default_factory=dict)
    up_fails: str = ""
    up_trips: list[str] = field(default_factory=list)  # what each of the next `up`s fails with
    compose_version: str = "2.26.1-4"
    connections: dict[int | str, list[Socket]] = field(default_factory=dict)
    answers: Callable[[str, int, str], str] = lambda *_: ""
    accepts: Callable[[str, int], bool] = lambda *_: True

    def run(
        self,
        argv: Sequence[str],
        *,
        seconds: float,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Finished:
        del seconds, env, cwd
        self.commands.append(list(argv))
        if "version" in argv:
            return Finished(0 if self.compose_version else 1, f"{self.compose_version}\n", "")
        if "up" in argv:
            return self._up(list(argv))
        return Finished(0, "", "")

    def _up(self, argv: list[str]) -> Finished:
        if words := self.up_trips.pop(0) if self.up_trips else self.up_fails:
            return Finished(1, "", words)
        project = argv[argv.index("--project-name") + 1]
        self.engine.nets[f"{project}_default"] = project
        made = self._made(Path(argv[argv.index("--env-file") + 1]))
        for service in argv[argv.index("--") + 1 :]:
            name = f"{project}-{service}-1"
            self.engine.log.append(f"up {name}")
            kind = {"io.rollway.service": service.rpartition("-")[0]}
            how = {**made, "labels": {**made["labels"], **kind}, **self.comes_up.get(service, {})}
            found = container(name, project, service, **how)
            self.engine.here[name] = found
        return Finished(0, "", "")

    def _made(self, env_file: Path) -> dict[str, Any]:
        """Image and labels, as the rendered file gives them."""
        values = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
        release = values["ROLLWAY_RELEASE"]
        labels = {"io.rollway.release": release, "io.rollway.slot": values["ROLLWAY_SLOT"]}
        return {"image": image_of(release), "labels": {**labels, "io.rollway.app": "iris"}}

    @property
    def tools(self) -> HostTools:
        return HostTools(
            engine=self.engine,
            run=self.run,
            clock=self.clock,
            http_get=self.answers,
            accepts=self.accepts,
            sockets_of=lambda process: self.connections.get(process, []),
        )

    def step(self, step: str, **changes: Any) -> dict[str, Any]:
        """Run a step with the arguments the module would pass; `check` runs it in check mode."""
        check = changes.pop("check", False)
        params = {**DEFAULTS, "root": str(self.root), "step": step, **changes}
        return run_step(params, tools=self.tools, check=check)

    def state(self) -> dict[str, Any]:
        """What stands in the state file."""
        found: dict[str, Any] = json.loads((self.root / "iris/state.json").read_text())
        return found

    def slots(self) -> dict[str, tuple[str | None, str]]:
        """Release and state of each slot."""
        slots = self.state()["slots"]
        return {name: (slot["release"], slot["state"]) for name, slot in slots.items()}

    def running(self) -> list[str]:
        """The containers that run."""
        here = self.engine.here.items()
        return sorted(name for name, one in here if one["State"]["Status"] == "running")

    def deploy(
        self, release: str, slot: str, *, old: str | None = None, keep_warm: float = 300.0
    ) -> None:
        """Bring a release to the host and make it serve, as a good run does."""
        run = a_run(f"run-{release}")
        acquired = self.step("acquire", run=run, services=[{"name": "api", "replicas": 1}])
        common = {"run": run, "generation": acquired["generation"], "slot": slot}
        staged = self.step("stage", **common, manifest=a_manifest(release), then_start=True)
        switched = self.step("switch", **common, release_id=release, old_slot=old)
        concluded = self.step(
            "conclude",
            **common,
            release_id=release,
            outcome="good",
            active_slot=slot,
            keep_warm_seconds=keep_warm,
        )
        for result in (acquired, staged, switched, concluded):
            assert result["ok"], result["problem"]


def a_run(name: str = "run-1", **controller: Any) -> dict[str, Any]:
    """A run, by a controller that `controller` describes."""
    process = {"machine_id": "laptop", "boot_id": "b1", "pid": 7, "start_ticks": 100}
    return {
        "id": name,
        "verb": "deploy",
        "owner": "ana@laptop",
        "reason": "",
        "started": "2026-01-31T12:00:00Z",
        "controller": {**process, **controller},
    }


def a_manifest(release: str = "1-1.0.0", **changes: Any) -> dict[str, Any]:
    """A release with a web service, a worker, a file and a volume."""
    content = b"answer: 42\n"
    file = {
        "path": "conf/app.yml",
        "sha256": hashlib.sha256(content).hexdigest(),
        "mode": "0400",
        "content_base64": base64.b64encode(content).decode(),
    }
    times = {"has_healthcheck": True, "ready_deadline_seconds": 10, "stop_grace_seconds": 5}
    web = {"name": "api", "class": "web", "replicas": 1, "containers": ["api-1"], "port": 8000}
    worker = {
        "name": "mail",
        "class": "worker",
        "replicas": 1,
        "containers": ["mail-1"],
        "port": None,
    }
    whole = {
        "schema": 1,
        "app": "iris",
        "version": release.partition("-")[2],
        "id": release,
        "created": "2026-01-31T12:00:00Z",
        "source": {"commit": "c0ffee"},
        "images": {"api": image_of(release), "mail": image_of(release)},
        "compose": f"services: {{}} # {release}\n",
        "files": [file],
        "volumes": ["iris_data"],
        "services": [{**web, **times}, {**worker, **times}],
        "accessories": None,
        "http": {"service": "api", "port": 8000, "ready": "/ready", "drain_seconds": 30},
        "rollout": {},
        **changes,
    }
    return {"hash": content_hash(whole), **whole}


def image_of(release: str) -> str:
    """The image of a release, by digest."""
    digest = hashlib.sha256(release.encode()).hexdigest()
    return f"registry.example:5000/iris@sha256:{digest}"


def connection(port: int = 8000, remote: str = "192.0.2.10") -> Socket:
    """An established connection from the edge."""
    return Socket(local_port=port, remote=remote, state="01")


DEFAULTS: dict[str, Any] = {
    "app": "iris",
    "kind": "app",
    "mode": "lock",
    "run": a_run(),
    "address": ADDRESS,
    "inventory_host": "app-1",
    "drain_seconds": 30.0,
    "keep_warm_seconds": 300.0,
    "retention": 5,
    "then_start": False,
}
