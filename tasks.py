"""The command line: `./invoke --list`. Every verb is a module in rollway.cli."""

from __future__ import annotations

from rollway.cli import collection

namespace = collection()
