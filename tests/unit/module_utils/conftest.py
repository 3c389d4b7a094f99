from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible.module_utils.rollway import doctor_host, timer

from tests.unit.module_utils.adoption_fixtures import run_plain
from tests.unit.module_utils.fakes import FakeHost


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host on which the host-side unit is installed."""
    launcher = tmp_path / "rollway-host"
    launcher.touch()
    monkeypatch.setattr(timer, "LAUNCHER", launcher)
    return FakeHost(root=tmp_path / "rollway")


@pytest.fixture
def well(host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host that serves its second release, the first one warm; the doctor finds nothing."""
    monkeypatch.setattr(os, "chown", lambda *_: None)
    monkeypatch.setattr(doctor_host, "LAUNCHER", tmp_path / "rollway-host")
    monkeypatch.setattr(doctor_host, "nearly_full", lambda _: "")
    host.deploy("1-1.0.0", "blue")
    host.deploy("2-1.1.0", "green", old="blue")
    host.engine.log.clear()
    return host


@pytest.fixture
def shop(host: FakeHost) -> FakeHost:
    """A host on which the application runs as a plain project, with a service that is no more."""
    for service in ("api", "db", "mail", "old"):
        run_plain(host, service)
    return host
