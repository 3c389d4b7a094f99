"""The lab of the benchmarks: how to reach its hosts, and what they get before timing begins."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import say
from rollway import exits
from rollway.build.target import Target, load_target
from rollway.errors import RollwayError
from rollway.lab import reservation
from rollway.lab.down import down
from rollway.lab.paths import PROJECT, LabPaths, lab_paths
from rollway.lab.plan import SSH, LabHost
from rollway.lab.up import ensure

ENV = "lab-bench"
APP_SOURCE = PROJECT / "benchmarks" / "app" / "web"
WORK = PROJECT / ".rollway" / "bench"
_SECONDS = 180
_PREPARE = """set -e
mkdir -p /srv/bench && cat > /srv/bench/compose.yml
# community.docker's modules for login and prune want it where they run
python3 -c 'import requests' 2>/dev/null || {
  apt-get update -q && apt-get install -qy --no-install-recommends python3-requests; } >/dev/null
"""


@dataclass(frozen=True)
class Fleet:
    """The lab as it stands. `hosts` are its app hosts."""

    paths: LabPaths
    hosts: tuple[LabHost, ...]
    target: Target

    @property
    def inventory(self) -> Path:
        return self.paths.inventory.parent

    @property
    def ssh_config(self) -> Path:
        return WORK / "ssh_config"

    def on(self, host: LabHost, command: str, *, data: str = "") -> str:
        """Run a command on a host, over a connection of its own; its output."""
        done = subprocess.run(
            ["ssh", "-F", str(self.ssh_config), "-S", "none", host.name, command],
            input=data,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RollwayError(host.name, done.stderr[-600:], exit_code=exits.FAILED)
        return done.stdout

    def on_all(self, command: str, *, data: str = "") -> list[str]:
        """Run a command on all app hosts at once."""
        with ThreadPoolExecutor(max_workers=len(self.hosts)) as pool:
            return list(pool.map(lambda host: self.on(host, command, data=data), self.hosts))


def bring_up(count: int) -> Fleet:
    """The lab with this many app hosts, each ready for every method."""
    ensure(ENV, hosts=count, progress=say)
    paths = lab_paths(ENV)
    lab = reservation.read(paths)
    if lab is None:
        raise RollwayError(f"lab {ENV}", "it is gone", next=f"./invoke lab.up --env={ENV}")
    hosts = tuple(host for host in lab.hosts if "app" in host.groups)
    fleet = Fleet(paths, hosts, load_target(paths.inventory.parent))
    _prepare(fleet)
    return fleet


def take_down() -> None:
    """Remove the lab; what Rollway reads for it went into its folders."""
    down(lab_paths(ENV), say)


def _prepare(fleet: Fleet) -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    fleet.ssh_config.write_text(ssh_config(fleet.hosts, fleet.paths.folder), encoding="utf-8")
    fleet.on_all(_PREPARE, data=(APP_SOURCE / "compose.yml").read_text(encoding="utf-8"))
    fleet.on_all(_login(fleet.target), data=fleet.target.password or "")


def _login(target: Target) -> str:
    user = shlex.quote(target.username or "")
    return f"docker login --username {user} --password-stdin {shlex.quote(target.registry)}"


def ssh_config(hosts: Sequence[LabHost], keys: Path) -> str:
    """What `ssh -F` needs: the lab's key and host keys, one multiplexed connection per host."""
    blocks = [f"Host {host.name}\n  Port {host.ports[SSH]}\n" for host in hosts]
    return "".join(blocks) + _SSH_FOR_ALL.format(keys=json.dumps(str(keys))[1:-1])


_SSH_FOR_ALL = """Host *
  HostName 127.0.0.1
  User root
  IdentityFile "{keys}/id_ed25519"
  UserKnownHostsFile "{keys}/known_hosts"
  StrictHostKeyChecking yes
  IdentitiesOnly yes
  ControlMaster auto
  ControlPersist 30s
  ControlPath ${{BENCH_SOCKETS}}/%C
"""
