"""Whose an application is on a host: one environment's, and of no name like another one's.

Two inventories that name one host would take each other's releases for their own. Two applications
whose names begin alike would have containers, networks or volumes of one name.
"""

from __future__ import annotations

from dataclasses import replace

from .call import Call
from .names import JOBS, SLOTS
from .paths import AppPaths
from .problem import Problem
from .state import State, load_state

PROJECTS = (*SLOTS, "accessories", JOBS)
APP_LABEL = "io.rollway.app"
NEW = ("deploy", "adopt")  # verbs that may bring an application which the host has not had


def check_environment(paths: AppPaths, ours: str) -> None:
    """Problem when another environment than `ours` has released the application to this host.

    A record that cannot be read is told by whoever needs it.
    """
    try:
        owner = load_state(paths).env
    except Problem:
        return
    if owner and ours and owner != ours:
        raise Problem(
            str(paths.state),
            f"{paths.app} on this host belongs to the environment {owner}",
            f"{owner} alone: a host has one environment of an application",
            f"another host in inventories/{ours}, or another name for the application there; "
            f"if {ours} is {owner} under another name, set rollway_known_as: {owner}",
        )


def owned(call: Call, state: State) -> State:
    """Return the state with this run's environment, unless it has one."""
    return replace(state, env=state.env or call.run.env or None)


def check_name(call: Call, state: State) -> None:
    """Problem when an application that is new here is called almost like another one here."""
    if call.run.verb not in NEW or state.releases or not call.paths.root.is_dir():
        return
    for path in sorted(call.paths.root.glob("*/state.json")):
        other = path.parent.name
        if is_too_like(call.paths.app, other) and _is_here(call, other):
            raise Problem(
                f"apps/{call.paths.app}",
                f"its name is too like {other!r}, which is on this host: both would have "
                "containers, networks or volumes of one name",
                f"a name that does not go on after {min(call.paths.app, other, key=len)!r} with "
                f"_ or -{', -'.join(PROJECTS)}",
                f"give the folder apps/{call.paths.app} another name",
            )


def is_too_like(one: str, other: str) -> bool:
    """Return whether two applications may not share a host.

    `shop_x` has the volume `shop_x_data`, and so has `shop` with a volume `x_data`; `shop-blue` has
    the volume `shop-blue_data`, and so has the slot blue of `shop`.
    """
    short, long = sorted((one, other), key=len)
    if short == long:
        return False
    projects = [f"{short}-{key}" for key in PROJECTS]
    parts = [f"{project}{mark}" for project in projects for mark in "-_"]
    return long in projects or long.startswith((f"{short}_", *parts))


def _is_here(call: Call, app: str) -> bool:
    """Return whether anything of an application is left that has a name, its volumes too."""
    try:
        if load_state(AppPaths(call.paths.root, app)).releases:
            return True
    except Problem:
        return True
    return bool(call.tools.engine.volumes(f"{APP_LABEL}={app}"))
