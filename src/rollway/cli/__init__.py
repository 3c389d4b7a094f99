"""The command line: one module per verb, each a task that loads, runs and reports."""

from __future__ import annotations

from invoke import Collection


def collection() -> Collection:
    """Returns what `./invoke` offers."""
    return Collection(auto_dash_names=False)
