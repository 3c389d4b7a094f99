"""The command line: a module per verb, gathered into one collection."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from invoke import Collection

_VERBS = ("build", "check", "deploy", "provision", "rollback", "status", "testing.run_tests")
_LAB = ("lab.up", "lab.down", "lab.status")


def collection() -> Collection:
    """Every verb under the name of the contract."""
    from invoke import Collection

    root = Collection(auto_dash_names=True)
    lab = Collection("lab")
    for target, names in ((root, _VERBS), (lab, _LAB)):
        for name in names:
            module, _, task = name.partition(".")
            try:
                loaded = importlib.import_module(f"rollway.cli.{module}")
            except ModuleNotFoundError:
                continue
            target.add_task(getattr(loaded, task or module))
    root.add_collection(lab)
    return root
