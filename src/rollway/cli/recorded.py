"""A list merged of the records of hosts, asked for and shown: what `history` and `audit` share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rollway import exits
from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.runs import Wanted, read_result, run_release
from rollway.cli.verb import say
from rollway.rollout.inputs import shown_count

RECORDED_HELP = {
    **{name: HELP[name] for name in ("env", "app", "verbose")},
    "count": "How many runs, the newest",
}


@dataclass(frozen=True)
class Recorded:
    """Of a verb: the file that its playbook leaves, the list in it, and how people see that."""

    verb: str
    file: str
    entries: str
    print_table: Callable[[dict[str, Any]], None]

    def ask(self, *, env: str, app: str, count: str, as_json: bool, verbose: bool) -> int:
        """Run the playbook and show what it found; returns the exit code."""
        wanted = Wanted(
            self.verb,
            options.environment(env),
            options.application(app),
            inputs={"rollway_count": str(shown_count(count))},
            verbose=verbose,
        )
        code, run_dir = run_release(wanted)
        found = read_result(run_dir, self.file)
        return self._show(found, as_json=as_json) if found else code

    def _show(self, found: dict[str, Any], *, as_json: bool) -> int:
        """Entries on stdout, who is missing on stderr; without any answer nobody knows."""
        for remark in found["remarks"]:
            say(remark)
        if not found["answered"]:
            return exits.REFUSED
        if as_json:
            sys.stdout.write(json.dumps(found[self.entries], ensure_ascii=False) + "\n")
        else:
            self.print_table(found)
        return exits.DONE
