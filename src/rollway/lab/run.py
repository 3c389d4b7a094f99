"""The two playbooks of a lab, run as a person would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab.paths import LabPaths
from rollway.lab.plan import Wish


def create(wish: Wish, paths: LabPaths) -> None:
    """Create the hosts and write the inventory: playbooks/lab.yml."""
    inputs = {
        "lab_env": wish.env,
        "lab_hosts": wish.app_count,
        "lab_image": wish.kind,
        "lab_is_image": wish.is_image,
    }
    arguments = ["--inventory=localhost,", f"--extra-vars={json.dumps(inputs)}"]
    _play(paths.root, "lab.yml", arguments)


def provision(paths: LabPaths, *, tags: str = "") -> None:
    """Provision the hosts as any others: playbooks/provision.yml."""
    arguments = [f"--inventory={paths.inventory}", *([f"--tags={tags}"] if tags else [])]
    _play(paths.root, "provision.yml", arguments)


def _play(root: Path, playbook: str, arguments: list[str]) -> None:
    command = [str(Path(sys.executable).with_name("ansible-playbook")), *arguments]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = os.environ | {"ANSIBLE_CONFIG": str(root / "ansible.cfg"), "PATH": path}
    done = subprocess.run(
        [*command, f"playbooks/{playbook}"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RollwayError(
            f"playbooks/{playbook}",
            f"failed with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}",
            next=f"ansible-playbook {' '.join(arguments)} playbooks/{playbook}",
            exit_code=exits.FAILED,
        )
