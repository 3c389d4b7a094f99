"""Where the edge's cases run: on this machine when it has HAProxy, and on a lab's edge.

Either way in a copy of the few folders they need, by a Python of their own: `ansible` is a name
here that the copy brings along.
"""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
RUN = "tests.integration.edge_cases"
SECONDS = 900
FOLDERS = {
    "plugins/module_utils/rollway": "ansible/module_utils/rollway",
    "tests/load": "tests/load",
}
OF_ROLE = (
    "roles/edge/files/etc/haproxy/rollway.lua",
    "roles/edge/templates/etc/haproxy/haproxy.cfg.j2",
)
PACKAGES = ("ansible", "ansible/module_utils", "tests", "tests/integration")

Results = dict[str, dict[str, Any]]


def run_here(folder: Path) -> Results:
    """Run all cases on this machine; `folder` is an empty one."""
    with tarfile.open(fileobj=io.BytesIO(packed())) as archive:
        archive.extractall(folder, filter="data")
    return _results([sys.executable, "-m", RUN], cwd=folder)


def run_on_edge(inventory: Path, host: str) -> Results:
    """Run all cases on a host of an inventory, over SSH as Ansible would."""
    name = "/root/rollway-edge-cases"
    steps = (
        f"rm -rf {name}",
        f"mkdir {name}",
        f"tar -xf - -C {name}",
        f"cd {name}",
        f"python3 -m {RUN}",
        f"rm -rf {name}",
    )
    return _results([*ssh(inventory, host), " && ".join(steps)], data=packed())


def on_edge(inventory: Path, host: str) -> tuple[str, ...]:
    """The command that does so in a process of its own, and prints the results."""
    return (sys.executable, "-m", __name__, str(inventory), host)


def ssh(inventory: Path, host: str) -> list[str]:
    """The command that reaches a host of a generated inventory."""
    groups = yaml.safe_load((inventory / "hosts.yml").read_text())["all"]["children"]
    told = {**groups["fleet"]["vars"], **groups["fleet"]["hosts"][host]}
    return [
        "ssh",
        *shlex.split(told["ansible_ssh_common_args"]),
        f"-i{told['ansible_ssh_private_key_file']}",
        f"-p{told['ansible_port']}",
        f"{told['ansible_user']}@{told['ansible_host']}",
        "--",
    ]


def packed() -> bytes:
    """The folders the cases need, as a tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in _files():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return buffer.getvalue()


def _files() -> Iterator[tuple[str, bytes]]:
    for source, target in FOLDERS.items():
        for path in sorted((ROOT / source).glob("*.py")):
            yield f"{target}/{path.name}", path.read_bytes()
    for path in sorted((ROOT / "tests/integration").glob("edge_[!p]*.py")):
        yield f"tests/integration/{path.name}", path.read_bytes()
    for name in OF_ROLE:
        yield name, (ROOT / name).read_bytes()
    for package in PACKAGES:
        yield f"{package}/__init__.py", b""


def _results(command: list[str], *, cwd: Path | None = None, data: bytes = b"") -> Results:
    ran = subprocess.run(
        command, cwd=cwd, input=data, capture_output=True, timeout=SECONDS, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")[-4000:]
    return dict(json.loads(ran.stdout))


if __name__ == "__main__":
    print(json.dumps(run_on_edge(Path(sys.argv[1]), sys.argv[2])))
