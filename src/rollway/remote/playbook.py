"""Runs `ansible-playbook` as a child that a signal ends cleanly, workers included."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from rollway.remote import family, lifeline

ROOT = Path(__file__).resolve().parents[3]
GRACE_SECONDS = 30.0
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Play:
    """One call of `ansible-playbook`. `extra_vars` travel in a file that only its owner reads.

    A text among them is taken as it is: what a person typed is never a template.

    `descriptors` are open files that it gets beside the usual three, under the same numbers.
    One that `is_brief` ends at the first signal; another gets a grace to clean up.
    """

    playbook: str
    inventory: Path
    extra_vars: Mapping[str, Any]
    limit: str | None = None
    check: bool = False
    diff: bool = False
    verbose: int = 0
    tags: str | None = None
    environment: Mapping[str, str] | None = None
    descriptors: tuple[int, ...] = ()
    is_brief: bool = False


@dataclass(frozen=True)
class Ended:
    """How it ended: Ansible's own code, and the signal that we forwarded, if any."""

    code: int
    signal: signal.Signals | None = None


def command_of(play: Play, *, variables: Path) -> list[str]:
    """The arguments, as a list; nothing secret is among them."""
    return [
        str(Path(sys.executable).with_name("ansible-playbook")),
        f"--inventory={play.inventory}",
        f"--extra-vars=@{variables}",
        *([f"--limit={play.limit}"] if play.limit else []),
        *([f"--tags={play.tags}"] if play.tags else []),
        *(["--check"] if play.check else []),
        *(["--diff"] if play.diff else []),
        *(["-" + "v" * play.verbose] if play.verbose else []),
        play.playbook,
    ]


def variables_text(variables: Mapping[str, Any]) -> str:
    """The file of `--extra-vars`: Ansible renders texts that it trusts, `{{ … }}` and all."""
    return json.dumps({name: _literal(value) for name, value in variables.items()})


def _literal(value: Any) -> Any:
    return {"__ansible_unsafe": value} if isinstance(value, str) else value


def run_playbook(play: Play) -> Ended:
    """Run it in this repository; its output goes to our stderr, since stdout is for data."""
    with tempfile.TemporaryDirectory(prefix="rollway-") as folder:
        variables = Path(folder) / "vars.json"
        variables.touch(mode=0o600)
        variables.write_text(variables_text(play.extra_vars), encoding="utf-8")
        return run_in_group(
            command_of(play, variables=variables),
            environment=play.environment or {},
            descriptors=play.descriptors,
            is_brief=play.is_brief,
        )


def run_in_group(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    descriptors: Sequence[int] = (),
    is_brief: bool = False,
) -> Ended:
    """Run a command in a process group of its own, and forward what would end us to the group.

    Nothing of it is left behind then, whatever session it went to. When this process is killed,
    the command is, too.
    """
    sys.stdout.flush()
    parent = os.getpid()
    process = subprocess.Popen(
        list(command),
        cwd=ROOT,
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        pass_fds=descriptors,
        start_new_session=True,
        preexec_fn=lambda: lifeline.end_with(parent),  # noqa: PLW1509 - there are no threads here
    )
    with _forwarding(process, is_brief=is_brief) as received:
        code = _wait(process, received)
    return Ended(code, received[0] if received else None)


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    ours = {"PATH": path, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    if "utf" not in (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").lower():
        ours["LC_ALL"] = "C.UTF-8"  # Ansible does not start without UTF-8
    return {**os.environ, **ours, **extra}


@contextmanager
def _forwarding(
    process: subprocess.Popen[bytes], *, is_brief: bool
) -> Iterator[list[signal.Signals]]:
    """Forward the first signal to the whole group; later ones only hurry the end."""
    received: list[signal.Signals] = []
    known: list[family.Process] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        known.extend(family.below(process.pid))
        received.append(signal.Signals(number))
        if is_brief or len(received) > 1:
            _kill(process)
        else:
            _signal_group(process, signal.SIGTERM)

    before = {number: signal.signal(number, forward) for number in _heeded()}
    try:
        yield received
    finally:
        family.kill(known)
        for number, handler in before.items():
            signal.signal(number, handler)


def _heeded() -> list[signal.Signals]:
    """Under `nohup` the end of the terminal is no end."""
    is_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [one for one in _FORWARDED if not (is_nohup and one is signal.SIGHUP)]


def _wait(process: subprocess.Popen[bytes], received: list[signal.Signals]) -> int:
    """Wait for the end; once a signal was forwarded, at most for the grace."""
    grace = GRACE_SECONDS
    while True:
        try:
            return process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            if received:
                grace -= 0.5
            if grace <= 0:
                _kill(process)
                return process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    known = family.below(process.pid)
    _signal_group(process, signal.SIGKILL)
    family.kill(known)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
