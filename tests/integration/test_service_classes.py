"""Applications of every class of service, one after the other verb: each run ends well.

That no task fails unseen in them is asked of every command of the lab's tests: `tests.failures`.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.changed_demo import commit
from tests.integration.fault_fleet import GOOD, build, environment
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long(seconds=90)

APP = "whole"
PORT = 18002
IMAGE = "${REGISTRY:-localhost:5000}/iris:${ROLLWAY_VERSION:-dev}"
SLEEPS = {"image": IMAGE, "command": ["sleep", "infinity"], "init": True, "stop_grace_period": "1s"}
WORKERS: dict[str, Any] = {
    "services": {"worker": SLEEPS},
    "x-rollway": {"services": {"worker": {"class": "worker"}}},
}
LISTENS = "import socket; socket.create_connection(('127.0.0.1', 18002), 1)"
CHECK = {"interval": "5s", "start_period": "20s", "start_interval": "200ms"}
READY = "/v2/health/ready"
ALL: dict[str, Any] = {
    "services": {
        "api": {
            "image": IMAGE,
            "ports": ["8000:8000"],
            "stop_grace_period": "35s",
            "healthcheck": {"test": ["CMD", "python3", "healthcheck.py"], **CHECK},
        },
        "worker": SLEEPS,
        "migrate": {"image": IMAGE, "command": ["true"], "restart": "no"},
        "tidy": {"image": IMAGE, "command": ["true"], "restart": "no"},
        "rows": {
            "image": f"${{REGISTRY:-localhost:5000}}/iris:{GOOD[0]}",
            "command": ["python3", "-m", "http.server", str(PORT)],
            "ports": [f"{PORT}:{PORT}"],
            "stop_grace_period": "1s",
            "healthcheck": {"test": ["CMD", "python3", "-c", LISTENS], **CHECK},
        },
    },
    "x-rollway": {
        "http": {"service": "api", "port": 8000, "ready": READY, "hosts": ["whole.example"]},
        "services": {
            "worker": {"class": "worker"},
            "migrate": {"class": "job", "backward_compatible": True},
            "tidy": {"class": "job", "when": "after_traffic", "backward_compatible": True},
            "rows": {"class": "accessory", "hosts": "app-1"},
        },
    },
}


@contextlib.contextmanager
def _application(lab: Lab, content: dict[str, Any]) -> Iterator[Lab]:
    """The lab as an environment that has this application beside the demo; it leaves again."""
    for version in GOOD[:2]:
        build(lab, version)
    with tempfile.TemporaryDirectory() as apps:
        path = Path(apps, APP, "compose.yml")
        path.parent.mkdir()
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        commit(apps)
        with environment(lab, "classes", apps_dir=apps) as env:
            try:
                yield env
            finally:
                _run(env, "remove", yes="true", volumes="true")


def _run(lab: Lab, verb: str, **told: str) -> None:
    """By Ansible alone: the command line only knows applications of the repository."""
    named = {"app": APP, **told}
    ran = lab.playbook(verb, *(f"--extra-vars=rollway_{key}={one}" for key, one in named.items()))
    assert ran.returncode == 0, ran.stdout


def _running(lab: Lab) -> list[list[str]]:
    """The services of the application that run, on each host."""
    ours = f"--filter=label=io.rollway.app={APP}"
    show = '--format={{.Label "io.rollway.service"}}'
    return [sorted(lab.on(host, "docker", "ps", ours, show).split()) for host in lab.hosts]


def _through_its_life(lab: Lab) -> None:
    """Two releases, the second again, on one host, anew, and back."""
    first, second = GOOD[:2]
    _run(lab, "deploy", version=first)
    _run(lab, "deploy", version=second, limit=lab.hosts[0])
    _run(lab, "deploy", version=second)
    _run(lab, "deploy", version=second)
    _run(lab, "restart")
    _run(lab, "drift")
    _run(lab, "rollback")


def test_an_application_of_workers_only(lab: Lab) -> None:
    with _application(lab, WORKERS) as env:
        _through_its_life(env)
        assert _running(env) == [["worker"]] * 3


def test_an_application_with_an_accessory_and_jobs_before_and_after_its_traffic(lab: Lab) -> None:
    with _application(lab, ALL) as env:
        _through_its_life(env)
        assert [set(one) for one in _running(env)] == [
            {"api", "rows", "worker"},
            {"api", "worker"},
            {"api", "worker"},
        ]
