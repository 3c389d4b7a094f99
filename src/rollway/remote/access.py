"""How a host is reached: the inventory's SSH settings, as Ansible would hand them to `ssh`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollway.config.problems import shown
from rollway.config.sizes import is_count
from rollway.errors import RollwayError
from rollway.remote.inventory import load_inventory

_ARGUMENTS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
NAMES = (
    *("ansible_host", "ansible_port", "ansible_user", "ansible_ssh_private_key_file"),
    *("ansible_password", "ansible_connection", "ansible_become", "ansible_become_method"),
    *_ARGUMENTS,
)
_SHORT = {"-i": "IdentityFile", "-J": "ProxyJump", "-l": "User", "-p": "Port"}
_SSH = frozenset({None, "ssh", "smart", "ansible.builtin.ssh", "paramiko"})
_HIGHEST_PORT = 65535
_SUDO = ["sudo", "-n", "--"]


@dataclass(frozen=True)
class Access:
    """One host. `options` are those of `-o`, names in lower case; the first of a name counts."""

    name: str
    address: str
    port: int | None
    user: str | None
    key: str | None
    password: str | None
    becomes_root: bool
    options: Mapping[str, str]

    def as_root(self, command: Sequence[str]) -> list[str]:
        """The command as root: by sudo, where the inventory's user is another."""
        return [*_SUDO, *command] if self.becomes_root else list(command)


def load_access(inventory: Path, pattern: str) -> list[Access]:
    """How to reach the hosts of a pattern, in the inventory's order."""
    found = load_inventory(inventory, NAMES, hosts=pattern)
    return [access_of(name, variables) for name, variables in found.variables.items()]


def access_of(name: str, variables: Mapping[str, Any]) -> Access:
    """Read a host's variables; RollwayError for what leads round the checks of SSH."""
    kind = variables.get("ansible_connection")
    if kind not in _SSH:
        raise _refusal(name, "ansible_connection", f"{kind!r}", "ssh")
    method = variables.get("ansible_become_method") or "sudo"
    becomes = _is_true(variables.get("ansible_become"))
    if becomes and method not in {"sudo", "ansible.builtin.sudo"}:
        raise _refusal(name, "ansible_become_method", f"{method!r}", "sudo")
    words = [word for key in _ARGUMENTS for word in _words(name, key, variables.get(key))]
    options = dict(reversed(list(_options(name, words))))
    _port(name, _ARGUMENTS[0], options.get("port", "").strip('"'))
    user = variables.get("ansible_user")
    return Access(
        name=name,
        address=str(variables.get("ansible_host") or name),
        port=_port(name, "ansible_port", variables.get("ansible_port")),
        user=str(user) if user else None,
        key=_text(variables.get("ansible_ssh_private_key_file")),
        password=_text(variables.get("ansible_password")),
        becomes_root=becomes and user != "root",
        options=options,
    )


def _options(host: str, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of `-o Name=value`, `-oName=value`, `-o "Name value"` and the short forms."""
    rest = iter(words)
    for word in rest:
        flag, glued = word[:2], word[2:]
        value = glued or (next(rest, "") if flag in {"-o", *_SHORT} else "")
        if flag in _SHORT and value:
            yield _SHORT[flag].lower(), value
        elif flag == "-o" and value:
            name, _, text = value.replace("=", " ", 1).strip().partition(" ")
            yield name.lower(), text.strip()
        else:
            accepted = "-o NAME=VALUE, -i, -J, -l and -p"
            raise _refusal(host, "ansible_ssh_common_args", f"{word!r} is not understood", accepted)


def _words(host: str, name: str, value: Any) -> list[str]:
    try:
        return shlex.split(str(value)) if value else []
    except ValueError as error:
        found = f"{shown(value)}: {str(error).lower()}"
        raise _refusal(host, name, found, "arguments as a shell takes them") from None


def _port(host: str, name: str, value: Any) -> int | None:
    """Checked here: a socket takes more bits than a port has, and drops them."""
    if value is None or value == "":
        return None
    if is_count(str(value)) and 1 <= int(value) <= _HIGHEST_PORT:
        return int(value)
    raise _refusal(host, name, shown(value), f"a port, 1 to {_HIGHEST_PORT}")


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _is_true(value: Any) -> bool:
    return str(value).lower() in {"true", "yes", "1"}


def _refusal(host: str, name: str, found: str, accepted: str) -> RollwayError:
    following = "edit the inventory, or reach the host by ssh by hand"
    return RollwayError(f"{host}/{name}", found, accepted=accepted, next=following)
