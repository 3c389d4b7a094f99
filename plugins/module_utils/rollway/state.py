"""What a host knows of an application: its slots, its releases and the phase of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .clock import Moment
from .names import SLOTS
from .paths import AppPaths
from .problem import Problem
from .sealed import read_sealed, write_sealed

EMPTY, STARTING, RUNNING, WARM, DRAINING = "empty", "starting", "running", "warm", "draining"
STOPPED = "stopped"  # its web containers stand still, to make room for another release
SLOT_STATES = (EMPTY, STARTING, RUNNING, WARM, DRAINING, STOPPED)
CANDIDATE, GOOD, BAD, VOIDED = "candidate", "good", "bad", "voided"
OUTCOMES = (CANDIDATE, GOOD, BAD, VOIDED)


@dataclass(frozen=True)
class Slot:
    """One of the two places of an application on a host, and what stands in it."""

    release: str | None = None
    version: str | None = None
    state: str = EMPTY
    shifted_away_at: Moment | None = None
    deadline: Moment | None = None

    @property
    def may_serve(self) -> bool:
        """Whether a run ended midway while it was warm: traffic may stand on it, so it stays."""
        return self.state == WARM and self.deadline is None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Slot:
        if value["state"] not in SLOT_STATES:
            raise ValueError(f"slot state {value['state']!r}")
        return cls(
            value["release"],
            value["version"],
            value["state"],
            Moment.from_json(value["shifted_away_at"]),
            Moment.from_json(value["deadline"]),
        )


@dataclass(frozen=True)
class Release:
    """What the host remembers of a release beside its manifest; `created` is RFC 3339."""

    version: str
    hash: str
    outcome: str
    created: str
    commit: str | None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Release:
        if value["outcome"] not in OUTCOMES:
            raise ValueError(f"outcome {value['outcome']!r}")
        fields = (value[key] for key in ("version", "hash", "outcome", "created", "commit"))
        return cls(*fields)


@dataclass(frozen=True)
class Phase:
    """The step a run is in; it stays when the run was killed, so that `status` can tell."""

    run: str
    step: str
    since: str
    release: str | None

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Phase | None:
        if value is None:
            return None
        return cls(value["run"], value["step"], value["since"], value["release"])


@dataclass(frozen=True)
class State:
    """The record of one application on one host; `generation` rises when it changes hands.

    `accessories_release` is the release that defines the accessories here, and `accessories_unsure`
    are those that a run began to make anew and did not come to an end with. `accessories_fleet` is
    the release that they are to be of where the fleet has another than this host, which a run let
    fail; without it they are to be of the one that serves here. `last_release` is the newest
    that any run was about: edges know it also of hosts that a limit left out. `singletons` are the
    services of which the fleet has one, and this host may run it; `placed` says of each on which
    hosts of the fleet it may run, as the last run knew. `env` is the environment that releases the
    application here. `unknown` is what a newer Rollway wrote beside: it stays in the file.
    """

    app: str
    generation: int = 0
    active: str | None = None
    slots: Mapping[str, Slot] = field(default_factory=lambda: {name: Slot() for name in SLOTS})
    last_good: str | None = None
    releases: Mapping[str, Release] = field(default_factory=dict)
    phase: Phase | None = None
    accessories_hash: str | None = None
    accessories_release: str | None = None
    accessories_unsure: tuple[str, ...] = ()
    accessories_fleet: str | None = None
    last_release: str | None = None
    singletons: tuple[str, ...] = ()
    placed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    env: str | None = None
    unknown: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> State:
        """Return the state in `value`; KeyError, TypeError or ValueError when it is not one."""
        if value["active"] not in (None, *SLOTS):
            raise ValueError(f"active {value['active']!r}")
        return cls(
            app=value["app"],
            generation=int(value["generation"]),
            active=value["active"],
            slots={name: Slot.from_json(value["slots"][name]) for name in SLOTS},
            last_good=value["last_good"],
            releases={key: Release.from_json(item) for key, item in value["releases"].items()},
            phase=Phase.from_json(value["phase"]),
            accessories_hash=value["accessories_hash"],
            accessories_release=value.get("accessories_release"),
            accessories_unsure=tuple(value.get("accessories_unsure") or ()),
            accessories_fleet=value.get("accessories_fleet"),
            last_release=value.get("last_release"),
            singletons=tuple(value.get("singletons") or ()),
            placed={name: tuple(on) for name, on in (value.get("placed") or {}).items()},
            env=value.get("env"),
            unknown={key: item for key, item in value.items() if key not in _names(cls)},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the state as the plain data that stands in the file and in module results."""
        known = asdict(self)
        return {**known.pop("unknown"), **known}

    def with_slot(self, name: str, slot: Slot) -> State:
        """Return the state with another `slot` under `name`."""
        return replace(self, slots={**self.slots, name: slot})

    def with_release(self, release: str, entry: Release) -> State:
        """Return the state with `entry` for `release`."""
        return replace(self, releases={**self.releases, release: entry})

    def with_outcome(self, release: str, outcome: str) -> State:
        """Return the state with another outcome for `release`; an unknown release is left out."""
        known = self.releases.get(release)
        if known is None:
            return self
        return self.with_release(release, replace(known, outcome=outcome))

    @property
    def accessories_wanted(self) -> str | None:
        """The release that accessories here are to be of while no run is at work."""
        serving = self.slots[self.active].release if self.active else None
        return serving and (self.accessories_fleet or serving)

    def releases_in_slots(self) -> set[str]:
        """Return the releases that stand in a slot."""
        return {slot.release for slot in self.slots.values() if slot.release}


def _names(kind: type[State]) -> set[str]:
    return {one.name for one in fields(kind)} - {"unknown"}


def load_state(paths: AppPaths) -> State:
    """Return the recorded state, or a new one where the application is unknown to the host.

    Raises Problem, naming the path, when there is a file that is not a state.
    """
    content = read_sealed(paths.state)
    if content is None:
        return State(paths.app)
    try:
        state = State.from_json(content)
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(
            str(paths.state), f"not a state file: {error}", "a file only Rollway wrote"
        ) from error
    if state.app != paths.app:
        raise Problem(str(paths.state), f"belongs to app {state.app!r}", paths.app)
    return state


def save_state(paths: AppPaths, state: State) -> None:
    """Write `state`; the caller holds the application's mutex and has checked the lock."""
    write_sealed(paths.state, state.to_json())


def state_text(paths: AppPaths) -> str:
    """Return the recorded state as text, to be compared; what is wrong with it where it is."""
    try:
        return json.dumps(load_state(paths).to_json(), indent=1, sort_keys=True) + "\n"
    except Problem as problem:
        return f"{problem}\n"
