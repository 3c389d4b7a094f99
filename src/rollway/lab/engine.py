"""Docker's engine on this machine: find it, or install and start it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.errors import RollwayError

Progress = Callable[[str], None]

PACKAGES = ("docker.io", "iptables")
LOG = Path("/var/log/rollway-dockerd.log")
START_SECONDS = 30.0
_INSTALL = f"sudo apt-get install --no-install-recommends {' '.join(PACKAGES)}"


def answering() -> Any | None:
    """A client of the engine that answers (DOCKER_HOST or the usual socket), or None."""
    import docker

    try:
        client = docker.from_env(timeout=120)
        client.ping()
    except docker.errors.DockerException:
        return None
    return client


def ensure(progress: Progress) -> Any:
    """A client of an engine that answers; an engine that exists is used as it is."""
    client = answering()
    if client is not None:
        return client
    _refuse_unless_ours_to_start()
    if shutil.which("dockerd") is None:
        progress("engine: installing docker.io, since no engine answers")
        apt_install(PACKAGES)
    progress("engine: starting dockerd")
    return _start()


def apt_install(packages: tuple[str, ...]) -> None:
    """Install Debian packages without their recommendations; refuses with apt's last lines."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-qy", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RollwayError(
                f"apt-get {command[1]}",
                (done.stderr or done.stdout).strip()[-600:],
                next=f"sudo apt-get update && sudo apt-get install {' '.join(packages)}",
                exit_code=exits.REFUSED,
            )


def can_install() -> bool:
    """Whether this process may install Debian packages on this machine."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _refuse_unless_ours_to_start() -> None:
    if os.environ.get("DOCKER_HOST"):
        raise _no_engine(os.environ["DOCKER_HOST"], "docker info, or unset DOCKER_HOST")
    socket = Path("/var/run/docker.sock")
    if socket.exists() and not os.access(socket, os.R_OK | os.W_OK):
        raise _no_engine(f"{socket} (no permission)", "sudo usermod -aG docker $USER, log in again")
    if not can_install():
        raise _no_engine(str(socket), f"{_INSTALL} && sudo systemctl start docker")


def _no_engine(where: str, command: str) -> RollwayError:
    return RollwayError(
        "docker engine",
        f"none answers on {where}",
        accepted="an engine that this user may use; as root on Debian or Ubuntu it is installed",
        next=command,
        exit_code=exits.REFUSED,
    )


def _start() -> Any:
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "start", "docker"], capture_output=True, check=False)
        return _wait(process=None)
    # no service manager: a daemon of its own session, which outlives this process and its terminal
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    return _wait(process)


def _wait(process: subprocess.Popen[bytes] | None) -> Any:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        client = answering()
        if client is not None:
            return client
        time.sleep(0.1)
    raise RollwayError(
        "docker engine",
        f"did not start within {START_SECONDS:.0f} s:\n{_last_words(process)}",
        next="journalctl -u docker -n 50" if process is None else f"tail {LOG}",
        exit_code=exits.REFUSED,
    )


def _last_words(process: subprocess.Popen[bytes] | None) -> str:
    if process is None or not LOG.exists():
        return ""
    return "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
