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
from ansible.module_utils.rollway.engine import EngineProblem
from ansible.module_utils.rollway.listening import Socket
from ansible.module_utils.rollway.steps import run_step

IMAGE = "registry.example:5000/iris@sha256:" + "a" * 64
ADDRESS = "192.0.2.11"
IMAGE_BYTES = 1000


class FakeClock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.boot = "boot-1"
        self.plans: list[tuple[float, Callable[[], None]]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        due = [plan for plan in self.plans if plan[0] <= self.now]
        self.plans = [plan for plan in self.plans if plan[0] > self.now]
        for _, act in due:
            act()

    def wall(self) -> float:
        return 1_700_000_000 + self.now

    def boottime(self) -> float:
        return self.now

    def boot_id(self) -> str:
        return self.boot

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        self.plans.append((self.now + seconds, act))


def container(name: str, project: str, service: str, **changes: Any) -> dict[str, Any]:
    """What the engine says of a container; `changes` are state, health, restarts and the like."""
    health = changes.get("health", "healthy")
    state = {
        "Status": changes.get("state", "running"),
        "ExitCode": changes.get("exit_code", 0),
        "OOMKilled": changes.get("oom", False),
        "Pid": changes.get("pid", 100),
        **({"Health": {"Status": health, "Log": []}} if health else {}),
    }
    return {
        "Id": name,
        "Name": f"/{name}",
        "RestartCount": changes.get("restarts", 0),
        "State": state,
        "Config": {
            "Labels": {
                "com.docker.compose.project": project,
                "com.docker.compose.service": service,
                **changes.get("labels", {}),
            },
            "Image": changes.get("image", IMAGE),
            "Env": changes.get("env", []),
            "StopTimeout": 5,
        },
        "HostConfig": {
            "PortBindings": {"8000/tcp": [{}]} if changes.get("published", True) else {},
            "RestartPolicy": {"Name": changes.get("restart_policy", "always")},
        },
        "NetworkSettings": {
            "Networks": changes.get("networks", {"default": {"IPAddress": "172.18.0.2"}})
        },
        "Mounts": changes.get("mounts", []),
        "Ports": changes.get("ports", []),
    }


@dataclass
class FakeEngine:
    """An engine that remembers what was asked of it in `log`."""

    here: dict[str, dict[str, Any]] = field(default_factory=dict)
    nets: dict[str, str] = field(default_factory=dict)  # network → project
    images: set[str] = field(default_factory=set)
    digests: dict[str, list[str]] = field(default_factory=dict)
    made_volumes: set[str] = field(default_factory=set)
    start_trips: list[str] = field(default_factory=list)  # what the next starts fail with
    log: list[str] = field(default_factory=list)
    pull_errors: list[EngineProblem] = field(default_factory=list)
    server_version: str = "26.1.5"
    memory: dict[str, int] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)  # codes of those that run again

    def version(self) -> dict[str, Any]:
        return {"Version": self.server_version}

    def info(self) -> dict[str, Any]:
        return {"DockerRootDir": "/"}

    def containers(self, project: str | None = None) -> list[dict[str, Any]]:
        found = [one for one in self.here.values() if project in (None, _project(one))]
        return [
            {
                "Id": one["Id"],
                "Names": [one["Name"]],
                "State": one["State"]["Status"],
                "Status": f"Up 3 seconds ({(one['State'].get('Health') or {}).get('Status')})",
                "Image": IMAGE,
                "Labels": one["Config"]["Labels"],
                "Ports": one["Ports"],
                "Mounts": one["Mounts"],
            }
            for one in found
        ]

    def inspect(self, container: str) -> dict[str, Any] | None:
        return self.here.get(container)

    def memory_used(self, container: str) -> int:
        self.log.append(f"memory of {container}")
        return self.memory.get(container, 0)

    def log_tail(self, container: str, lines: int) -> list[str]:
        return [f"{container} said {lines}"]

    def last_exit(self, container: str) -> int | None:
        return self.exits.get(container)

    def start(self, container: str) -> None:
        self.log.append(f"start {container}")
        if self.start_trips:
            raise EngineProblem(
                f"engine POST /containers/{container}/start", self.start_trips.pop()
            )
        self.here[container]["State"]["Status"] = "running"

    def stop(self, container: str, *, grace_seconds: float) -> None:
        self.log.append(f"stop {container} within {grace_seconds:g}")
        self.here[container]["State"]["Status"] = "exited"

    def keep_stopped(self, container: str) -> None:
        self.log.append(f"keep stopped {container}")

    def set_restart(self, container: str, policy: Mapping[str, Any]) -> None:
        self.log.append(f"restart policy of {container}: {policy['Name']}")
        self.here[container]["HostConfig"]["RestartPolicy"] = dict(policy)

    def remove(self, container: str, *, keeps_volumes: bool = False) -> None:
        self.log.append(f"remove {container}{' without its volumes' if keeps_volumes else ''}")
        self.here.pop(container, None)

    def rename(self, container: str, name: str) -> None:
        self.log.append(f"rename {container} {name}")
        self.here[name] = {**self.here.pop(container), "Id": name, "Name": f"/{name}"}

    def networks(self, project: str) -> list[dict[str, Any]]:
        return [{"Id": name, "Name": name} for name, owner in self.nets.items() if owner == project]

    def remove_network(self, network: str) -> None:
        self.log.append(f"remove network {network}")
        self.nets.pop(network)

    def connect(self, network: str, container: str, aliases: Sequence[str]) -> None:
        self.log.append(f"connect {container} to {network} as {', '.join(aliases)}")
        self.here[container]["NetworkSettings"]["Networks"][network] = {}

    def disconnect(self, network: str, container: str) -> None:
        self.log.append(f"disconnect {container} from {network}")
        self.here[container]["NetworkSettings"]["Networks"].pop(network)

    def has_image(self, reference: str) -> bool:
        return reference in self.images

    def image_digests(self, image: str) -> list[str]:
        return self.digests.get(image, [])

    def image_bytes(self, reference: str) -> int:
        return IMAGE_BYTES if reference in self.images else 0

    def layers_bytes(self) -> int:
        return IMAGE_BYTES * len(self.images)

    def pull(self, reference: str, auth: Mapping[str, str] | None) -> None:
        self.log.append(f"pull {reference} as {auth['username'] if auth else 'nobody'}")
        if self.pull_errors:
            raise self.pull_errors.pop(0)
        self.images.add(reference)

    def remove_image(self, reference: str) -> None:
        self.log.append(f"remove image {reference}")
        self.images.discard(reference)

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> bool:
        is_new = name not in self.made_volumes
        self.made_volumes.add(name)
        self.log.append(f"volume {name} {dict(labels)}")
        return is_new

    def volumes(self, label: str) -> list[str]:
        owner = label.partition("=")[2]  # an application or a project: names begin with it
        return sorted(name for name in self.made_volumes if name.startswith(f"{owner}_"))

    def remove_volume(self, name: str) -> None:
        self.log.append(f"remove volume {name}")
        self.made_volumes.discard(name)


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


def _project(one: Mapping[str, Any]) -> str:
    return str(one["Config"]["Labels"]["com.docker.compose.project"])
