"""Output of commands on hosts as it comes: lines with a prefix, bytes as they are, a terminal."""

from __future__ import annotations

import os
import select
import shlex
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from invoke.exceptions import UnexpectedExit

_CHUNK = 32768
_LONGEST_LINE = 1 << 20
_WIDE = 1000


class Printer:
    """Writes whole lines of several sources; `is_closed` once nobody reads any more."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self.is_closed = False

    def line(self, prefix: str, line: str) -> None:
        """Write `prefix | line`; an empty prefix is left out."""
        text = f"{prefix} | {line}\n" if prefix else f"{line}\n"
        with self._lock:
            if self.is_closed:
                return
            try:
                self._out.write(text.encode(errors="replace"))
                self._out.flush()
            except BrokenPipeError:
                self.is_closed = True


def forget_stdout() -> None:
    """Whoever read our output has gone: the interpreter's last flush is not to complain of it."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)


def forget_closed_outputs() -> None:
    """A terminal that was closed takes no line any more: what is left to do is done in silence."""
    poll = select.poll()
    for number in (1, 2):
        poll.register(number, 0)
    for number, _ in poll.poll(0):
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, number)
        os.close(descriptor)


def start(connection: Any, command: Sequence[str], *, ends_with_us: bool = False) -> Any:
    """Start a command without input, both its outputs as one.

    With `ends_with_us` it gets a terminal, whose end is the only sign by which sshd ends a command
    that has nothing to write.
    """
    channel = connection.create_session()
    channel.set_combine_stderr(True)
    if ends_with_us:
        channel.get_pty(term="dumb", width=_WIDE)
    channel.exec_command(shlex.join(command))
    channel.shutdown_write()
    return channel


def lines(channel: Any) -> Iterator[str]:
    """What it writes, line by line, without the ends of lines."""
    file = channel.makefile("rb")
    while line := file.readline(_LONGEST_LINE):
        yield line.decode(errors="replace").rstrip("\r\n")


def pipe(connection: Any, command: Sequence[str], *, source: BinaryIO | None) -> int:
    """Run a command with our own input and outputs, byte by byte; its exit code."""
    channel = connection.create_session()
    channel.exec_command(shlex.join(command))
    feeder = threading.Thread(target=_feed, args=(channel, source), daemon=True)
    errors = threading.Thread(
        target=_copy, args=(channel.recv_stderr, sys.stderr.buffer), daemon=True
    )
    feeder.start()
    errors.start()
    _copy(channel.recv, sys.stdout.buffer)
    errors.join()
    return int(channel.recv_exit_status())


def terminal(connection: Any, command: Sequence[str] | None) -> int:
    """Give our terminal to a command on the host, or to the user's login shell; its exit code."""
    if command is None:
        return _login_shell(connection)
    return int(connection.run(shlex.join(command), pty=True, warn=True, hide=False).exited)


def _login_shell(connection: Any) -> int:
    """Fabric's `shell` takes no `warn`: it raises for whatever the last command ended with."""
    try:
        return int(connection.shell().exited)
    except UnexpectedExit as ended:
        return int(ended.result.exited)


def _feed(channel: Any, source: BinaryIO | None) -> None:
    try:
        while source and (data := os.read(source.fileno(), _CHUNK)):
            channel.sendall(data)
        channel.shutdown_write()
    except OSError:  # it ended before it had read everything
        return


def _copy(receive: Any, out: BinaryIO) -> None:
    while data := receive(_CHUNK):
        out.write(data)
        out.flush()
