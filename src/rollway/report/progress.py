"""A run as it stands: one row for each host, changed by what begins and what ends.

Pure: an update and a progress give the next progress. Times are those of the caller's clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rollway.report.phases import DOING, DONE
from rollway.report.serving import EITHER, Serving, servers_in
from rollway.rollout.trouble import found_in

CONTROLLER = "localhost"

_EMPTIES = frozenset({"drain", "retreat"})
_MOVES = frozenset({*_EMPTIES, "shift", "unshift"})
_STARTS = frozenset({"stage", "advance", "start"})


@dataclass(frozen=True)
class Asked:
    """The request is known: who takes part."""

    verb: str
    hosts: tuple[str, ...]
    edges: tuple[str, ...]
    time: float


@dataclass(frozen=True)
class Planned:
    """The plan is known: the release, the hosts of each wave, and the slot it gets on each host."""

    release: str
    waves: tuple[tuple[str, ...], ...]
    new_slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Began:
    """A step began on a host. `wave` counts from 0."""

    step: str
    host: str
    time: float
    wave: int | None = None


@dataclass(frozen=True)
class Waits:
    """A step on a host waits for another run; `said` names it."""

    step: str
    host: str
    time: float
    said: str = ""
    wave: int | None = None


@dataclass(frozen=True)
class Skipped:
    """A step that began had nothing to do there, and why."""

    step: str
    host: str
    time: float
    said: str = ""
    wave: int | None = None


@dataclass(frozen=True)
class Ended:
    """A step ended on a host. `problem` is None where all is well; `result` is the step's own."""

    step: str
    host: str
    time: float
    said: str = ""
    wave: int | None = None
    seconds: float | None = None
    problem: Mapping[str, Any] | None = None
    is_lost: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)


Update = Asked | Planned | Began | Waits | Skipped | Ended


@dataclass(frozen=True)
class Row:
    """One host: the release it serves, and the one that stands ready beside it; '' for none."""

    host: str
    phase: str = "waits"
    serves: str = ""
    ready: str = ""
    health: str = ""
    seconds: float | None = None
    step: str = ""
    began: float = 0.0
    trouble: str = ""

    @property
    def is_moving(self) -> bool:
        return bool(self.step)

    @property
    def words(self) -> str:
        """What it does, or did last; for trouble, why."""
        if self.trouble:
            return f"failed: {self.trouble}"
        return DOING.get(self.step, self.step) if self.is_moving else self.phase

    @property
    def version(self) -> str:
        """What it serves, and what stands ready beside it."""
        if self.ready and self.ready not in self.serves.split(EITHER):
            return f"{self.serves} → {self.ready}" if self.serves else f"→ {self.ready}"
        return self.serves or "-"

    def seconds_at(self, now: float) -> float | None:
        """How long the step lasts, or the last one did."""
        return now - self.began if self.is_moving else self.seconds


@dataclass(frozen=True)
class Progress:
    """The whole run. `wave` is the one that moves or moved last, counting from 1; 0 before.

    `tried` is the last whose shift ended: one that begins may turn out to have nothing to do.
    """

    verb: str = ""
    began: float = 0.0
    rows: Mapping[str, Row] = field(default_factory=dict)
    edges: tuple[str, ...] = ()
    release: str = ""
    waves: tuple[tuple[str, ...], ...] = ()
    wave: int = 0
    tried: int = 0
    serving: Serving = field(default_factory=Serving)

    def after(self, update: Update) -> Progress:
        """The progress once this happened."""
        if isinstance(update, Asked):
            rows = {name: Row(name) for name in (*update.hosts, *update.edges)}
            return replace(self, verb=update.verb, rows=rows, edges=update.edges, began=update.time)
        if isinstance(update, Planned):
            serving = self.serving.planned(update.release, update.new_slots)
            return replace(self, release=update.release, waves=update.waves, serving=serving)
        if isinstance(update, Began | Waits):
            return self._began(update) if isinstance(update, Began) else self
        if isinstance(update, Skipped):
            progress = self._with(self._row(update.host, step=""))
            return replace(progress, wave=self.tried) if update.step == "shift" else progress
        if update.step == "shift" and update.wave is not None:
            return replace(self._ended(update), wave=update.wave + 1, tried=update.wave + 1)
        return self._ended(update)

    def shown(self, count: int) -> list[Row]:
        """At most so many rows, in the order of the fleet: those in trouble or in motion first."""
        ranked = sorted(self.rows.values(), key=_rank)
        wanted = {row.host for row in ranked[: max(count, 0)]}
        return [row for row in self.rows.values() if row.host in wanted]

    def _began(self, update: Began) -> Progress:
        row = self._row(update.host, step=update.step, began=update.time)
        progress = self._with(row)
        if update.step != "shift" or update.wave is None:
            return progress
        return replace(progress, wave=update.wave + 1)

    def _ended(self, update: Ended) -> Progress:
        row = self._row(update.host, step="", seconds=_seconds(update, self.rows))
        if row is None:
            return self
        is_bad = update.problem is not None
        progress = self._with(_troubled(row, update) if is_bad else self._done(row, update))
        if update.step == "acquire":
            state = update.result.get("state") or {}
            progress = replace(progress, serving=progress.serving.recorded(row.host, state))
        return progress._moved(update) if update.host in self.edges else progress

    def _done(self, row: Row, update: Ended) -> Row:
        if update.step == "acquire":
            health = _health(_active_containers(update.result))
            row = replace(row, trouble="")  # asked again, it may have said yes
            return replace(row, phase="acquired", serves=_served(update), health=health)
        if update.step in _STARTS and "cut" in update.result:
            return replace(row, phase="ready", ready=self.release, health="healthy")
        if update.step == "conclude":
            return self._concluded(row, update)
        ready = "" if update.step == "undo" else row.ready
        return replace(row, phase=DONE.get(update.step, update.step), ready=ready)

    def _concluded(self, row: Row, update: Ended) -> Row:
        """A held release stays ready; without an edge, the host's record says what it serves."""
        recorded = str(update.result.get("serves") or "")
        is_by_record = "serves" in update.result and self.serving.on(row.host) is None
        serves = recorded if is_by_record else row.serves
        ready = row.ready if update.result.get("unlocked") is False else ""
        return replace(row, phase="serves" if serves else "recorded", serves=serves, ready=ready)

    def _moved(self, update: Ended) -> Progress:
        """What an edge's step means for the app hosts: what it said, also where it failed."""
        touched = self._touched(update)
        serving = self.serving.told(update.host, update.result)
        if _is_unsure(update):
            serving = serving.unsure(update.host, touched)
        progress = replace(self, serving=serving)
        if update.step not in _MOVES:
            return progress
        changes: dict[str, str] = {"ready": ""} if update.step == "unshift" else {}
        is_empty = update.step in _EMPTIES
        rows = [progress._row(name, phase="serves", **changes) for name in touched if not is_empty]
        progress = progress._with(*rows)
        known = {name: serving.on(name) for name in self.rows}
        return progress._with(
            *(progress._row(name, serves=one) for name, one in known.items() if one is not None)
        )

    def _touched(self, update: Ended) -> list[str]:
        if update.step in {*_EMPTIES, "shift"} and update.wave is not None:
            return list(self.waves[update.wave]) if update.wave < len(self.waves) else []
        return [name for wave in self.waves[: self.tried] for name in wave]

    def _row(self, host: str, **changes: Any) -> Row | None:
        row = self.rows.get(host)
        return replace(row, **changes) if row else None

    def _with(self, *rows: Row | None) -> Progress:
        return replace(self, rows={**self.rows, **{row.host: row for row in rows if row}})


def _rank(row: Row) -> int:
    return 0 if row.trouble else 1 if row.is_moving else 2


def _seconds(update: Ended, rows: Mapping[str, Row]) -> float | None:
    """How long it took; a record that is written at the end does not hide what came before."""
    row = rows.get(update.host)
    if row and update.step == "conclude" and row.seconds is not None:
        return row.seconds
    if update.seconds is not None or row is None or not row.is_moving:
        return update.seconds
    return update.time - row.began


def _troubled(row: Row, update: Ended) -> Row:
    problem = update.problem or {}
    health = "lost" if update.is_lost else _health(update.result.get("containers") or ())
    trouble = row.trouble or found_in(problem) or "no answer"
    return replace(row, trouble=trouble, health=health or row.health)


def _is_unsure(update: Ended) -> bool:
    """An edge that failed says nothing of its servers: it has moved them, if it came to that."""
    if update.problem is None or update.step not in _MOVES or servers_in(update.result):
        return False
    return update.is_lost or "shift" in (update.result.get("timings") or {})


def _active_containers(result: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    active = (result.get("state") or {}).get("active")
    return (result.get("containers") or {}).get(active) or ()


def _served(update: Ended) -> str:
    state = update.result.get("state") or {}
    slot = (state.get("slots") or {}).get(state.get("active")) or {}
    return str(slot.get("release") or "")


def _health(containers: Iterable[Mapping[str, Any]]) -> str:
    """The worst of them: what is not healthy is named."""
    words = [_one_health(one) for one in containers]
    return next((word for word in words if word != "healthy"), "healthy") if words else ""


def _one_health(container: Mapping[str, Any]) -> str:
    if container.get("state") not in {None, "running"}:
        return str(container["state"])
    return str(container.get("health") or "healthy")
