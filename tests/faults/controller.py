"""A command whose controller dies, stops, or gets a signal, at a moment that a test chooses."""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollway.checking import ROOT, environment
from tests.integration.fault_fleet import events
from tests.integration.lab_fleet import Lab

SEED = int(os.environ.get("ROLLWAY_SEED") or random.randrange(10**6))
LONGEST_SECONDS = 180.0
TOKEN = "ROLLWAY_TEST_TOKEN"
PLUGINS = (ROOT / "plugins/callback", ROOT / "tests/faults/callback_plugins")
# Names of tasks: from PLAN to CONCLUDE a run has its locks, at ADVANCE its first wave has moved.
PLAN = "release : Plan the run"
ADVANCE = "run : Start the release on all other hosts; the first wave changes its workers"
CONCLUDE = "run : Conclude the run and unlock"


@dataclass(frozen=True)
class Boundary:
    """The start of a task, or what became of one on a host."""

    kind: str
    name: str


@dataclass
class Command:
    """A command that was started; its processes carry the token in their environment."""

    process: subprocess.Popen[bytes]
    folder: Path
    env: str
    known: frozenset[str]
    token: str
    began: float = field(default_factory=time.monotonic)

    def wait(self) -> int:
        """Its exit code; below 0 where a signal ended it."""
        code = self.process.wait(LONGEST_SECONDS)
        print(f"{self.process.args!r} ended with {code}\n{self.said}")
        return code

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text()

    @property
    def said(self) -> str:
        return (self.folder / "err").read_text()

    @property
    def boundaries(self) -> list[Boundary]:
        """Those that were reached, the last one included."""
        path = self.folder / "boundaries"
        lines = path.read_text().splitlines() if path.exists() else []
        return [Boundary(**json.loads(line)) for line in lines]

    @property
    def run(self) -> str:
        """The id of its run, the first since it began; '' where it has not read its request."""
        found = sorted(runs(self.env) - self.known)
        return found[0] if found else ""

    @property
    def is_under_way(self) -> bool:
        """Whether a host has given it its lock, and none can have the end of it on record."""
        has_lock = any(one["step"] == "acquire" and one["ok"] for one in events(self.run))
        return has_lock and not any(one.name == CONCLUDE for one in self.boundaries)

    def left(self) -> list[str]:
        """The processes of the command that are still there; connections for later ones are not."""
        return [f"{number}: {_command_of(number)}" for number in self.processes()]

    def processes(self) -> list[int]:
        wanted = f"{TOKEN}={self.token}".encode()
        numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        found = [number for number in numbers if wanted in _read(number, "environ")]
        return [number for number in found if "[mux]" not in _command_of(number)]

    def send(self, number: signal.Signals) -> None:
        """To every process of it, the command itself first, and to those that begin meanwhile."""
        sent: set[int] = set()
        while waiting := [one for one in self.processes() if one not in sent]:
            for process in sorted(waiting):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)
            sent.update(waiting)

    def kill_alone(self) -> float:
        """Kill the process that was started, and no other; when that was, by the wall clock."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return time.time()

    def wait_until_stopped(self) -> None:
        """Until every process of it stands still, as after SIGSTOP."""
        end = time.monotonic() + LONGEST_SECONDS
        while not (found := self.processes()) or not all(map(_is_stopped, found)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, "it did not stop in time"
            time.sleep(0.05)

    def wake(self) -> None:
        """Let it go on, the command last: its children are at work when it wakes."""
        for process in sorted(self.processes(), reverse=True):
            os.kill(process, signal.SIGCONT)


@contextlib.contextmanager
def command(
    lab: Lab,
    verb: str,
    *options: str,
    at: int | str = "",
    number: signal.Signals = signal.SIGKILL,
    bare: bool = False,
) -> Iterator[Command]:
    """Start a command that gets the signal at a boundary; nothing of it outlives the block.

    `at` is a boundary's number, from 0, or the name of a task that starts. A `bare` one is
    `ansible-playbook` as somebody without Invoke would start it, and `verb` its playbook.
    """
    with tempfile.TemporaryDirectory(prefix="rollway-fault-") as name:
        folder, token = Path(name), secrets.token_hex(8)
        known = frozenset(runs(lab.env))
        told = {
            "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join(map(str, PLUGINS)),
            "ANSIBLE_CALLBACKS_ENABLED": "boundaries",
            "ROLLWAY_BOUNDARY_FILE": str(folder / "boundaries"),
            "ROLLWAY_BOUNDARY": str(at),
            "ROLLWAY_BOUNDARY_SIGNAL": number.name,
            TOKEN: token,
        }
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                _words(lab, verb, options, bare=bare),
                cwd=ROOT,
                env={**environment(), **told},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        found = Command(process, folder, lab.env, known, token)
        try:
            yield found
        finally:
            found.send(signal.SIGKILL)
            process.wait()


def _words(lab: Lab, verb: str, options: tuple[str, ...], *, bare: bool) -> list[str]:
    if not bare:
        return [str(ROOT / "invoke"), verb, f"--env={lab.env}", *options]
    return ["ansible-playbook", f"--inventory={lab.inventory}", *options, f"playbooks/{verb}.yml"]


def runs(env: str) -> set[str]:
    """The runs of an environment that this controller knows."""
    folders = (ROOT / ".rollway" / "runs").glob("*/request.json")
    return {path.parent.name for path in folders if f'"{env}"' in path.read_text()}


def sample(count: int, wanted: int, *, first: int = 0) -> list[int]:
    """So many of the boundaries from `first` to `count`, in order; the seed is printed."""
    chosen = random.Random(SEED).sample(range(first, count), min(wanted, count - first))
    print(f"ROLLWAY_SEED={SEED}: boundaries {sorted(chosen)} of {count}")
    return sorted(chosen)


def moments(longest: float, wanted: int) -> list[float]:
    """So many moments, in seconds, of something that takes `longest`; the seed is printed."""
    print(f"ROLLWAY_SEED={SEED}: {wanted} moments within {longest:.1f} s")
    chance = random.Random(SEED)
    return [chance.uniform(0.0, longest) for _ in range(wanted)]


def serving_hosts(status: dict[str, Any]) -> set[str]:
    """The hosts of which every edge has a server that is up."""
    return set.intersection(*(_hosts_up(edge) for edge in status["edges"]))


def _hosts_up(edge: dict[str, Any]) -> set[str]:
    return {one["host"] for one in edge["servers"] if one["state"] == "up"}


def _is_stopped(number: int) -> bool:
    state = _read(number, "stat").rpartition(b")")[2].split()
    return not state or state[0] == b"T"


def _command_of(number: int) -> str:
    return _read(number, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def _read(number: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{number}/{name}").read_bytes()
    except OSError:  # it has ended
        return b""
