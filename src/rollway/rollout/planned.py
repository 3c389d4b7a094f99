"""What becomes of one host, one job, one singleton: the parts of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

START_FIRST, STOP_FIRST = "start-first", "stop-first"


@dataclass(frozen=True)
class HostPlan:
    """What becomes of one app host.

    `action`: `start` (start the release in `new_slot`, then shift), `shift` (it runs there
    already) or `none` (the host serves the release already). `ports` and `replicas` are those of
    the service behind the edge, by slot; `serving` is the slot that gets requests now. `order` is
    `stop-first` where the old slot has to stand still before the new one comes up, or does since
    a run that was interrupted, and `why` says what for.
    """

    name: str
    address: str
    generation: int
    action: str
    new_slot: str
    old_slot: str | None
    old_release: str | None
    serving: str | None
    ports: Mapping[str, list[int]]
    replicas: Mapping[str, int]
    order: str = START_FIRST
    why: str = ""

    @property
    def stops_first(self) -> bool:
        return self.order == STOP_FIRST

    @property
    def leaves_rotation(self) -> bool:
        """Whether it serves nobody between the stop of the old slot and the start of the new."""
        return self.stops_first and self.action == "start"

    @property
    def is_ahead(self) -> bool:
        """Whether a run that was interrupted has sent its requests to the new slot already."""
        return self.serving == self.new_slot and self.old_slot not in (None, self.new_slot)

    @property
    def slot_before(self) -> str | None:
        """The slot that serves again once the run is undone: none where nothing did before.

        There an earlier run, which was interrupted, may have moved traffic to the same release.
        """
        is_recorded = self.stops_first or self.is_ahead or self.old_slot is None
        return self.old_slot if is_recorded else self.serving


@dataclass(frozen=True)
class JobPlan:
    """One job of the release: the host that runs it, or the record that says it is done.

    `is_taken`: a person takes it as done, should nobody know how it ended.
    """

    name: str
    when: str
    host: str
    is_idempotent: bool
    is_taken: bool
    record: dict[str, Any]


@dataclass(frozen=True)
class SingletonPlan:
    """A worker of which the fleet has one.

    `host` is where it is to run, '' where it does not change or is no part of the release; `before`
    is where it may run now, `still` who is told before it starts: hosts to stop it, edges to note
    where it will run. `home` is the host that takes it back. `stays` says why it does not change.
    """

    name: str
    host: str
    before: list[str]
    still: list[str]
    home: str = ""
    stays: str = ""
