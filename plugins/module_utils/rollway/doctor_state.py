"""A state file that cannot be read, recorded anew from what runs, what is kept and the audit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .ailment import Told, bad
from .call import Call
from .clock import Moment
from .engine import Json
from .manifest import Manifest
from .names import ACCESSORIES, SLOTS
from .problem import Problem
from .releases import counter, kept_releases, load_manifest
from .seen import RELEASE_LABEL
from .singletons import running_singletons
from .state import (
    BAD,
    CANDIDATE,
    GOOD,
    RUNNING,
    VOIDED,
    WARM,
    Release,
    Slot,
    State,
)

WARM_SECONDS = 300.0
FORWARD = ("deploy", "adopt", "promote", "restart", "scale")


@dataclass(frozen=True)
class Standing:
    """What stands in a slot: its release by the containers' labels, and whether any runs."""

    release: str
    is_up: bool


def rebuilt(call: Call, *, has_engine: bool, told: Told) -> State:
    """Return the state as the host shows it; Problem when it does not show which slot serves.

    The generation is the seconds since 1970: no count of changes ever comes to as much.
    """
    generation = int(call.tools.clock.wall())
    lines = list(_audit(call))
    kept = {release: _manifest(call, release) for release in kept_releases(call.paths)}
    named = {*kept, *(str(line["release"]) for line in lines if line.get("release"))}
    newest = max(named, key=counter, default=None)
    if not has_engine:
        return State(call.paths.app, generation, last_release=newest)
    standing = _standing(call)
    active = _active(call, standing, told)
    outcomes = _outcomes(lines, standing[active].release if active else None)
    releases = {
        release: _entry(manifest, outcomes.get(release, CANDIDATE))
        for release, manifest in kept.items()
        if manifest
    }
    good = [release for release in releases if releases[release].outcome == GOOD]
    serving = standing[active].release if active else None
    accessories = _accessories(call, kept)
    singletons = {
        name
        for slot, one in standing.items()
        for name in running_singletons(call, kept.get(one.release), slot)
    }
    return State(
        call.paths.app,
        generation,
        active,
        {slot: _slot(call, slot, active, standing.get(slot), kept) for slot in SLOTS},
        last_good=serving or max(good, key=counter, default=None),
        releases=releases,
        accessories_hash=accessories.accessories.hash
        if accessories and accessories.accessories
        else None,
        accessories_release=accessories.id if accessories else None,
        last_release=newest,
        singletons=tuple(sorted(singletons)),
    )


def _standing(call: Call) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for slot in SLOTS:
        seen = _seen(call, slot)
        up = [one for one in seen if one["State"]["Status"] == "running"]
        releases = {_label(one) for one in up or seen} - {""}
        if len(releases) > 1:
            raise _unclear(call, f"containers of {', '.join(sorted(releases))} stand in {slot}")
        if releases:
            found[slot] = Standing(releases.pop(), bool(up))
    return found


def _active(call: Call, standing: dict[str, Standing], told: Told) -> str | None:
    """The slot that edges use; without word of them all the only one that runs, or is there."""
    up = [slot for slot, one in standing.items() if one.is_up]
    used = [slot for slot in up if slot in told.serves and told.is_whole]
    for slots in (used, up, list(standing)):
        if len(slots) == 1:
            return slots[0]
        if slots:
            how = "run" if up else "stand still"
            found = f"both slots {how}, and the edges do not all say which serves"
            raise _unclear(call, found)
    return None


def _slot(
    call: Call,
    slot: str,
    active: str | None,
    one: Standing | None,
    kept: dict[str, Manifest | None],
) -> Slot:
    """A slot that does not serve stays warm if it runs; what stands still there is left over."""
    if one is None or not (slot == active or one.is_up):
        return Slot()
    manifest = kept.get(one.release)
    version = manifest.version if manifest else one.release.partition("-")[2]
    if slot == active:
        return Slot(one.release, version, RUNNING)
    now = Moment.now(call.tools.clock)
    return Slot(one.release, version, WARM, now, now.after(WARM_SECONDS))


def _outcomes(lines: list[Json], serving: str | None) -> dict[str, str]:
    """What became of each release by the audit; a rollback voids what it left.

    What serves counts as good.
    """
    found: dict[str, str] = {}
    current: str | None = None
    for line in lines:
        release, outcome = line.get("release"), line.get("outcome")
        if not release or outcome not in (GOOD, BAD):
            continue
        if outcome == BAD:
            found.setdefault(release, BAD)
            continue
        if line.get("verb") not in FORWARD and current not in (None, release):
            found[str(current)] = VOIDED
        found[release], current = GOOD, release
    return {**found, serving: GOOD} if serving else found


def _entry(manifest: Manifest, outcome: str) -> Release:
    return Release(manifest.version, manifest.hash, outcome, manifest.created, manifest.commit)


def _accessories(call: Call, kept: dict[str, Manifest | None]) -> Manifest | None:
    """The release whose accessories stand here, by the values they were started with."""
    path = call.paths.slot_env(ACCESSORIES)
    if not path.is_file() or not _seen(call, ACCESSORIES):
        return None
    pairs = (line.partition("=") for line in path.read_text().splitlines())
    release = next((value for name, _, value in pairs if name == "ROLLWAY_RELEASE"), "")
    return kept.get(release)


def _seen(call: Call, key: str) -> list[Json]:
    engine = call.tools.engine
    listed = engine.containers(call.paths.project(key))
    return [one for item in listed if (one := engine.inspect(item["Id"]))]


def _label(one: Json) -> str:
    return str((one["Config"].get("Labels") or {}).get(RELEASE_LABEL, ""))


def _manifest(call: Call, release: str) -> Manifest | None:
    try:
        return load_manifest(call.paths, release)
    except Problem:
        return None


def _audit(call: Call) -> Iterator[dict[str, Any]]:
    """The lines of the audit that can be read, the oldest first."""
    path = call.paths.audit
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _unclear(call: Call, found: str) -> Problem:
    path = call.paths.state
    following = f"stop the slot that does not serve, then ./invoke doctor --fix; not: rm {path}"
    return Problem(str(path), found, "one slot that serves", following)


def says(state: State) -> str:
    """Return what a rebuilt state would record, in words."""
    taken = {slot: one for slot, one in state.slots.items() if one.release}
    words = (f"{one.release} {one.state} in {slot}" for slot, one in taken.items())
    return ", ".join(words) or "nothing in any slot"


def fix_words(call: Call, state: State) -> str:
    """Return what mending a spoiled state file does."""
    return f"keeps it as {bad(call.paths.state).name} and records what runs: {says(state)}"
