"""The lock of an application on a host: who changes it, and when it may be taken over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .files import remove_durably
from .names import run_id
from .paths import AppPaths
from .problem import Problem
from .sealed import read_sealed, write_sealed

DECIDING = ("promote", "abort", "rollback")  # verbs that go on with what another run left held
RUN, HOLD, DECISION, FREEZE = "run", "hold", "decision", "freeze"
AT_WORK, GONE, ELSEWHERE = "at work", "gone", "elsewhere"  # what is known of a holder's process


@dataclass(frozen=True)
class Controller:
    """The `ansible-playbook` process behind a run: machine, boot, process id and its start."""

    machine_id: str
    boot_id: str
    pid: int
    start_ticks: int


@dataclass(frozen=True)
class Run:
    """One execution of a verb, as a lock names it; `started` is RFC 3339.

    `env` is the environment that it is for; '' where nobody said.
    """

    id: str
    verb: str
    owner: str
    reason: str
    started: str
    controller: Controller
    env: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Run:
        """Return the run in module arguments or a lock file; Problem when it is not one."""
        try:
            where = value["controller"]
            controller = Controller(
                str(where["machine_id"]),
                str(where["boot_id"]),
                int(where["pid"]),
                int(where["start_ticks"]),
            )
            return cls(
                id=run_id(value["id"]),
                verb=str(value["verb"]),
                owner=str(value["owner"]),
                reason=str(value.get("reason") or ""),
                started=str(value["started"]),
                controller=controller,
                env=str(value.get("env") or ""),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Problem("run", f"not a run: {error}", "id, verb, owner, controller") from error

    def to_json(self) -> dict[str, Any]:
        """Return the run as plain data."""
        return {**vars(self), "controller": vars(self.controller).copy()}

    def named(self) -> str:
        """Return who this is, for messages."""
        return f"{self.verb} by {self.owner} since {self.started} (run {self.id})"

    def frozen(self) -> str:
        """Return whose freeze this is, for messages."""
        return f"frozen by {self.owner} since {self.started}: {self.reason} (run {self.id})"

    def place(self) -> str:
        """Return what its controller calls itself, for messages: the host in `user@host`."""
        return self.owner.rpartition("@")[2]


@dataclass(frozen=True)
class Alive:
    """The controller's live `ansible-playbook` processes, listed at `scan_ticks` after its boot."""

    scan_ticks: int = 0
    processes: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Alive:
        """Return the list in module arguments; without one, nobody is proven dead by it."""
        if not value:
            return cls()
        pairs = ((int(pid), int(start)) for pid, start in value.get("processes") or ())
        return cls(int(value.get("scan_ticks") or 0), frozenset(pairs))


def is_provably_dead(holder: Run, *, seen_by: Run, alive: Alive) -> bool:
    """Say whether `holder`'s process cannot be running any more, as its own machine saw it.

    Another machine can never prove it; neither can time.
    """
    theirs, ours = holder.controller, seen_by.controller
    if theirs.machine_id != ours.machine_id:
        return False
    if theirs.boot_id != ours.boot_id:
        return True
    listed = (theirs.pid, theirs.start_ticks) in alive.processes
    return not listed and theirs.start_ticks < alive.scan_ticks


def process_of(holder: Run, *, seen_by: Run, alive: Alive) -> str:
    """Say what is known of `holder`'s process: of one on another machine, nobody knows a thing."""
    if is_provably_dead(holder, seen_by=seen_by, alive=alive):
        return GONE
    is_here = holder.controller.machine_id == seen_by.controller.machine_id
    return AT_WORK if is_here else ELSEWHERE


def known_as(holder: Run, process: str) -> str:
    """Return who this is and what is known of its process, for messages."""
    return f"{holder.named()}{known_of(holder, process)}"


def known_of(holder: Run, process: str) -> str:
    """Return the end of a sentence about `holder`."""
    return {
        AT_WORK: ", which is at work",
        GONE: ", whose process is gone",
        ELSEWHERE: f"; whether it is at work, only {holder.place()} knows",
    }[process]


def read_freeze(paths: AppPaths) -> Run | None:
    """Return who has frozen the application until they, or somebody else, release it; or None."""
    content = read_sealed(paths.freeze)
    return None if content is None else Run.from_json(content["run"])


def read_lock(paths: AppPaths) -> Run | None:
    """Return who holds the lock, or None."""
    content = read_sealed(paths.lock)
    return None if content is None else Run.from_json(content["run"])


def read_hold(paths: AppPaths) -> dict[str, Any] | None:
    """Return what is held for a person's decision, or None: release, previous, reasons, since."""
    content = read_sealed(paths.lock)
    return None if content is None else content.get("hold")


def write_lock(paths: AppPaths, run: Run, *, hold: Mapping[str, Any] | None = None) -> None:
    """Give the lock to `run`; the caller holds the mutex and may take it."""
    write_sealed(paths.lock, {"run": run.to_json(), **({"hold": dict(hold)} if hold else {})})


def remove_lock(paths: AppPaths) -> None:
    """Free the lock; the caller holds the mutex and owns it."""
    remove_durably(paths.lock)


def holders(paths: AppPaths, *, seen_by: Run, alive: Alive) -> list[dict[str, Any]]:
    """Return what keeps others out: each a run as plain data, with its `kind` and `release`.

    `process` is what is known of a run that works; None of a freeze and a hold, which have none.

    A freeze stands beside a run's lock. The `id` is what `lock.release` asks for: of a hold that
    of the run that was held, of a decision that of who decides.
    """
    freeze, lock, hold = read_freeze(paths), read_lock(paths), read_hold(paths)
    rest = {"release": None, "process": None}
    found = [{"kind": FREEZE, **freeze.to_json(), **rest}] if freeze else []
    if lock is None:
        return found
    if not hold or hold.get("decided_by"):
        kind = DECISION if hold else RUN
        held = hold["release"] if hold else None
        process = process_of(lock, seen_by=seen_by, alive=alive)
        return [*found, {"kind": kind, **lock.to_json(), "release": held, "process": process}]
    asked = {"id": hold.get("run"), "owner": hold.get("owner"), "started": hold.get("since")}
    known = {name: value for name, value in asked.items() if value}
    rest = {"release": hold["release"], "process": None}
    return [*found, {"kind": HOLD, **lock.to_json(), **known, **rest}]
