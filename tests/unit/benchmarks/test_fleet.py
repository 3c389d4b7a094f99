"""How hosts of the benchmark are reached."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fleet import ssh_config
from rollway.lab.plan import LabHost


def test_ssh_gets_ports_keys_and_one_connection_per_host() -> None:
    host = LabHost("app-1", ("app",), "10.77.0.21", {22: 24000})
    text = ssh_config([host], Path("/keys of a lab"))
    assert text.startswith("Host app-1\n  Port 24000\nHost *\n")
    assert 'IdentityFile "/keys of a lab/id_ed25519"' in text
    assert "ControlPath ${BENCH_SOCKETS}/%C" in text
