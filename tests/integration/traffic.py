"""The load as a context: it runs in a process of its own while the block does something."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.integration.lab_fleet import ROOT

RATE = 100.0
LONGEST_SECONDS = 1800


@dataclass
class Seen:
    """What the load saw, once the block has ended."""

    answered: int = 0
    lost: list[str] = field(default_factory=list)
    cut_streams: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)


@contextmanager
def traffic(url: str, *, versions: set[str], rate: float = RATE) -> Iterator[Seen]:
    """Send `rate` requests a second, kept-alive clients and a stream, while the block runs."""
    options = [f"--url={url}", f"--rate={rate}", f"--versions={','.join(sorted(versions))}"]
    command = [sys.executable, "-m", "tests.load", *options, f"--seconds={LONGEST_SECONDS}"]
    seen = Seen()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield seen
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
    print(output)
    found = json.loads(output)
    for name in ("answered", "lost", "cut_streams", "versions"):
        setattr(seen, name, found[name])
