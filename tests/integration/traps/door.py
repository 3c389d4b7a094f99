"""A port of this machine that leads to a lab host's SSH, and can be shut while a run is on."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
PIECE = 65536


class Door:
    """Forwards every connection to `target` until it is shut; then the host behind it is lost."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((LOOPBACK, 0))
        self._open: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])
        self._in_background(self._welcome)

    def shut(self) -> None:
        """Ends what is connected, and refuses what comes."""
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _welcome(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection((LOOPBACK, self._target))
                self._open += [here, there]
                self._in_background(_pump, here, there)
                self._in_background(_pump, there, here)

    @staticmethod
    def _in_background(work: object, *arguments: socket.socket) -> None:
        assert callable(work)
        threading.Thread(target=work, args=arguments, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def dead_port() -> Iterator[int]:
    """A port where nobody listens, and which nobody else gets meanwhile."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        yield int(taken.getsockname()[1])
