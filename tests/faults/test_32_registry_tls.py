"""A registry whose certificate is not right: nobody sends it a login, nobody takes its images."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from rollway import exits
from tests.faults.certificates import certificate
from tests.faults.fleet import Fleet, new_version
from tests.faults.harm import replaced
from tests.integration.fault_fleet import build
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

REGISTRY, UNIT = "registry-1", "docker-registry.service"
PLACE = "/etc/docker/registry/registry"
HERE, ELSEWHERE = "127.0.0.1", "192.0.2.1"
# Until it answers again, whatever its certificate is
ANSWERS = (
    "for _ in $(seq 100); do"
    " curl --insecure --silent --output /dev/null https://127.0.0.1:5000/v2/ && exit 0; sleep 0.1;"
    " done; exit 1"
)


@contextlib.contextmanager
def _with_certificate(lab: Lab, pair: tuple[str, str]) -> Iterator[None]:
    """The registry shows another certificate."""
    try:
        with replaced(lab, REGISTRY, {f"{PLACE}.pem": pair[0], f"{PLACE}.key": pair[1]}):
            _restart(lab)
            yield
    finally:
        _restart(lab)


def _restart(lab: Lab) -> None:
    lab.on(REGISTRY, "systemctl", "restart", UNIT)
    lab.on(REGISTRY, "sh", "-c", ANSWERS)


def test_a_certificate_that_is_not_right_is_refused_before_any_change(fleet: Fleet) -> None:
    lab = fleet.lab
    wrong = {
        "self-signed": certificate(lab, addresses=[HERE], is_self_signed=True),
        "expired": certificate(lab, addresses=[HERE], days=-1),
        "mismatch": certificate(lab, addresses=[ELSEWHERE]),
    }
    with fleet.unchanged(), fleet.unharmed():
        for reason, pair in wrong.items():
            with _with_certificate(lab, pair):
                said = fleet.deploy(fleet.other, code=exits.REFUSED)["said"]
            assert "its certificate is not trusted" in said
            assert reason in said


def test_hosts_check_the_certificate_by_themselves(fleet: Fleet) -> None:
    """The controller reaches the registry under another name, and finds nothing wrong."""
    version = new_version(32)
    build(fleet.lab, version)
    pair = certificate(fleet.lab, addresses=[HERE])
    with fleet.unchanged(), fleet.unharmed(), _with_certificate(fleet.lab, pair):
        result = fleet.deploy(version, code=exits.FAILED)
    assert "x509" in json.dumps(result["problems"])
    assert fleet.lab.invoke("drift").returncode == exits.DONE
    fleet.deploy(version)
    fleet.serves(version)
