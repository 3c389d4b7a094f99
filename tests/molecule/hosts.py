"""The hosts of all scenarios: made by the scenario `default` once, before the first of them."""

from __future__ import annotations

from tests.lane import Command

# Hosts of an interrupted session are removed first: Molecule takes them for its own.
REMAINS: tuple[Command, ...] = (
    ("./invoke", "lab.down", "--env=lab-molecule"),
    ("molecule", "reset"),
)
CREATE: Command = ("molecule", "create")
DESTROY: Command = ("molecule", "destroy")
