"""The lab as a user's environment: keys and vault password come from Jenkins, not the inventory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.family import run_family
from tests.integration.lab_fleet import ROOT, Lab

VAULT_PASSWORD = "of-the-vault"
_FROM_CREDENTIALS = ("ansible_ssh_private_key_file", "ansible_ssh_common_args")


@dataclass(frozen=True)
class Environment:
    """An environment of its own name, and the files behind its credentials."""

    name: str
    credentials: dict[str, Path]


@contextmanager
def asking(lab: Lab, folder: Path) -> Iterator[Environment]:
    """An environment over the lab's hosts that asks before a deploy; removed at the end."""
    name = f"{lab.env}-jenkins"
    inventory = ROOT / "inventories" / name
    content = yaml.safe_load((lab.inventory / "hosts.yml").read_text(encoding="utf-8"))
    known = _without_keys(content)
    password = content["all"]["vars"]["rollway_registry_password"]
    content["all"]["vars"] |= {
        "rollway_confirm": True,
        "rollway_registry_password": "{{ vault_registry_password }}",
    }
    credentials = _credentials(known, folder)
    try:
        _write(inventory / "hosts.yml", content)
        vault = inventory / "group_vars" / "all" / "vault.yml"
        _write(vault, {"vault_registry_password": password})
        _encrypt(vault, credentials["vault-password"])
        yield Environment(name, credentials)
    finally:
        shutil.rmtree(inventory, ignore_errors=True)


def _without_keys(content: dict[str, Any]) -> dict[str, str]:
    variables = content["all"]["children"]["fleet"]["vars"]
    return {name: variables.pop(name) for name in _FROM_CREDENTIALS}


def _credentials(known: dict[str, str], folder: Path) -> dict[str, Path]:
    """Copies under a path with a space, as a job's name may give it."""
    folder = folder / "a job"
    folder.mkdir()
    key = Path(known["ansible_ssh_private_key_file"])
    files = {name: folder / name for name in ("ssh-key", "known-hosts", "vault-password")}
    shutil.copy(key, files["ssh-key"])
    shutil.copy(key.with_name("known_hosts"), files["known-hosts"])
    files["vault-password"].write_text(VAULT_PASSWORD + "\n", encoding="utf-8")
    for path in files.values():
        path.chmod(0o400)
    return files


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def _encrypt(path: Path, password: Path) -> None:
    ran = run_family(
        ["ansible-vault", "encrypt", f"--vault-password-file={password}", "--", str(path)]
    )
    assert ran.returncode == 0, ran.stderr
