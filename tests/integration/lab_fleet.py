"""The lab as integration tests see it: an environment, its inventory, and the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.failures import run_noted
from tests.integration.host_calls import ask, execute, status_of

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Lab:
    """A lab that stands. `url` is the edge's; `hosts` are the names of the app hosts.

    `of` names the lab where the environment is another inventory of its hosts.
    """

    env: str
    url: str
    hosts: tuple[str, ...]
    of: str = ""

    @property
    def inventory(self) -> Path:
        return ROOT / "inventories" / self.env

    def invoke(self, verb: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Runs `./invoke VERB --env=ENV …`; the caller looks at its code and output."""
        return invoke(verb, f"--env={self.env}", *options)

    def playbook(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Runs `ansible-playbook` alone, as somebody without Invoke would."""
        return run_noted(
            [
                "ansible-playbook",
                f"--inventory={self.inventory}",
                *options,
                f"playbooks/{name}.yml",
            ]
        )

    def on(self, host: str, *command: str) -> str:
        """Runs a command as root on a host of the lab, past SSH; what it printed."""
        ran = execute(f"rollway-{self.of or self.env}-{host}", *command)
        if ran.returncode:
            sys.stderr.write(ran.stderr)  # pytest shows it, and not what an exception keeps
        ran.check_returncode()
        return ran.stdout

    def ask(self, host: str, module: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a module on a host by the package installed there, as a run does; its result."""
        return ask(f"rollway-{self.of or self.env}-{host}", module, arguments)

    def shown_status(self) -> dict[str, Any]:
        """What `./invoke status --json` says of the only app."""
        ran = self.invoke("status", "--json")
        assert ran.returncode == 0, ran.stderr
        return dict(json.loads(ran.stdout))

    def status(self) -> dict[str, Any]:
        """The same, asked without Ansible: 0.2 s instead of 2."""
        return status_of(self.env, lab=self.of or self.env, inventory=self.inventory)


def invoke(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs `./invoke` as a person does; stdout and stderr apart.

    AssertionError where it ended well and Ansible ignored a task that failed.
    """
    return run_noted([str(ROOT / "invoke"), *words])


def lab_up(env: str, *, hosts: int) -> tuple[str, ...]:
    """The command that brings the lab up, or takes it as it stands."""
    return (str(ROOT / "invoke"), "lab.up", f"--env={env}", f"--hosts={hosts}")


def lab_of(env: str) -> Lab:
    """A lab that is up."""
    found = json.loads(invoke("lab.status", f"--env={env}", "--json").stdout)
    names = tuple(host["name"] for host in found["hosts"] if "app" in host["groups"])
    return Lab(env, found["url"], names)


def remains(env: str) -> list[str]:
    """What the engine and the checkout still have of a lab that was taken down."""
    import docker

    client, chosen = docker.from_env(), {"label": f"io.rollway.lab={env}"}
    found = [
        *(item.name for item in client.containers.list(all=True, filters=chosen)),
        *(item.name for item in client.volumes.list(filters=chosen)),
        *(item.name for item in client.networks.list(filters=chosen)),
    ]
    folders = (ROOT / ".rollway/labs" / env, ROOT / "inventories" / env)
    return [*found, *(str(folder) for folder in folders if folder.exists())]
