"""Hosts on which the application runs as a plain Compose project, as `acquire` answers."""

from __future__ import annotations

from typing import Any

import yaml

from rollway.rollout.journal import Event
from rollway.rollout.request import Request
from tests.unit.rollout.fleet_fixtures import acquired_edge, acquired_host, fleet, manifest, request

HOSTS = ("app-1", "app-2", "app-3")
ADOPT = {"project": "shop", "keep": False}
ROWS = {"kind": "volume", "source": "iris_rows", "target": "/rows"}


def _service(name: str, **keys: Any) -> dict[str, Any]:
    return {"image": "x", "labels": {"io.rollway.service": name}, **keys}


def adoptable(**changes: Any) -> dict[str, Any]:
    """The release to come: a web service, a worker, and a database on every host."""
    uploads = {"type": "volume", "source": "uploads", "target": "/uploads"}
    folder = {"type": "bind", "source": "/srv/files", "target": "/files"}
    file = {"type": "bind", "source": "${ROLLWAY_FILES}/binds/app.conf", "target": "/etc/app.conf"}
    slot = {
        "services": {
            "api-1": _service("api", volumes=[uploads, folder, file], tmpfs=["/cache:size=1m"]),
            "mail-1": _service("mail"),
        },
        "volumes": {"uploads": {"external": True, "name": "iris_uploads"}, "own": {}},
    }
    rows = {"type": "volume", "source": "rows", "target": "/rows"}
    apart = {
        "services": {"db": _service("db", volumes=[rows])},
        "volumes": {"rows": {"external": True, "name": "iris_rows"}},
    }
    database = {"name": "db", "hosts": list(HOSTS), "addresses": {}, "port": 5432}
    accessories = {
        "compose": yaml.safe_dump(apart),
        "services": [database],
        "images": {},
        "data": {"db": ["iris_rows", "/srv/rows"]},
    }
    services = [
        {"name": "api", "class": "web", "replicas": 1, "port": 8000, "memory_bytes": 1024**3},
        {"name": "mail", "class": "worker", "replicas": 1, "port": None},
    ]
    told = {"compose": yaml.safe_dump(slot), "accessories": accessories, "services": services}
    return manifest("b", **{**told, **changes})


def container(service: str, *mounts: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A container of the project, as a host reads it."""
    return {
        "id": f"id-of-{service}",
        "name": f"shop-{service}-1",
        "service": service,
        "state": "running",
        "image": "shop@sha256:abc",
        "is_one_off": False,
        "ports": [],
        "mounts": list(mounts),
        "writes": sorted(one["source"] for one in mounts),
        **changes,
    }


SHOP = (container("api", ports=[8080]), container("db", ROWS), container("mail"))


def plain_host(name: str, *containers: dict[str, Any], **state: Any) -> Event:
    """A host with these containers of the project, on which Rollway has released nothing yet."""
    plain = {
        key: state.pop(key)
        for key in ("is_rollway", "projects", "edge_ports", "beside")
        if key in state
    }
    adopted, facts = state.pop("adopted", None), state.pop("facts", {})
    event = acquired_host(name, **state)
    asked = {"project": "shop", "projects": ["shop"], "is_rollway": False, "edge_ports": []}
    event.result["plain"] = {**asked, **plain, "containers": list(containers)}
    event.result.update(adopted=adopted, facts=facts)
    return event


def plain_fleet(*containers: dict[str, Any], **changes: Any) -> dict[str, Event]:
    """Three hosts with the same containers, and an edge that knows nothing of the application."""
    hosts = [plain_host(name, *(containers or SHOP), **changes) for name in HOSTS]
    return fleet(*hosts, acquired_edge())


def record(project: str = "shop") -> dict[str, Any]:
    """What a host keeps of a project whose place is being taken."""
    return {"project": project, "keeps_web": False, "containers": [{"id": "x", "name": "shop-x"}]}


def adopting(**changes: Any) -> Request:
    """A request to adopt, which a person said yes to."""
    told = {"manifest": adoptable(), "adopt": ADOPT, "is_confirmed": True}
    return request("adopt", **{**told, **changes})
