"""Six inventory names over a lab's three app hosts, and how to reach or lose them."""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rollway.lab.role_inputs import container_name
from tests.family import run_family
from tests.integration.lab_fleet import Lab

TRAPS = Path(__file__).resolve().parent
SIX = tuple(f"app-{number}" for number in range(1, 7))
EDGE = "edge-1"


@dataclass(frozen=True)
class Ended:
    """What became of a plain playbook: Ansible's exit code, and the marks by kind."""

    code: int
    marks: Mapping[str, tuple[str, ...]]
    output: str


@dataclass(frozen=True)
class SixNames:
    """Two names for each app host of the lab, and its edge."""

    lab: Lab
    folder: Path

    def port(self, name: str) -> int:
        """The SSH port of the lab's host behind a name."""
        return int(self._lab_hosts()[self._real(name)]["ansible_port"])

    def inventory(self, *, ports: Mapping[str, int], is_empty: bool = False) -> Path:
        """An inventory; `ports` leads names elsewhere, `is_empty` leaves the group app empty."""
        names = () if is_empty else SIX
        hosts = {name: self._host(name, ports) for name in (*SIX, EDGE)}
        groups = {"app": dict.fromkeys(names), "edge": {EDGE: None}}
        fleet = {"vars": self._fleet()["vars"], "hosts": hosts}
        children = {name: {"hosts": members} for name, members in groups.items()}
        path = Path(tempfile.mkdtemp(dir=self.folder)) / "hosts.yml"
        path.write_text(yaml.safe_dump({"all": {"children": {"fleet": fleet, **children}}}))
        return path

    def play(self, playbook: str, inventory: Path, **variables: Any) -> Ended:
        """Runs a plain playbook by Ansible alone, and collects the marks it left on the hosts."""
        mark = f"/tmp/rollway-traps-{inventory.parent.name}"
        told = json.dumps({"mark": mark, **variables})
        words = ["ansible-playbook", f"--inventory={inventory}", f"--extra-vars={told}"]
        ran = run_family([*words, str(TRAPS / f"{playbook}.yml")])
        return Ended(ran.returncode, self._take_marks(mark), ran.stdout + ran.stderr)

    def _take_marks(self, mark: str) -> dict[str, tuple[str, ...]]:
        """The names by kind of mark, `-here` added for the controller's; then all are removed."""
        quoted = shlex.quote(mark)
        script = f"ls {quoted}.* 2>/dev/null; rm -f {quoted}.*"
        shells = [
            ["docker", "exec", container_name(self.lab.env, host), "sh", "-c", script]
            for host in (*self.lab.hosts, EDGE)
        ]
        found = [path for shell in shells for path in _lines(shell)]
        found += [f"{path}-here" for path in _lines(["sh", "-c", script])]
        marks: dict[str, list[str]] = {}
        for path in sorted(found):
            _, name, kind = path.rsplit(".", 2)
            marks.setdefault(kind, []).append(name)
        return {kind: tuple(names) for kind, names in marks.items()}

    def _host(self, name: str, ports: Mapping[str, int]) -> dict[str, Any]:
        """A name that is led elsewhere keeps the key by which the lab's host is known."""
        known = {**self._lab_hosts()[self._real(name)]}
        if name not in ports:
            return known
        alias = f"-o HostKeyAlias=[127.0.0.1]:{known['ansible_port']}"
        return {**known, "ansible_port": ports[name], "ansible_ssh_extra_args": alias}

    def _real(self, name: str) -> str:
        return EDGE if name == EDGE else self.lab.hosts[SIX.index(name) % len(self.lab.hosts)]

    def _fleet(self) -> dict[str, Any]:
        text = (self.lab.inventory / "hosts.yml").read_text()
        fleet: dict[str, Any] = yaml.safe_load(text)["all"]["children"]["fleet"]
        return fleet

    def _lab_hosts(self) -> dict[str, dict[str, Any]]:
        hosts: dict[str, dict[str, Any]] = self._fleet()["hosts"]
        return hosts


def _lines(command: list[str]) -> list[str]:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout.split()
