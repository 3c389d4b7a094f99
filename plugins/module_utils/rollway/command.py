"""Programs the steps run on a host: argument lists in, status and output out."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Finished:
    """How a program ended; `status` is None when it was killed at its time limit."""

    status: int | None
    output: str
    errors: str

    @property
    def is_ok(self) -> bool:
        return self.status == 0

    def last_words(self, lines: int = 8) -> str:
        """Return the end of what it said on stderr, or on stdout, in one line."""
        text = self.errors.strip() or self.output.strip() or "no output"
        return " | ".join(line.strip() for line in text.splitlines()[-lines:] if line.strip())


class Runner(Protocol):
    """Runs a program to its end."""

    def __call__(
        self,
        argv: Sequence[str],
        *,
        seconds: float,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Finished:
        """Run `argv` for at most `seconds` with exactly `env`, and say how it ended."""


def run(
    argv: Sequence[str],
    *,
    seconds: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Finished:
    """Run `argv` on this host; a program that is missing ends like a shell's, with 127."""
    try:
        done = subprocess.run(
            list(argv),
            capture_output=True,
            timeout=seconds,
            env={"PATH": SEARCH_PATH, "LC_ALL": "C.UTF-8", **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError as error:
        return Finished(127, "", f"{argv[0]}: {error.strerror}")
    except subprocess.TimeoutExpired as error:
        return Finished(None, _text(error.stdout), _text(error.stderr))
    return Finished(done.returncode, _text(done.stdout), _text(done.stderr))


def _text(output: bytes | str | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
