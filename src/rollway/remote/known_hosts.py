"""Host keys are checked before anything is sent: an unknown or a changed one is refused.

Fabric adds unknown keys and reads no known_hosts, whatever ssh_config says (fabric#2071); and hosts
on the way (ProxyJump) get a client of its own, so each connection of a chain is changed here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from paramiko import MissingHostKeyPolicy, SSHClient, SSHException
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from rollway import exits
from rollway.errors import RollwayError

_USUAL = {
    "userknownhostsfile": "~/.ssh/known_hosts ~/.ssh/known_hosts2",
    "globalknownhostsfile": "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2",
}


class Refuse(MissingHostKeyPolicy):  # type: ignore[misc]  # paramiko ships no types
    """A key that is in none of the files is refused, also where ssh would ask or add it."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files

    def missing_host_key(self, _client: Any, hostname: str, key: Any) -> None:
        raise RollwayError(
            hostname,
            f"its host key {key.get_name()} {key.fingerprint} is not known",
            accepted=f"a key in {', '.join(map(str, self.files)) or 'a known_hosts file'}",
            next="compare it on the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then add it",
            exit_code=exits.REFUSED,
        )


def files_of(options: Mapping[str, Any]) -> list[Path]:
    """The known_hosts files that there are, by what ssh_config says of this host."""
    named = [name for key, usual in _USUAL.items() for name in _names(options.get(key) or usual)]
    paths = [Path(name).expanduser() for name in named]
    return [path for path in paths if path.is_file()]


def checking_client(files: list[Path]) -> Any:
    """A client that knows these keys and no other."""
    client = SSHClient()
    known = client.get_host_keys()
    for entry in _entries([line for path in files for line in _lines(path)]):
        for name in entry.hostnames:
            known.add(name, entry.key.get_name(), entry.key)
    client.set_missing_host_key_policy(Refuse(files))
    return client


def _entries(lines: list[str]) -> Iterator[Any]:
    """Host keys but for revoked ones; paramiko itself stumbles over lines with a marker."""
    revoked = {words[3] for line in lines if (words := line.split())[0] == "@revoked"}
    for line in lines:
        with suppress(InvalidHostKey, SSHException):  # as ssh: a broken line is passed over
            entry = None if line.startswith("@") else HostKeyEntry.from_line(line)
            if entry and entry.key.get_base64() not in revoked:
                yield entry


def _lines(path: Path) -> list[str]:
    """Lines that can be a key: a marker, where there is one, hosts, the key's type, the key."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.strip() for line in lines if len(line.split()) >= 3 + line.startswith("@")]


def _names(value: str) -> list[str]:
    """One path, whatever it contains, where there is such a file; otherwise words as ssh reads."""
    bare = value.strip().strip('"')
    return [bare] if Path(bare).expanduser().is_file() else shlex.split(value)
