"""A pseudo-terminal for a command, and all that the command wrote to it."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rollway.checking import ROOT, environment
from tests.failures import noted

ROWS, COLUMNS = 30, 100


@dataclass(frozen=True)
class Shown:
    """What a terminal got, escape codes included, and the command's exit code."""

    text: str
    code: int


def run_in_terminal(
    command: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    react: Callable[[str, subprocess.Popen[bytes]], None] = lambda _text, _process: None,
    typed: Sequence[tuple[str, str]] = (),
) -> Shown:
    """Run it with a terminal for input, output and errors; `react` sees what is there so far.

    `typed` are pairs: when the first has appeared, the second is typed.
    """
    with noted() as failures:
        told = {"TERM": "xterm-256color", **failures.variables, **(variables or {})}
        shown = _run(command, told, react, list(typed))
        failures.check(shown.code)
    return shown


def _run(
    command: Sequence[str],
    variables: Mapping[str, str],
    react: Callable[[str, subprocess.Popen[bytes]], None],
    waiting: list[tuple[str, str]],
) -> Shown:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        list(command),
        cwd=ROOT,
        env={**environment(), **variables},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    written = b""
    while part := _read(ours):
        written += part
        text = written.decode(errors="replace")
        react(text, process)
        if waiting and waiting[0][0] in text:
            os.write(ours, waiting.pop(0)[1].encode())
    os.close(ours)
    return Shown(written.decode(errors="replace"), process.wait())


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the last writer has gone
        return b""
