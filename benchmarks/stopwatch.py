"""Times one command, and measures the memory of its largest process.

A program of its own: Linux counts the size of the process that starts a command as the command's,
so the one that starts it has to be small. It is run by `python -I -S`, and prints nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

_KIB = 1024


def main(report: str, *command: str) -> int:
    """Run the command to its end; the figures go to the file `report`."""
    started, clock = time.time(), time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    figures = {
        "started": started,
        "seconds": time.monotonic() - clock,
        "peak_bytes": usage.ru_maxrss * _KIB,
    }
    Path(report).write_text(json.dumps(figures), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
