"""No name server answers, on any host or edge: a deploy needs none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.faults.fleet import EDGE, Fleet
from tests.faults.harm import dropped
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

NAME_SERVER = "127.0.0.11"  # Docker's own, on networks that somebody made


def test_a_deploy_asks_no_name_server(fleet: Fleet) -> None:
    hosts = (*fleet.lab.hosts, EDGE)
    assert any(_knows_a_name(fleet.lab, host) for host in hosts)
    with _without_names(fleet.lab, hosts), fleet.unharmed():
        assert not any(_knows_a_name(fleet.lab, host) for host in hosts)
        fleet.deploy(fleet.other)
        fleet.serves(fleet.other)


@contextlib.contextmanager
def _without_names(lab: Lab, hosts: tuple[str, ...]) -> Iterator[None]:
    with contextlib.ExitStack() as rules:
        for host in hosts:
            rules.enter_context(dropped(lab, host, "--destination", NAME_SERVER, chain="OUTPUT"))
            for protocol in ("udp", "tcp"):
                matching = ("--protocol", protocol, "--dport", "53")
                rules.enter_context(dropped(lab, host, *matching, chain="OUTPUT"))
        yield


def _knows_a_name(lab: Lab, host: str) -> bool:
    asked = f"timeout 2 getent hosts rollway-{lab.env}-registry-1 || true"
    return bool(lab.on(host, "sh", "-c", asked).strip())
