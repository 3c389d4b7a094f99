"""The registry is away or refuses, before a deploy, in the middle of one, and at a rollback.

What is not on the hosts is refused before any change; what is there goes on without it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
import yaml

from rollway import exits
from tests.faults.fleet import Fleet, new_version
from tests.faults.harm import stopped, wait_for_port
from tests.integration.fault_fleet import build, deploy_past_first_wave
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.fault

REGISTRY, UNIT = "registry-1", "docker-registry.service"
PORT, BUSY_PORT = 5000, 5001
# Says 429 to whoever asks, with the registry's own certificate.
BUSY = """
import http.server, ssl, sys

class Busy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(429)
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_HEAD = do_GET

server = http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Busy)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
folder = "/etc/docker/registry"
context.load_cert_chain(f"{folder}/registry.pem", f"{folder}/registry.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def test_a_deploy_without_a_registry_is_refused_before_any_change(fleet: Fleet) -> None:
    with fleet.unchanged(), fleet.unharmed(), _stopped(fleet.lab):
        result = fleet.deploy(fleet.other, code=exits.REFUSED)
    assert "it cannot be reached" in result["said"]


@pytest.mark.long
def test_a_registry_that_goes_away_in_mid_run_is_not_needed_any_more(
    fleet: Fleet, baking: Lab
) -> None:
    """Every host has the images before any traffic moves; and a rollback never asks for any."""
    with fleet.unharmed():
        process, _ = deploy_past_first_wave(baking, fleet.other)
        with _stopped(fleet.lab):
            _, errors = process.communicate(timeout=180)
            back = fleet.lab.invoke("rollback")
    assert process.returncode == exits.DONE, errors
    assert back.returncode == exits.DONE, back.stderr
    fleet.serves(fleet.now)


@pytest.mark.long
def test_a_release_that_is_kept_starts_again_without_a_registry(fleet: Fleet) -> None:
    third = new_version(6)
    build(fleet.lab, third)
    fleet.deploy(fleet.other)
    fleet.deploy(third)  # in the slot where the first one was warm
    with fleet.unharmed(third), _stopped(fleet.lab):
        ran = fleet.lab.invoke("rollback", f"--to={fleet.now}", "--json")
    assert ran.returncode == exits.DONE, ran.stderr
    assert {one["action"] for one in json.loads(ran.stdout)["hosts"]} == {"start"}
    fleet.serves(fleet.now)


@pytest.mark.long
def test_a_registry_that_is_too_busy_for_the_hosts_leaves_the_fleet_as_it_was(
    fleet: Fleet,
) -> None:
    version = new_version(6)
    build(fleet.lab, version)
    with fleet.unchanged(), fleet.unharmed(), _busy_for_hosts(fleet.lab):
        result = fleet.deploy(version, code=exits.FAILED)
    assert "3 attempts" in json.dumps(result["problems"])
    fleet.deploy(version)
    fleet.serves(version)


def _stopped(lab: Lab) -> contextlib.AbstractContextManager[None]:
    return stopped(lab, REGISTRY, UNIT, port=PORT)


@contextlib.contextmanager
def _busy_for_hosts(lab: Lab) -> Iterator[None]:
    """The controller is served; app hosts are told that they ask too often."""
    unit = "rollway-busy"
    command = ["systemd-run", "--unit", unit, "--collect", "python3", "-c", BUSY, str(BUSY_PORT)]
    lab.on(REGISTRY, *command)
    try:
        wait_for_port(lab, REGISTRY, BUSY_PORT)
        with contextlib.ExitStack() as rules:
            for address in _addresses(lab):
                rules.enter_context(_redirected(lab, address))
            yield
    finally:
        lab.on(REGISTRY, "systemctl", "stop", unit)


@contextlib.contextmanager
def _redirected(lab: Lab, address: str) -> Iterator[None]:
    command = ["iptables", "--wait", "--table", "nat"]
    matching = ["--protocol", "tcp", "--source", address, "--dport", str(PORT)]
    rule = ["PREROUTING", *matching, "--jump", "REDIRECT", "--to-ports", str(BUSY_PORT)]
    lab.on(REGISTRY, *command, "--insert", *rule)
    try:
        yield
    finally:
        lab.on(REGISTRY, *command, "--delete", *rule)


def _addresses(lab: Lab) -> list[str]:
    hosts = yaml.safe_load((lab.inventory / "hosts.yml").read_text())["all"]["children"]["fleet"]
    return [str(hosts["hosts"][name]["rollway_address"]) for name in lab.hosts]
