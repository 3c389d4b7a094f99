"""Fleets of other shapes than three hosts and an edge, and what can be done to them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docker

from rollway import exits
from tests.integration.lab_fleet import Lab, invoke
from tests.load import traffic

ENV = os.environ.get("ROLLWAY_SHAPE_LAB", "lab-shape")
GOOD = ("s-1", "s-2")
RATE = 60.0  # per edge, so that the load of two is that of the other tests
FRAGMENTS = "/etc/haproxy/rollway.d"
Status = dict[str, Any]


@dataclass(frozen=True)
class Fleet:
    """A lab of some shape; `urls` are its edges', by name."""

    lab: Lab
    urls: dict[str, str]

    def deploy(self, version: str, *, code: int = exits.DONE) -> dict[str, Any]:
        """Deploys a version and gives the result."""
        ran = self.lab.invoke("deploy", f"--version={version}", "--json")
        assert ran.returncode == code, ran.stderr
        return dict(json.loads(ran.stdout))

    def serves(self, version: str) -> Status:
        """Every host has the version, every edge sends requests to just these slots; no lock."""
        status = self.lab.status()
        assert versions_of(status) == dict.fromkeys(self.lab.hosts, version)
        places = {(host["host"], host["slot"]) for host in status["hosts"]}
        assert rotation(status) == dict.fromkeys(self.urls, places)
        assert status["locks"] == []
        return status

    def others(self) -> tuple[str, str]:
        """The version that serves, and the other one."""
        now = next(iter(versions_of(self.lab.status()).values()))
        return now, next(one for one in GOOD if one != now)


def versions_of(status: Status) -> dict[str, str]:
    return {host["host"]: host["version"] for host in status["hosts"]}


def rotation(status: Status) -> dict[str, set[tuple[str, str]]]:
    """The hosts and slots that each edge sends requests to."""
    return {
        edge["host"]: {(one["host"], one["slot"]) for one in edge["servers"] if is_up(one)}
        for edge in status["edges"]
    }


def known(status: Status) -> list[set[str]]:
    """The hosts that each edge has servers of, whatever their state."""
    return [{one["host"] for one in edge["servers"]} for edge in status["edges"]]


def is_up(server: dict[str, Any]) -> bool:
    return bool(server["state"] == "up" and server["weight"] > 0)


def shaped(*, hosts: int, edges: int) -> Fleet:
    """Brings the lab into this shape; the images stand in its registry, which stays."""
    made = invoke("lab.up", f"--env={ENV}", f"--hosts={hosts}", f"--edges={edges}")
    assert made.returncode == exits.DONE, made.stderr
    found = json.loads(invoke("lab.status", f"--env={ENV}", "--json").stdout)
    names = tuple(host["name"] for host in found["hosts"] if "app" in host["groups"])
    fleet = Fleet(Lab(ENV, found["url"], names), found["edge_urls"])
    for version in GOOD:
        built = fleet.lab.invoke("build", f"--version={version}")
        # refused where a lab that was kept has the version from other files: as good for shapes
        assert built.returncode in (exits.DONE, exits.REFUSED), built.stderr
    return fleet


@contextlib.contextmanager
def unharmed(*urls: str) -> Iterator[None]:
    """Load through every edge; none of them may lose an answer."""
    with contextlib.ExitStack() as loads:
        reports = [
            loads.enter_context(traffic(url, versions=GOOD, rate=RATE, finishes_streams=False))
            for url in urls
        ]
        yield
    for report in reports:
        assert (report.lost, report.cut_streams, report.idle_closes) == ([], [], 0)
        assert report.answered > 0


def container_of(name: str) -> Any:
    return docker.from_env().containers.get(f"rollway-{ENV}-{name}")


def run_on(name: str, *command: str) -> None:
    code, output = container_of(name).exec_run(list(command))
    assert code == 0, output.decode()


@contextlib.contextmanager
def paused(name: str) -> Iterator[None]:
    """A host that is there and does not answer."""
    container_of(name).pause()
    try:
        yield
    finally:
        container_of(name).unpause()


@contextlib.contextmanager
def read_only(name: str, folder: str) -> Iterator[None]:
    """A folder in which even root writes nothing: acquire finds nothing wrong, a shift fails."""
    run_on(name, "mount", "--bind", folder, folder)
    run_on(name, "mount", "-o", "remount,ro,bind", folder)
    try:
        yield
    finally:
        run_on(name, "umount", folder)


@contextlib.contextmanager
def foreign_fragment(name: str, text: str) -> Iterator[None]:
    """A file beside Rollway's that HAProxy does not load: it refuses the next reload."""
    path = f"{FRAGMENTS}/zz-foreign.cfg"
    run_on(name, "sh", "-c", f"echo '{text}' > {path}")
    try:
        yield
    finally:
        run_on(name, "rm", path)
