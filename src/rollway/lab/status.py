"""What stands of a lab: its hosts as the engine sees them, and whether they are provisioned."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from rollway.lab import engine, recipe, reservation, role_inputs
from rollway.lab.paths import LabPaths
from rollway.lab.plan import SSH, Lab, LabHost


@dataclass(frozen=True)
class HostStatus:
    """One host. `state` is the engine's word for it, or `absent`."""

    name: str
    groups: tuple[str, ...]
    address: str
    state: str
    ports: dict[int, int]


@dataclass(frozen=True)
class LabStatus:
    """A lab. `is_ready`: every host runs and was provisioned by the files of today.

    `url` is the first edge's; `edge_urls` are those of all, by name.
    """

    env: str
    engine: str | None
    is_ready: bool
    url: str | None
    hosts: tuple[HostStatus, ...]
    edge_urls: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The status as data: the object that `lab.status --json` prints."""
        return asdict(self)


def read(paths: LabPaths) -> LabStatus:
    """Look at the lab; changes nothing, and starts no engine."""
    lab = reservation.read(paths)
    client = engine.answering()
    version = client.version()["Version"] if client else None
    if lab is None:
        return LabStatus(paths.env, version, is_ready=False, url=None, hosts=())
    states = _states(lab, client) if client else {}
    hosts = tuple(_host(host, states) for host in lab.hosts)
    is_ready = all(host.state == "running" for host in hosts) and is_provisioned(paths)
    url = next(iter(lab.urls.values()), None)
    return LabStatus(paths.env, version, is_ready, url, hosts, lab.urls)


def is_provisioned(paths: LabPaths) -> bool:
    """Whether the hosts were created and provisioned by the files of today."""
    if not (paths.inventory.exists() and paths.provisioned.exists()):
        return False
    return paths.provisioned.read_text() == recipe.fingerprint(paths.root)


def lines(status: LabStatus, paths: LabPaths) -> list[str]:
    """The status for people."""
    if not status.hosts:
        return [f"lab {status.env}: none; next: ./invoke lab.up --env={status.env}"]
    rows = [_row(host) for host in status.hosts]
    shell = f"ssh -i {paths.folder}/id_ed25519 -o UserKnownHostsFile={paths.folder}/known_hosts"
    what = "ready" if status.is_ready else f"not ready; next: ./invoke lab.up --env={status.env}"
    login = f"  login: {shell} -p {status.hosts[0].ports[SSH]} root@127.0.0.1"
    return [f"lab {status.env}: {what}", *rows, *_urls(status), login]


def _row(host: HostStatus) -> str:
    groups, port = ",".join(host.groups), host.ports[SSH]
    return f"  {host.name:<12} {groups:<10} {host.address:<14} {host.state:<10} ssh {port}"


def _urls(status: LabStatus) -> list[str]:
    others = list(status.edge_urls.items())[1:]
    return [f"  url: {status.url}", *(f"  url: {url} ({name})" for name, url in others)]


def _states(lab: Lab, client: Any) -> dict[str, str]:
    listed = reservation.containers(client, lab.env)
    return {entry["Labels"].get(role_inputs.HOST_LABEL, ""): entry["State"] for entry in listed}


def _host(host: LabHost, states: dict[str, str]) -> HostStatus:
    state = states.get(host.name, "absent")
    return HostStatus(host.name, host.groups, host.address, state, host.ports)
