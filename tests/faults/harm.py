"""What is done to a host of the lab, past SSH; each ends with its block, however that ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from tests.faults.fleet import until
from tests.integration.lab_fleet import Lab

_ASIDE = "/root/fault"


@contextlib.contextmanager
def dropped(lab: Lab, host: str, *rule: str, chain: str = "INPUT") -> Iterator[None]:
    """Packets that match are lost without a word, those of open connections, too."""
    with _filtered(lab, host, chain, *rule, "--jump", "DROP"):
        yield


@contextlib.contextmanager
def refused(lab: Lab, host: str, *rule: str) -> Iterator[None]:
    """Connections from the host that match are refused at once."""
    with _filtered(lab, host, "OUTPUT", *rule, "--jump", "REJECT"):
        yield


@contextlib.contextmanager
def refusing(lab: Lab, host: str, port: int, *, share: float) -> Iterator[None]:
    """A published port of a host that refuses such a share of its new connections, by chance.

    Those from the host itself are not among them.
    """
    new = ("--protocol", "tcp", "--syn", "--match", "conntrack", "--ctorigdstport", str(port))
    some = ("--match", "statistic", "--mode", "random", "--probability", f"{share:g}")
    reset = ("--jump", "REJECT", "--reject-with", "tcp-reset")
    with _filtered(lab, host, "FORWARD", *new, *some, *reset):
        yield


def refused_count(lab: Lab, host: str) -> int:
    """How many connections the newest rule of `refusing` has refused on the host."""
    shown = lab.on(host, "iptables", "--wait", "--list", "FORWARD", "1", "--verbose", "--exact")
    return int(shown.split()[0])


@contextlib.contextmanager
def _filtered(lab: Lab, host: str, *matching: str) -> Iterator[None]:
    command = ("iptables", "--wait")
    lab.on(host, *command, "--insert", *matching)
    try:
        yield
    finally:
        lab.on(host, *command, "--delete", *matching)


@contextlib.contextmanager
def silent_ssh(lab: Lab, host: str) -> Iterator[None]:
    """The cable to the controller is pulled; users' requests still come in."""
    with dropped(lab, host, "--protocol", "tcp", "--dport", "22"):
        yield


@contextlib.contextmanager
def other_host_key(lab: Lab, host: str) -> Iterator[None]:
    """Somebody else's machine answers in the place of a host, as far as its SSH tells."""
    kept = f"{_ASIDE}-keys"
    swap = 'mkdir -m 700 "$1"; mv /etc/ssh/ssh_host_* "$1"; ssh-keygen -q -A'
    put_back = 'rm /etc/ssh/ssh_host_*; mv "$1"/ssh_host_* /etc/ssh; rmdir "$1"'
    _shell(lab, host, swap, kept)
    try:
        lab.on(host, "systemctl", "restart", "ssh.service")
        yield
    finally:
        _shell(lab, host, put_back, kept)
        lab.on(host, "systemctl", "restart", "ssh.service")


@contextlib.contextmanager
def stopped(lab: Lab, host: str, unit: str, *, port: int) -> Iterator[None]:
    """A unit of systemd that does not run; after the block it listens on its port again."""
    lab.on(host, "systemctl", "stop", unit)
    try:
        yield
    finally:
        lab.on(host, "systemctl", "start", unit)
        wait_for_port(lab, host, port)


def wait_for_port(lab: Lab, host: str, port: int) -> None:
    """Until somebody listens there: systemd and others call a server started before."""
    ask = ("ss", "--no-header", "--listening", "--tcp", "--numeric", f"sport = :{port}")
    until(lambda: bool(lab.on(host, *ask).strip()), f"{host}: nobody listens on port {port}")


@contextlib.contextmanager
def written(lab: Lab, host: str, path: str, text: str) -> Iterator[None]:
    """A file that was not there."""
    _write(lab, host, path, text)
    try:
        yield
    finally:
        lab.on(host, "rm", "--", path)


@contextlib.contextmanager
def spoiled(lab: Lab, host: str, path: str, script: str) -> Iterator[str]:
    """A file after a shell's `script` was done to it (`$1` is its path); what is in it then.

    One that was not there goes away again.
    """
    kept = f"{_ASIDE}-{PurePosixPath(path).name}"
    keep = 'test ! -e "$1" || cp --archive -- "$1" "$2"'
    put_back = 'rm --force -- "$1"; test ! -e "$2" || mv -- "$2" "$1"'
    _shell(lab, host, keep, path, kept)
    try:
        _shell(lab, host, script, path)
        yield content_of(lab, host, path)
    finally:
        _shell(lab, host, put_back, path, kept)


@contextlib.contextmanager
def replaced(lab: Lab, host: str, texts: Mapping[str, str]) -> Iterator[None]:
    """Files with another content, whose owners and modes stay."""
    with contextlib.ExitStack() as files:
        for path in texts:
            files.enter_context(spoiled(lab, host, path, ": $1"))
        for path, text in texts.items():
            _write(lab, host, path, text)
        yield


def content_of(lab: Lab, host: str, path: str) -> str:
    """A file's bytes, in base64."""
    return lab.on(host, "base64", "--wrap=0", "--", path)


@contextlib.contextmanager
def read_only(lab: Lab, host: str, folder: str) -> Iterator[None]:
    """A folder in which even root writes nothing."""
    lab.on(host, "mount", "--bind", folder, folder)
    try:
        lab.on(host, "mount", "--options", "remount,ro,bind", folder)
        yield
    finally:
        lab.on(host, "umount", folder)


@contextlib.contextmanager
def hidden(lab: Lab, host: str, folder: str, *, megabytes: int) -> Iterator[None]:
    """A small and empty file system over a folder; whoever has files of it open keeps them."""
    _mount(lab, host, folder, megabytes)
    try:
        yield
    finally:
        lab.on(host, "umount", "--lazy", folder)


@contextlib.contextmanager
def small(lab: Lab, host: str, folder: str, *, megabytes: int = 32) -> Iterator[None]:
    """A folder on a small file system of its own; what is written there stays afterwards."""
    copy = 'mkdir --parents -- "$2" && cp --archive -- "$1/." "$2/"'
    empty = 'find "$1" -mindepth 1 -delete'
    before, after = f"{_ASIDE}-before", f"{_ASIDE}-after"
    _shell(lab, host, copy, folder, before)
    _mount(lab, host, folder, megabytes)
    try:
        _shell(lab, host, copy, before, folder)
    except BaseException:  # too small for it: the folder itself is untouched
        lab.on(host, "umount", "--lazy", folder)
        raise
    try:
        yield
    finally:
        make_room(lab, host, folder)
        _shell(lab, host, copy, folder, after)
        lab.on(host, "umount", "--lazy", folder)
        _shell(lab, host, empty, folder)
        _shell(lab, host, copy, after, folder)
        lab.on(host, "rm", "--recursive", "--force", before, after)


def fill(lab: Lab, host: str, folder: str) -> None:
    """Take every byte that is free where the folder is: only in a small one."""
    _shell(lab, host, 'dd if=/dev/zero of="$1/filler" bs=4096 2>&1 || true', folder)


def make_room(lab: Lab, host: str, folder: str) -> None:
    """Give back what `fill` took."""
    lab.on(host, "rm", "--force", f"{folder}/filler")


def _mount(lab: Lab, host: str, folder: str, megabytes: int) -> None:
    options = f"size={megabytes}m,mode=0700"
    lab.on(host, "mount", "--types", "tmpfs", "--options", options, "tmpfs", folder)


def _write(lab: Lab, host: str, path: str, text: str) -> None:
    _shell(lab, host, 'printf %s "$2" > "$1"', path, text)


def _shell(lab: Lab, host: str, script: str, *arguments: str) -> None:
    lab.on(host, "sh", "-euc", script, "sh", *arguments)
