"""The parts of a release manifest that a host works by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .names import address_literal, image_reference, release_id, service_name, volume_name
from .problem import Problem

WEB, WORKER = "web", "worker"
CONTENTS = ("compose", "files", "accessories")  # may hold secrets; they stay on the host


@dataclass(frozen=True)
class Service:
    """A service of the slot's project; `containers` are its Compose services, one per replica.

    Of a singleton the whole fleet has one.
    """

    name: str
    kind: str
    containers: tuple[str, ...]
    port: int | None
    has_healthcheck: bool
    ready_deadline_seconds: float
    start_first: bool
    is_singleton: bool

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Service:
        if value["class"] not in (WEB, WORKER):
            raise ValueError(f"class {value['class']!r}")
        return cls(
            name=service_name(value["name"]),
            kind=value["class"],
            containers=tuple(service_name(name) for name in value["containers"]),
            port=value["port"],
            has_healthcheck=bool(value["has_healthcheck"]),
            ready_deadline_seconds=float(value["ready_deadline_seconds"]),
            start_first=bool(value.get("start_first")),
            is_singleton=bool(value.get("singleton")),
        )


@dataclass(frozen=True)
class Job:
    """Run-once work of a release, and the Compose service that does it."""

    name: str
    timeout_seconds: float
    is_idempotent: bool

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Job:
        return cls(
            service_name(value["name"]), float(value["timeout_seconds"]), bool(value["idempotent"])
        )


@dataclass(frozen=True)
class Http:
    """What the edge asks for: the service behind it and the path that says it is ready."""

    service: str
    ready: str
    drain_seconds: float


@dataclass(frozen=True)
class Accessories:
    """The project of databases and caches.

    `hosts` is service → the hosts it runs on, `addresses` service → host → address, `ports` service
    → the port there; slots wait until those in `awaited` are healthy. `data` is service → the
    volumes and folders of the host that it may write to; none in a release that does not say.
    """

    compose: str
    hash: str
    hosts: Mapping[str, tuple[str, ...]]
    addresses: Mapping[str, Mapping[str, str]]
    ports: Mapping[str, int]
    awaited: frozenset[str]
    images: tuple[str, ...]
    data: Mapping[str, tuple[str, ...]]

    def on(self, host: str) -> list[str]:
        """Return the services that belong on this host of the inventory."""
        return [service for service, hosts in self.hosts.items() if host in hosts]

    def reached_from(self, host: str) -> dict[str, str]:
        """Return where slots of a host reach each: its own host's, or else the only one."""
        return {
            service: by_host.get(host) or next(iter(by_host.values()))
            for service, by_host in self.addresses.items()
            if by_host
        }


@dataclass(frozen=True)
class Manifest:
    """A release as a host needs it; `content` is the whole of it, as the controller sent it."""

    id: str
    version: str
    hash: str
    created: str
    commit: str | None
    compose: str
    images: tuple[str, ...]
    services: tuple[Service, ...]
    http: Http | None
    accessories: Accessories | None
    volumes: tuple[str, ...]
    jobs: tuple[Job, ...]
    content: Mapping[str, Any]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Manifest:
        """Return the manifest in `value`; Problem when it is not one."""
        try:
            return cls(
                id=release_id(value["id"]),
                version=str(value["version"]),
                hash=str(value["hash"]),
                created=str(value["created"]),
                commit=(value.get("source") or {}).get("commit"),
                compose=str(value["compose"]),
                images=tuple(dict.fromkeys(map(image_reference, value["images"].values()))),
                services=tuple(Service.from_json(item) for item in value["services"]),
                http=_http(value.get("http")),
                accessories=_accessories(value.get("accessories")),
                volumes=tuple(volume_name(name) for name in value.get("volumes") or ()),
                jobs=tuple(Job.from_json(item) for item in value.get("jobs") or ()),
                content=value,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Problem("manifest", f"not a release manifest: {error!r}", "schema 1") from error

    def job(self, name: str) -> Job:
        """Return a job by its name; Problem when the release has none such."""
        for job in self.jobs:
            if job.name == name:
                return job
        known = ", ".join(job.name for job in self.jobs) or "none"
        raise Problem("jobs", f"{self.id} has no job {name!r}", known)

    def containers(self, kind: str, *, start_first: bool | None = None) -> list[str]:
        """Return the Compose services of a class, of one update order where that is asked."""
        return [
            container
            for service in self.services
            if service.kind == kind and start_first in (None, service.start_first)
            for container in service.containers
        ]

    def workers(self, singletons: Collection[str] = ()) -> list[str]:
        """Return the workers that may start on a host which has been given these singletons."""
        return [
            container
            for service in self.services
            if service.kind == WORKER and (not service.is_singleton or service.name in singletons)
            for container in service.containers
        ]

    def without_contents(self) -> dict[str, Any]:
        """Return what may leave the host: everything but files and texts with values in them."""
        return without_contents(self.content)


def without_contents(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest's data without what may hold secrets."""
    return {key: value for key, value in content.items() if key not in CONTENTS}


def _http(value: Mapping[str, Any] | None) -> Http | None:
    if value is None:
        return None
    ready = str(value["ready"])
    if not ready.startswith("/"):
        raise ValueError(f"http.ready {ready!r}")
    return Http(service_name(value["service"]), ready, float(value["drain_seconds"]))


def _accessories(value: Mapping[str, Any] | None) -> Accessories | None:
    if value is None:
        return None
    services: Iterable[Mapping[str, Any]] = value["services"]
    images = value.get("images") or {}
    return Accessories(
        compose=str(value["compose"]),
        hash=str(value["hash"]),
        hosts={service_name(item["name"]): tuple(item["hosts"]) for item in services},
        addresses={
            service_name(item["name"]): {
                host: address_literal(address)
                for host, address in (item.get("addresses") or {}).items()
            }
            for item in services
        },
        ports={item["name"]: int(item["port"]) for item in services if item.get("port")},
        awaited=frozenset(
            item["name"] for item in services if item.get("condition") == "service_healthy"
        ),
        images=tuple(image_reference(item) for item in images.values()),
        data={
            service_name(name): tuple(map(str, sources))
            for name, sources in (value.get("data") or {}).items()
        },
    )
