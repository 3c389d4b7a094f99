"""A run that a signal ended: what its journal says of it, and how far each host had come. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rollway.rollout.journal import Event
from rollway.rollout.ledger import INTERRUPT, JOB_STEPS, Ledger
from rollway.rollout.plan import MAKING, ROLLBACK, Plan

RECORD = "record"
CONTROLLER = "localhost"
_ACQUIRE, _SHIFT = "acquire", "shift"
_STEPS = {
    "stage": "stage",
    "start": "start",
    "advance": "switch",
    "switch": "switch",
    "undo": "undo",
    **dict.fromkeys(JOB_STEPS, "jobs"),
}


def interruption(signal: str) -> Event:
    """The line in the journal that says which signal ended the run."""
    return Event(INTERRUPT, CONTROLLER, result={"signal": signal})


def signal_in(events: Iterable[Event]) -> str:
    """The signal that ended the run, or ''."""
    return next((str(one.result["signal"]) for one in events if one.step == INTERRUPT), "")


def step_of(plan: Plan, ledger: Ledger, events: Iterable[Event], host: str) -> str:
    """The last step that is known to have ended on an app host: `shift` once its traffic moved."""
    one = plan.hosts[host]
    if host in ledger.moved and one.new_slot != one.old_slot:
        return _SHIFT
    ended = [_ended(event) for event in events if event.host == host and event.step in _STEPS]
    return ended[-1] if ended else _ACQUIRE


def begins(plan: Plan, host: str) -> bool:
    """Whether the run brings a host another release: `abort` then leaves it, and no older one."""
    one = plan.hosts.get(host)
    is_other = one is not None and one.old_release != plan.release_id
    return is_other and plan.verb in {*MAKING, ROLLBACK}


def not_recorded(hosts: Sequence[str], events: Iterable[Event]) -> list[str]:
    """Those of the hosts that did not take the record, so that their lock may be left."""
    done = {one.host for one in events if one.ok and one.step in {RECORD, "conclude"}}
    return [name for name in hosts if name not in done]


def _ended(event: Event) -> str:
    return "start" if "cut" in event.result else _STEPS[event.step]
