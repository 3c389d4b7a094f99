"""An SSH server at the other end of a pair of sockets: no port, no network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import paramiko

Answers = Callable[[str, bytes], tuple[int, bytes, bytes]]


class Server(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko ships no types
    """Lets everybody in who has a password, and answers commands by a function."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.commands: list[str] = []
        self.passwords: list[str] = []

    def get_allowed_auths(self, _username: str) -> str:
        return "password"

    def check_auth_password(self, _username: str, password: str) -> int:
        self.passwords.append(password)
        return int(paramiko.AUTH_SUCCESSFUL)

    def check_channel_request(self, _kind: str, _number: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_pty_request(self, *_: Any) -> bool:
        return True

    def check_channel_exec_request(self, channel: Any, command: bytes) -> bool:
        self.commands.append(command.decode())
        threading.Thread(target=self._answer, args=(channel, command.decode()), daemon=True).start()
        return True

    def _answer(self, channel: Any, command: str) -> None:
        given = channel.makefile("rb").read()  # to its end: by then the request is answered
        code, output, errors = self.answers(command, given)
        channel.sendall(output)
        channel.sendall_stderr(errors)
        channel.send_exit_status(code)
        channel.close()


def serve(key: Any, answers: Answers) -> tuple[Server, socket.socket]:
    """Start a server with this host key; returns it and the client's end."""
    ours, theirs = socket.socketpair()
    transport = paramiko.Transport(ours)
    transport.add_server_key(key)
    server = Server(answers)
    transport.start_server(event=threading.Event(), server=server)
    return server, theirs
