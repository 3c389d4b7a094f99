"""`logs`: what containers write, on all hosts at once."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from rollway import exits
from rollway.cli import options, sessions
from rollway.cli.sessions import SESSION_HELP
from rollway.cli.verb import say, verb
from rollway.errors import RollwayError
from rollway.remote.access import Access

MOST_FOLLOWED = 8  # sshd's MaxSessions is 10 on a connection
LOGS_HELP = {
    **SESSION_HELP,
    "since": "Only what was written since: a duration (10m) or a time (2026-01-31T12:00:00Z)",
    "tail": "How many lines of each container at first; all for everything",
    "follow": "Go on with what is written from now on, until Ctrl-C",
}


@verb(help=LOGS_HELP)
def logs(
    _context: Any,
    env: str = "",
    app: str = "",
    limit: str = "",
    service: str = "",
    slot: str = "",
    since: str = "",
    tail: str = "100",
    follow: bool = False,
) -> int:
    """Show what the containers of the serving slot write, on every host."""
    from rollway.remote.fleet import on_each
    from rollway.remote.stream import Printer, forget_stdout

    name, wanted = options.application(app), sessions.service(service)
    asked = logs_command(since=sessions.since(since), tail=sessions.tail(tail), follow=follow)
    chosen = sessions.slot(slot)
    printer = Printer(sys.stdout.buffer)
    work = partial(
        _read, app=name, service=wanted, slot=chosen, command=asked, printer=printer, follow=follow
    )
    found = sessions.hosts(env, limit)
    code = on_each(found, work, say=say, is_over=lambda: printer.is_closed)
    if printer.is_closed:
        forget_stdout()
        return exits.DONE
    return code


def logs_command(*, since: str, tail: str, follow: bool) -> list[str]:
    """Docker's command, but for the container's name."""
    options_of_docker = [f"--tail={tail}", *([f"--since={since}"] if since else [])]
    return ["docker", "logs", *options_of_docker, *(["--follow"] if follow else []), "--"]


def _read(
    access: Access,
    *,
    app: str,
    service: str,
    slot: str,
    command: list[str],
    printer: Any,
    follow: bool,
) -> int:
    """All containers of one host: one after the other, or together where they are followed."""
    from rollway.remote import containers, session, stream

    with session.connected(access) as connection:
        found = containers.find(connection, access, app=app, slot=slot, service=service)
        if follow and len(found) > MOST_FOLLOWED:
            raise _too_many(access, len(found))
        begun = [
            (one, stream.start(connection, access.as_root([*command, one.name]), ends_with_us=True))
            for one in found
            if follow
        ]
        for one in [] if follow else found:
            channel = stream.start(connection, access.as_root([*command, one.name]))
            _print(access, one, channel, printer)
        _print_together(access, begun, printer)
    return exits.DONE


def _print(access: Access, one: Any, channel: Any, printer: Any) -> None:
    from rollway.remote.stream import lines

    for line in lines(channel):
        printer.line(f"{access.name}/{one.replica}", line)


def _print_together(access: Access, begun: list[tuple[Any, Any]], printer: Any) -> None:
    from threading import Thread

    threads = [
        Thread(target=_print, args=(access, one, channel, printer), daemon=True)
        for one, channel in begun
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _too_many(access: Access, count: int) -> RollwayError:
    return RollwayError(
        access.name,
        f"{count} containers to follow",
        accepted=f"at most {MOST_FOLLOWED} on a host",
        next="--service=NAME",
        exit_code=exits.REFUSED,
    )
