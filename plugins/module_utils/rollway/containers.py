"""Containers of a slot as the steps see them: state, health, restarts, ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .engine import PROJECT_LABEL, Engine, Json

SERVICE_LABEL = "com.docker.compose.service"
RELEASE_LABEL = "io.rollway.release"
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
LOG_LINES = 20
LINE_CHARACTERS = 500  # of each: one long line is not to hide the others
CHECK_CHARACTERS = 300  # the end of what a check said: a traceback names its error last


@dataclass(frozen=True)
class Container:
    """One container, as inspected at one moment; `health` is '' without a health check."""

    id: str
    name: str
    service: str
    release: str
    state: str
    exit_code: int
    restarts: int
    oom: bool
    health: str
    health_log: tuple[str, ...]
    pid: int
    ports: tuple[int, ...]
    addresses: frozenset[str]
    grace_seconds: float
    restart_policy: str

    @classmethod
    def from_inspect(cls, found: Json) -> Container:
        """Return the container in the engine's answer to `inspect`."""
        state, config = found["State"], found["Config"]
        health, labels = state.get("Health") or {}, config.get("Labels") or {}
        return cls(
            id=found["Id"],
            name=found["Name"].lstrip("/"),
            service=labels.get(SERVICE_LABEL, ""),
            release=labels.get(RELEASE_LABEL, ""),
            state=state["Status"],
            exit_code=int(state["ExitCode"]),
            restarts=int(found.get("RestartCount") or 0),
            oom=bool(state.get("OOMKilled")),
            health="" if health.get("Status") in (None, "none") else str(health["Status"]),
            health_log=tuple(_checks(health)),
            pid=int(state["Pid"]),
            ports=tuple(_published(found["HostConfig"])),
            addresses=frozenset(_addresses(found)),
            grace_seconds=float(config.get("StopTimeout") or 10),
            restart_policy=str(
                (found["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no"
            ),
        )

    @property
    def is_running(self) -> bool:
        """Say whether its process runs now; during restart back-off it does not."""
        return self.state == "running"

    def report(self, log_tail: Iterable[str] = ()) -> dict[str, Any]:
        """Return what a person needs to see of a container that failed."""
        return {
            "name": self.name,
            "service": self.service,
            "state": self.state,
            "exit_code": self.exit_code,
            "restarts": self.restarts,
            "oom": self.oom,
            "health": self.health,
            "health_log": list(self.health_log),
            "log_tail": list(log_tail),
        }


def project_containers(engine: Engine, project: str) -> list[Container]:
    """Return every container of a Compose project, temporary ones included, by name."""
    found = (engine.inspect(item["Id"]) for item in engine.containers(project))
    return sorted((Container.from_inspect(item) for item in found if item), key=lambda c: c.name)


def of_services(containers: Iterable[Container], services: Iterable[str]) -> list[Container]:
    """Return the containers of these Compose services."""
    wanted = set(services)
    return [container for container in containers if container.service in wanted]


def failure_reports(engine: Engine, containers: Iterable[Container]) -> list[dict[str, Any]]:
    """Return the containers with the last lines each of them wrote, and what its checks said."""
    known = (with_last_exit(engine, one) for one in containers)
    return [one.report(_last_lines(engine, one)) for one in known]


def with_last_exit(engine: Engine, container: Container) -> Container:
    """Return a container with the exit code that it had before the engine started it again."""
    if not container.restarts or not container.is_running:
        return container
    code = engine.last_exit(container.id)
    return container if code is None else replace(container, exit_code=code)


def summaries(
    listed: Iterable[Json], projects: Mapping[str, str]
) -> dict[str, list[dict[str, str]]]:
    """Return, for each project named in `projects` (key → project), what `ps` would show.

    `listed` is the engine's list of all containers, so that one call serves a whole host.
    """
    found: dict[str, list[dict[str, str]]] = {key: [] for key in projects}
    keys = {project: key for key, project in projects.items()}
    for item in listed:
        labels = item.get("Labels") or {}
        key = keys.get(labels.get(PROJECT_LABEL, ""))
        if key is not None:
            found[key].append(_summary(item, labels))
    return {key: sorted(rows, key=lambda row: row["name"]) for key, rows in found.items()}


def with_restarts(engine: Engine, rows: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the rows of `summaries` with how often the engine started each again, and why."""
    found = ((row, engine.inspect(row["name"])) for row in rows)
    return [{**row, **(_restarts(item) if item else {})} for row, item in found]


def _restarts(item: Json) -> dict[str, Any]:
    container = Container.from_inspect(item)
    return {
        "restarts": container.restarts,
        "exit_code": container.exit_code,
        "oom": container.oom,
    }


def _last_lines(engine: Engine, container: Container) -> list[str]:
    lines = engine.log_tail(container.id, LOG_LINES)
    return [
        line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]}…" for line in lines
    ]


def _summary(item: Json, labels: Mapping[str, str]) -> dict[str, str]:
    return {
        "name": item["Names"][0].lstrip("/"),
        "service": labels.get(SERVICE_LABEL, ""),
        "state": item["State"],
        "health": _health_in(item["Status"]),
        "status": item["Status"],
        "image": item["Image"],
    }


def _health_in(status: str) -> str:
    """Return the health in `Up 3 seconds (health: starting)`; '' where there is no check."""
    words = {"(healthy)": "healthy", "(unhealthy)": "unhealthy", "(health: starting)": "starting"}
    return next((health for word, health in words.items() if word in status), "")


def _checks(health: Json) -> Iterable[str]:
    for check in (health.get("Log") or ())[-3:]:
        output = " ".join(str(check.get("Output") or "").split())[-CHECK_CHARACTERS:]
        yield f"exit {check.get('ExitCode')}: {output}"


def _published(host_config: Json) -> Iterable[int]:
    """Yield the container's side of its published TCP ports."""
    for key in host_config.get("PortBindings") or {}:
        number, _, protocol = key.partition("/")
        if protocol in ("", "tcp"):
            yield int(number)


def published_at(found: Json) -> set[str]:
    """Return the host's addresses at which a container publishes its ports."""
    bindings = (found["HostConfig"].get("PortBindings") or {}).values()
    return {str(one.get("HostIp") or "").strip("[]") for listed in bindings for one in listed or ()}


def _addresses(found: Json) -> Iterable[str]:
    for network in ((found.get("NetworkSettings") or {}).get("Networks") or {}).values():
        yield from (network[key] for key in ("IPAddress", "GlobalIPv6Address") if network.get(key))
