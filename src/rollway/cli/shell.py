"""`shell`: a terminal on one host, or in a service's container there."""

from __future__ import annotations

from typing import Any

from rollway import names
from rollway.cli import options, sessions
from rollway.cli.sessions import SESSION_HELP
from rollway.cli.verb import verb
from rollway.errors import RollwayError
from rollway.remote.access import Access

SHELL_HELP = {
    **{name: SESSION_HELP[name] for name in ("env", "app", "slot")},
    "host": "Host of the inventory; may be left out where there is one app host",
    "service": "A shell in this service's container; on the host itself when left out",
}
# the best shell that the image has
IN_CONTAINER = ["sh", "-c", "command -v bash >/dev/null && exec bash || exec sh"]


@verb(help=SHELL_HELP)
def shell(
    _context: Any, env: str = "", app: str = "", host: str = "", service: str = "", slot: str = ""
) -> int:
    """Open a shell on a host, or in a service's container there."""
    wanted, chosen = sessions.service(service), sessions.slot(slot)
    if not sessions.has_terminal():
        raise RollwayError(
            "shell",
            "there is no terminal here",
            accepted="a terminal on stdin and stdout",
            next="./invoke exec --env=NAME --service=NAME -- COMMAND",
        )
    name = options.application(app) if wanted else ""
    return _open(_only(env, host), app=name, service=wanted, slot=chosen)


def _only(env: str, host: str) -> Access:
    """The host that was named, whatever its group; or the only app host."""
    named = names.host_name(host, where="--host") if host else ""
    found = sessions.hosts(env, named, group="all" if named else "app")
    if len(found) == 1:
        return found[0]
    raise RollwayError(
        "--host",
        f"found {named!r}" if named else "no host was named",
        accepted=", ".join(access.name for access in found),
        next=f"--host={found[0].name}",
    )


def _open(access: Access, *, app: str, service: str, slot: str) -> int:
    from rollway.cli.execute import exec_command
    from rollway.remote import containers, session, stream

    with session.connected(access) as connection:
        if not service:
            return stream.terminal(connection, None)
        found = containers.find(connection, access, app=app, slot=slot, service=service)
        one = containers.running(found, access.name)
        flags = ["--interactive", "--tty"]
        command = access.as_root(exec_command(one.name, IN_CONTAINER, flags=flags))
        return stream.terminal(connection, command)
