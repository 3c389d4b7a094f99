"""The command line: `./invoke --list`. Every verb is a module in rollway.cli."""

from __future__ import annotations

import sys

from invoke import Exit

from rollway.cli import collection
from rollway.cli.words import check_words
from rollway.errors import RollwayError

namespace = collection()
try:
    check_words(sys.argv[1:], namespace)
except RollwayError as error:
    raise Exit(str(error), code=error.exit_code) from error
