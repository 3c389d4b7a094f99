"""`lab.up`, `lab.down`, `lab.status`: the embedded fleet."""

from __future__ import annotations

import json as json_format
import sys
import time
from typing import Any

from rollway import exits
from rollway.cli.verb import say, verb
from rollway.config.sizes import is_count
from rollway.errors import RollwayError

_ENV = "Lab: local, or a name that begins with lab-"
_KINDS = ("ready", "bare")


@verb(
    help={
        "env": _ENV,
        "hosts": "Number of app hosts: as before, or 3",
        "edges": "Number of edges, 0 to 5: as before, or 1; with 0 app-1 is the edge, too",
        "image": "ready (packages installed; default) or bare (systemd, sshd, Python)",
        "verbose": "Show Ansible's own output",
    }
)
def up(
    _context: Any,
    env: str = "local",
    hosts: str = "",
    edges: str = "",
    image: str = "",
    verbose: bool = False,
) -> None:
    """Make or complete a lab: engine, images, hosts, provisioning. At once when it stands."""
    from rollway.lab.paths import lab_paths
    from rollway.lab.plan import MOST_EDGES, MOST_HOSTS
    from rollway.lab.status import lines, read
    from rollway.lab.up import ensure

    started = time.monotonic()
    changed = ensure(
        env,
        hosts=_count("--hosts", hosts, range(1, MOST_HOSTS + 1), usual=3),
        edges=_count("--edges", edges, range(MOST_EDGES + 1), usual=1),
        kind=_kind(image),
        verbose=verbose,
        progress=say,
    )
    for line in lines(read(lab_paths(env)), lab_paths(env)):
        say(line)
    word = "up" if changed else "was up"
    say(f"lab {env}: {word} after {time.monotonic() - started:.1f} s")


@verb(help={"env": _ENV, "all": "Remove the images of all labs, too"})
def down(_context: Any, env: str = "local", all: bool = False) -> None:
    """Remove a lab: containers, volumes, networks, keys, inventory. Images and the engine stay."""
    from rollway.lab.down import down as take_down
    from rollway.lab.paths import lab_paths

    found = take_down(lab_paths(env), say, with_images=all)
    say(f"lab {env}: {'removed' if found else 'there was none'}")


@verb(help={"env": _ENV, "json": "Print the status as JSON on stdout"})
def status(_context: Any, env: str = "local", json: bool = False) -> int:
    """Show the hosts of a lab; exit 0 whether it stands or not."""
    from rollway.lab.paths import lab_paths
    from rollway.lab.status import lines, read

    paths = lab_paths(env)
    found = read(paths)
    if json:
        sys.stdout.write(json_format.dumps(found.as_json()) + "\n")
    else:
        sys.stdout.write("\n".join(lines(found, paths)) + "\n")
    return exits.DONE


def _count(option: str, value: str, bounds: range, *, usual: int) -> int | None:
    if not value:
        return None
    # Invoke's own int option answers a word with a traceback
    if not (is_count(value) and int(value) in bounds):
        accepted = f"a number from {bounds.start} to {bounds.stop - 1}"
        raise RollwayError(option, f"{value!r}", accepted=accepted, next=f"{option}={usual}")
    return int(value)


def _kind(value: str) -> Any:
    if value and value not in _KINDS:
        raise RollwayError("--image", f"{value!r}", accepted=" or ".join(_KINDS))
    return value or None
