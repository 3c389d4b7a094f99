"""Fabric's connections over the inventory's SSH settings, with host keys checked.

Imported where it is used: Fabric costs 0.3 s.
"""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fabric import Config, Connection
from paramiko import SSHConfig
from paramiko.ssh_exception import BadHostKeyException, SSHException

from rollway import exits
from rollway.errors import RollwayError
from rollway.remote.access import Access
from rollway.remote.known_hosts import checking_client, files_of

CONNECT_SECONDS = 5
ALIVE_SECONDS = 15
_PERSONAL = (Path("~/.ssh/config"), Path("/etc/ssh/ssh_config"))

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its threads print otherwise


class Checked(Connection):  # type: ignore[misc]  # fabric ships no types
    """A connection that refuses host keys it does not know, also on the way to the host."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        hop: Any = self
        while isinstance(hop, Connection):
            hop._set(client=checking_client(files_of(hop.ssh_config)))
            hop = hop.gateway


@contextmanager
def connected(access: Access) -> Iterator[Any]:
    """An open connection; RollwayError names the host and the reason when there is none."""
    with _refusing(access):
        connection = connection_to(access)
    try:
        with _refusing(access):
            connection.open()
            connection.transport.set_keepalive(ALIVE_SECONDS)
        yield connection
    finally:
        with suppress(OSError, EOFError, SSHException):
            connection.close()


def connection_to(access: Access, **kwargs: Any) -> Any:
    """The connection, not yet open; `kwargs` are paramiko's."""
    only_named = access.options.get("identitiesonly", "").lower() == "yes"
    told: dict[str, Any] = {"look_for_keys": not only_named, "allow_agent": not only_named}
    told |= {"password": access.password} if access.password else {}
    told |= {"key_filename": [os.path.expanduser(access.key)]} if access.key else {}  # noqa: PTH111
    return Checked(
        access.address,
        user=access.user,
        port=access.port,
        config=Config(ssh_config=ssh_config(access), lazy=True),
        connect_timeout=CONNECT_SECONDS,
        connect_kwargs={**told, **kwargs},
    )


def ssh_config(access: Access) -> Any:
    """What the inventory says first, then a person's own ssh_config: the first of a name counts."""
    lines = [f"  {name} {value}" for name, value in access.options.items()]
    known = [path.expanduser() for path in _PERSONAL]
    texts = [path.read_text(encoding="utf-8") for path in known if path.is_file()]
    return SSHConfig.from_text("\n".join(["Host *", *lines, *texts]) + "\n")


def run(connection: Any, command: Sequence[str]) -> str:
    """What a short command prints; RollwayError with its words when it fails."""
    channel = connection.create_session()
    channel.exec_command(shlex.join(command))
    channel.shutdown_write()
    output, errors = channel.makefile("rb").read(), channel.makefile_stderr("rb").read()
    if channel.recv_exit_status():
        said = errors.decode(errors="replace").strip() or "no reason given"
        raise RollwayError(
            f"{connection.original_host}: {shlex.join(command[:4])}",
            said[-400:],
            next="./invoke status shows what serves",
            exit_code=exits.REFUSED,
        )
    return str(output.decode(errors="replace"))


@contextmanager
def _refusing(access: Access) -> Iterator[None]:
    """Paramiko's errors in a person's words."""
    try:
        yield
    except BadHostKeyException as error:
        raise _refusal(
            access,
            f"its host key is not the known one: {error.key.fingerprint}",
            "the key in known_hosts; another one may be somebody else's machine",
        ) from error
    except (OSError, EOFError, SSHException) as error:
        raise _refusal(access, f"cannot be reached: {error}", "an answer over SSH") from error


def _refusal(access: Access, found: str, accepted: str) -> RollwayError:
    port = ["-p", str(access.port)] if access.port else []
    place = f"{access.user}@{access.address}" if access.user else access.address
    return RollwayError(
        access.name,
        found,
        accepted=accepted,
        next=shlex.join(["ssh", *port, place]),
        exit_code=exits.REFUSED,
    )
