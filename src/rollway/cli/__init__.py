"""The command line: a module per verb, gathered into one collection."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from invoke import Collection, Task

VERBS: Final = (
    *("abort", "adopt", "audit", "bench", "build", "check", "deploy", "doctor", "drift", "execute"),
    *("history", "logs", "maintenance", "plan", "promote", "provision", "prune", "remove"),
    *("restart", "rollback", "scale", "shell", "status", "testing"),
)
"""Modules of verbs that stand alone."""

NOUNS: Final = ("lab", "lock")
"""Modules of verbs behind a noun: `lab.up`."""


def collection() -> Collection:
    """Every verb under the name of the contract."""
    from invoke import Collection

    root = Collection(*(task for name in VERBS for task in _tasks(name)))
    for noun in NOUNS:
        root.add_collection(Collection(noun, *_tasks(noun)))
    return root


def _tasks(name: str) -> list[Task[Any]]:
    """The verbs that a module declares, without those it imports."""
    from invoke import Task

    module = import_module(f"rollway.cli.{name}")
    declared = [one for one in vars(module).values() if isinstance(one, Task)]
    return [one for one in declared if one.body.__module__ == module.__name__]
