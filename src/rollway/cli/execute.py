"""`exec`: a command in a service's container, on one host or on all."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from rollway.cli import options, sessions
from rollway.cli.sessions import SESSION_HELP
from rollway.cli.verb import say, verb
from rollway.remote.access import Access

EXEC_HELP = {**SESSION_HELP, "service": "Service of the Compose file; its first running replica"}


@verb(name="exec", help=EXEC_HELP)
def run_command(
    _context: Any, env: str = "", app: str = "", limit: str = "", service: str = "", slot: str = ""
) -> int:
    """Run the command behind `--` in a service's container; its exit code is ours."""
    from rollway.remote.fleet import on_each
    from rollway.remote.stream import Printer

    words = sessions.command_words(sys.argv[1:])
    name, wanted = options.application(app), sessions.service(service, needed=True)
    place = {"app": name, "service": wanted, "slot": sessions.slot(slot)}
    found = sessions.hosts(env, limit)
    if len(found) == 1:
        return _alone(found[0], place=place, words=words)  # a terminal wants the main thread
    work = partial(_beside, place=place, words=words, printer=Printer(sys.stdout.buffer))
    return on_each(found, work, say=say)


def exec_command(container: str, words: list[str], *, flags: list[str]) -> list[str]:
    """Docker's command; what was typed stands behind the container's name, and is no option."""
    return ["docker", "exec", *flags, "--", container, *words]


def _alone(access: Access, *, place: dict[str, str], words: list[str]) -> int:
    """One host: our own input, outputs and terminal."""
    from rollway.remote import containers, session, stream

    with session.connected(access) as connection:
        one = containers.running(containers.find(connection, access, **place), access.name)
        if sessions.has_terminal():
            flags = ["--interactive", "--tty"]
            command = access.as_root(exec_command(one.name, words, flags=flags))
            return stream.terminal(connection, command)
        command = access.as_root(exec_command(one.name, words, flags=["--interactive"]))
        return stream.pipe(connection, command, source=sys.stdin.buffer)


def _beside(access: Access, *, place: dict[str, str], words: list[str], printer: Any) -> int:
    """One of several hosts: lines with its name, and no input."""
    from rollway.remote import containers, session, stream

    with session.connected(access) as connection:
        one = containers.running(containers.find(connection, access, **place), access.name)
        channel = stream.start(connection, access.as_root(exec_command(one.name, words, flags=[])))
        for line in stream.lines(channel):
            printer.line(f"{access.name}/{one.replica}", line)
        return int(channel.recv_exit_status())
