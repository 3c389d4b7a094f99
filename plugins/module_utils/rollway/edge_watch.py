"""What moved is watched while a run has work left: by the edge itself, which puts it back.

A step leaves a record of what to look at and what to go back to, and a process that looks until the
next step of the run replaces or ends it; each step looks first at the time since the one before.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from . import edge_apply
from .edge_apply import Wish
from .edge_call import Edge
from .edge_failures import Failures
from .edge_fence import Fence
from .edge_model import Backend, Server, backend_name, read_backend, read_servers, to_json
from .edge_observe import POLL_SECONDS, Sides, Watch
from .edge_store import Paths
from .haproxy_socket import Master
from .haproxy_state import Counters, View, view
from .lock import Run
from .paths import AppPaths
from .problem import Problem

LONGEST_SECONDS = 3600.0  # a run that was killed is not guarded for ever
MOST_FILES = 1024  # more than a step ever opens
WHERE = "the watch"
ACCEPTED = "no greater share of failures than before, and no server out by its checks"


@dataclass(frozen=True)
class Guard:
    """What to go back to, and by which run's lock; with no servers, nothing moves back."""

    run: Mapping[str, Any]
    generation: int
    lock_root: str
    backend: Backend
    servers: tuple[Server, ...]


@dataclass(frozen=True)
class Record:
    """Where a step of a run left an application: counters by server, and what they mean.

    `new` are the servers of the release, `looks` how often a run compares them with the others;
    `found` is what the guard found, and did.
    """

    run: str
    pid: int
    counters: Mapping[str, Counters]
    new: frozenset[str]
    base: Failures = field(default_factory=Failures)
    looks: int = 1
    guard: Guard | None = None
    found: str = ""

    @classmethod
    def of(cls, run: str, seen: View, app: str, new: Collection[str]) -> Record:
        """The present."""
        counters = {name: one.counters for name, one in seen.servers(backend_name(app)).items()}
        return cls(run, seen.pid, counters, frozenset(new))

    @property
    def sides(self) -> Sides:
        """The release's servers, and the others."""
        return Sides(self.new, frozenset(self.counters.keys() - self.new), self.base, self.looks)

    def watch(self) -> Watch:
        """A watch that counts from here."""
        return Watch(sorted(self.counters.keys() | self.new), self.pid, dict(self.counters))


def load(paths: Paths, app: str, *, run: str) -> Record | None:
    """The record of this run; None where there is none, or none that can be read."""
    record = _read(paths, app)
    return record if record and record.run == run else None


def save(paths: Paths, app: str, record: Record) -> None:
    """Write a record, whole, and not to outlive a crash: it is a memory of one run."""
    path = paths.watch(app)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".new")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(_to_json(record)))
    partial.replace(path)


def forget(paths: Paths, app: str) -> None:
    """Nothing is watched any more."""
    paths.watch(app).unlink(missing_ok=True)


def check(record: Record, seen: View, app: str) -> Failures:
    """Problem where the release has done worse since the record; what the others did, otherwise."""
    if record.found:
        raise Problem(WHERE, record.found, ACCEPTED)
    watch, sides = record.watch(), record.sides
    watch.look(seen.pid, seen.servers(backend_name(app)))
    if found := sides.trouble(watch):
        raise Problem(WHERE, "; ".join(found), ACCEPTED)
    return sides.following(watch)


def so_far(seen: View, app: str, new: Collection[str]) -> Failures:
    """What the others did since their worker started, where no step of the run has looked."""
    servers = seen.servers(backend_name(app))
    return Failures.of(one.counters for name, one in servers.items() if name not in new)


def start(paths: Paths, app: str, master: Master) -> None:
    """Let a process of the edge look on, which outlives this one and its connection.

    A fork of this one: to start Python anew takes longer than the shift, at the moment when the
    other hosts have most to do. No lock may be held here: the process would keep it.
    """
    if child := os.fork():
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork() == 0:
            _detach()
            guard(paths, app, master, sleep=time.sleep)
    finally:
        os._exit(0)


def _detach() -> None:
    """Nobody waits for this process, and nothing that is open is its own."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    os.closerange(3, MOST_FILES)


def guard(paths: Paths, app: str, master: Master, *, sleep: Callable[[float], None]) -> str:
    """Look until the run's next step ends it, or put back what fails; what was done."""
    record = _guarded(paths, app)
    watch, end = record.watch() if record else Watch(()), time.monotonic() + LONGEST_SECONDS
    while record and time.monotonic() < end:
        if words := _trouble(record, watch, master, app):
            return _put_back(paths, app, master, record, words)
        sleep(POLL_SECONDS)
        if _guarded(paths, app) != record:
            break
    return f"{app}: the run went on" if record else f"{app}: nothing to watch"


def _guarded(paths: Paths, app: str) -> Record | None:
    """The record of a run that still has the lock."""
    record = _read(paths, app)
    if record is None or record.guard is None or record.found:
        return None
    try:
        _fence(record.guard, app).check()
    except (OSError, Problem):
        return None
    return record


def _read(paths: Paths, app: str) -> Record | None:
    """The record; one that cannot be read is none."""
    try:
        return _from_json(app, json.loads(paths.watch(app).read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Problem):
        return None


def _trouble(record: Record, watch: Watch, master: Master, app: str) -> str:
    try:
        seen = view(master)
    except Problem:
        return ""  # HAProxy restarts: the next look tells
    watch.look(seen.pid, seen.servers(backend_name(app)))
    return "; ".join(record.sides.trouble(watch, early=True))


def _put_back(paths: Paths, app: str, master: Master, record: Record, words: str) -> str:
    """By the run's own lock, unless it has gone on meanwhile."""
    assert record.guard is not None
    edge = Edge(paths, master, _fence(record.guard, app))
    try:
        with edge.fence.held():
            if load(paths, app, run=record.run) != record:
                return f"{app}: the run went on"
            save(paths, app, replace(record, found=words))  # whatever becomes of the rest
            done = _go_back(edge, record.guard)
            save(paths, app, replace(record, found=f"{words}; {done}"))
    except (Problem, OSError) as error:
        return f"{app}: {words}; {error}"
    return f"{app}: {words}; {done}"


def _go_back(edge: Edge, guard: Guard) -> str:
    if not guard.servers:
        return "traffic stays where it is"
    try:
        edge_apply.apply(edge, Wish(guard.backend, guard.servers, run=str(guard.run["id"])))
    except (Problem, OSError) as error:
        return f"traffic could not go back by itself: {error}"
    return "traffic went back by itself"


def _fence(guard: Guard, app: str) -> Fence:
    paths = AppPaths(Path(guard.lock_root), app)
    return Fence(paths, Run.from_json(dict(guard.run)), guard.generation, "watch")


def _to_json(record: Record) -> dict[str, Any]:
    guard = record.guard
    return {
        "run": record.run,
        "pid": record.pid,
        "counters": {name: asdict(one) for name, one in record.counters.items()},
        "new": sorted(record.new),
        "base": record.base.to_json(),
        "looks": record.looks,
        "found": record.found,
        "guard": guard
        and {
            "run": dict(guard.run),
            "generation": guard.generation,
            "lock_root": guard.lock_root,
            "backend": to_json(guard.backend),
            "servers": [to_json(server) for server in guard.servers],
        },
    }


def _from_json(app: str, content: Mapping[str, Any]) -> Record:
    guarded = content["guard"]
    guard = guarded and Guard(
        run=guarded["run"],
        generation=int(guarded["generation"]),
        lock_root=str(guarded["lock_root"]),
        backend=read_backend(app, guarded["backend"]),
        servers=tuple(read_servers(guarded["servers"])),
    )
    return Record(
        run=str(content["run"]),
        pid=int(content["pid"]),
        counters={name: Counters(**one) for name, one in content["counters"].items()},
        new=frozenset(content["new"]),
        base=Failures.from_json(content["base"]),
        looks=int(content["looks"]),
        guard=guard,
        found=str(content["found"]),
    )
