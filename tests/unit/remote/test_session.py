"""Fabric's connections, against a server without a network."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko
import pytest
from fabric import Connection

from rollway import exits
from rollway.errors import RollwayError
from rollway.remote import session
from rollway.remote.access import Access
from rollway.remote.known_hosts import Refuse, files_of
from rollway.remote.session import _refusing, connection_to, run, ssh_config
from rollway.remote.stream import Printer, lines, pipe, start
from tests.unit.remote.ssh_server import Answers, Server, serve

KEY, OTHER = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
FINGERPRINT = KEY.fingerprint


@pytest.fixture(autouse=True)
def _nobody_s_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_PERSONAL", ())


def access(known: Path, **options: str) -> Access:
    return Access(
        name="app-1",
        address="10.0.0.1",
        port=2222,
        user="root",
        key=None,
        password="pw",
        becomes_root=False,
        options={"userknownhostsfile": f'"{known}"', "identitiesonly": "yes", **options},
    )


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A file that knows the server's key; its name has a space."""
    path = tmp_path / "known hosts"
    path.write_text(f"[10.0.0.1]:2222 {KEY.get_name()} {KEY.get_base64()}\n")
    return path


def _quiet(_command: str, _given: bytes) -> tuple[int, bytes, bytes]:
    return 0, b"", b""


def _open(one: Access, answers: Answers = _quiet) -> tuple[Server, Any]:
    server, end = serve(KEY, answers)
    connection = connection_to(one, sock=end)
    with _refusing(one):
        connection.open()
    return server, connection


def test_a_known_key_lets_in(known: Path) -> None:
    server, connection = _open(access(known))
    assert connection.is_connected
    assert server.passwords == ["pw"]


@pytest.mark.parametrize("checking", ["yes", "no", "accept-new"])
def test_an_unknown_key_is_refused_before_anything_is_sent(tmp_path: Path, checking: str) -> None:
    """Whatever the inventory says, and Fabric's own client would do."""
    empty = tmp_path / "known_hosts"
    empty.touch()
    server, end = serve(KEY, _quiet)
    one = access(empty, stricthostkeychecking=checking, globalknownhostsfile="/nowhere")
    with pytest.raises(RollwayError) as refusal:
        connection_to(one, sock=end).open()
    assert refusal.value.exit_code == exits.REFUSED
    assert str(refusal.value).startswith(
        f"[10.0.0.1]:2222: its host key {KEY.get_name()} {FINGERPRINT} is not known; "
        f"accepted: a key in {empty}"
    )
    assert server.passwords == []
    assert empty.read_text() == ""


def test_a_changed_key_is_refused_before_anything_is_sent(known: Path) -> None:
    known.write_text(f"[10.0.0.1]:2222 {OTHER.get_name()} {OTHER.get_base64()}\n")
    server, end = serve(KEY, _quiet)
    one = access(known)
    with pytest.raises(RollwayError) as refusal, _refusing(one):
        connection_to(one, sock=end).open()
    assert str(refusal.value) == (
        f"app-1: its host key is not the known one: {FINGERPRINT}; accepted: the key in "
        "known_hosts; another one may be somebody else's machine; next: ssh -p 2222 root@10.0.0.1"
    )
    assert server.passwords == []


def test_a_revoked_key_is_not_known_wherever_else_it_stands(known: Path) -> None:
    line = known.read_text()
    known.write_text(f"{line}@revoked * {KEY.get_name()} {KEY.get_base64()}\n")
    server, end = serve(KEY, _quiet)
    with pytest.raises(RollwayError, match="is not known"):
        connection_to(access(known), sock=end).open()
    assert server.passwords == []


def test_lines_that_are_no_keys_are_passed_over_and_hashed_names_are_read(known: Path) -> None:
    name = paramiko.HostKeys.hash_host("[10.0.0.1]:2222")
    marked = f"@cert-authority * {OTHER.get_name()} {OTHER.get_base64()}"
    key = f"{KEY.get_name()} {KEY.get_base64()}"
    known.write_text(f"# {key}\n\nx\n@revoked\na ssh-rsa AAA\n{marked}\n{name} {key} note\n")
    _server, connection = _open(access(known))
    assert connection.is_connected


def test_a_host_on_the_way_is_checked_too(known: Path) -> None:
    """Fabric makes connections of its own for ProxyJump, with a client that adds every key."""
    connection = connection_to(access(known, proxyjump="jump@10.0.0.9,10.0.0.8"))
    hops = [connection.gateway, connection.gateway.gateway]
    assert [hop.host for hop in hops] == ["10.0.0.9", "10.0.0.8"]
    assert all(isinstance(hop, Connection) for hop in hops)
    assert {type(hop.client._policy) for hop in [connection, *hops]} == {Refuse}


def test_the_inventory_s_options_come_before_a_person_s(
    known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    personal = tmp_path / "config"
    personal.write_text("User me\nHost 10.*\n  UserKnownHostsFile /dev/null\n  Port 99\n")
    monkeypatch.setattr(session, "_PERSONAL", (personal,))
    found = ssh_config(access(known)).lookup("10.0.0.1")
    assert files_of(found) == [known]
    assert (found["user"], found["port"]) == ("me", "99")
    assert connection_to(access(known)).port == 2222


def test_keys_of_the_agent_are_left_out_where_only_the_named_one_counts(known: Path) -> None:
    named = connection_to(replace(access(known), key="~/id"))
    assert named.connect_kwargs["key_filename"] == [str(Path("~/id").expanduser())]
    assert (named.connect_kwargs["allow_agent"], named.connect_kwargs["look_for_keys"]) == (
        False,
        False,
    )
    assert connection_to(access(known, identitiesonly="no")).connect_kwargs["allow_agent"]


def test_words_reach_the_host_as_they_are(known: Path) -> None:
    server, connection = _open(access(known), lambda *_: (0, b"done\n", b""))
    assert run(connection, ["echo", "a b", "$(id)", "';x", ""]) == "done\n"
    assert server.commands == ["""echo 'a b' '$(id)' ''"'"';x' ''"""]


def test_a_command_that_fails_says_why(known: Path) -> None:
    _server, connection = _open(access(known), lambda *_: (1, b"", b"no such thing\n"))
    with pytest.raises(RollwayError, match="no such thing") as refusal:
        run(connection, ["docker", "ps"])
    assert refusal.value.exit_code == exits.REFUSED


def test_lines_come_whole_and_from_both_outputs(known: Path) -> None:
    text = "a\nü\xff".encode("latin-1") + b"\r\nend"
    _server, connection = _open(access(known), lambda *_: (3, text, b""))
    channel = start(connection, ["x"], ends_with_us=True)
    assert list(lines(channel)) == ["a", "\ufffd\ufffd", "end"]
    assert channel.recv_exit_status() == 3


def test_bytes_pass_as_they_are_with_the_exit_code(
    known: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    given = tmp_path / "given"
    given.write_bytes(b"\x00\xff\n" * 50_000)
    _server, connection = _open(access(known), lambda _command, data: (7, data, b"!"))
    with given.open("rb") as source:
        assert pipe(connection, ["cat"], source=source) == 7
    assert capfdbinary.readouterr() == (given.read_bytes(), b"!")


def test_a_reader_that_has_gone_ends_the_printing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as out:
        printer = Printer(out)
        printer.line("app-1/api-1", "x")
        assert printer.is_closed
    kept = io.BytesIO()
    Printer(kept).line("app-1/api-1", "x")
    assert kept.getvalue() == b"app-1/api-1 | x\n"
