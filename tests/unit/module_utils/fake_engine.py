"""An engine without containers, and a clock that only moves when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.rollway.engine import EngineProblem

IMAGE = "registry.example:5000/iris@sha256:" + "a" * 64
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
    tags: dict[str, str] = field(default_factory=dict)  # reference → image
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
                "NetworkSettings": one["NetworkSettings"],
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

    def image_id(self, reference: str) -> str:
        return self.tags.get(reference, "")

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


def _project(one: Mapping[str, Any]) -> str:
    return str(one["Config"]["Labels"]["com.docker.compose.project"])
