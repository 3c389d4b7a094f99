"""A run that never came to its end, host by host: for its own result, and for `status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollway import exits
from rollway.records.identity import verb_of
from rollway.rollout.adoption import command as adopt_command
from rollway.rollout.adoption import options_of, way_back
from rollway.rollout.holder import is_at_work
from rollway.rollout.interrupted import RECORD, not_recorded, signal_in, step_of
from rollway.rollout.journal import Event
from rollway.rollout.ledger import Ledger
from rollway.rollout.plan import ADOPT, RELEASING, REMOVE, ROLLBACK, SCALE, Plan
from rollway.rollout.readings import ready_slots
from rollway.rollout.request import Request
from rollway.rollout.scale import scale_options

_ACQUIRE, _SHIFT = "acquire", "shift"


def stopped(plan: Plan, ledger: Ledger, events: Sequence[Event]) -> dict[str, Any]:
    """What a signal ended: how far each app host had come, and whether it has that on record."""
    missing = not_recorded(list(plan.hosts), events)
    steps = {name: _reached(plan, ledger, events, name) for name in plan.hosts}
    hosts = [
        {"host": name, "step": step, "recorded": name not in missing}
        for name, step in steps.items()
    ]
    known = {"run": plan.run["id"], "verb": plan.verb, "release": plan.release.get("id")}
    return {**known, "signal": ledger.interrupted, "hosts": hosts}


def stopped_early(request: Request, events: Sequence[Event]) -> dict[str, Any]:
    """The part of a result that says how a run ended which a signal ended before its plan."""
    signal = signal_in(events)
    left = not_recorded(list(dict.fromkeys([*request.app_hosts, *request.edges])), events)
    told = f"; not recorded on {', '.join(left)}" if left else ""
    which = f"--env={request.env} --app={request.app}"
    asked = f" --version={request.manifest['version']}" if request.manifest else ""
    if request.verb == SCALE:
        asked = scale_options(request.service, request.replicas)
    again = f"./invoke {request.verb} {which}{asked}"
    hosts = [
        {"host": name, "step": _ACQUIRE, "recorded": name not in left} for name in request.app_hosts
    ]
    run = {"run": request.run["id"], "verb": request.verb, "release": None, "signal": signal}
    return {
        "outcome": "aborted",
        "exit": exits.after_signal(signal),
        "sentence": f"interrupted by {signal} before any change{told}",
        "next": adopt_command(request) if request.adopt else again,
        "hosts": [],
        "interrupted_run": {**run, "hosts": hosts},
    }


def left_in(request: Request, acquired: Mapping[str, Event]) -> dict[str, Any] | None:
    """The newest run that ended on the way: it was killed, or a signal ended it; None without one.

    A phase whose run has a lock that nobody can take over belongs to a run at work.
    """
    found = {name: one for name, event in acquired.items() if (one := _left(event))}
    if not found:
        return None
    newest = max(found.values(), key=lambda one: str(one["since"]))
    hosts = [
        {"host": name, "step": _step(acquired, name, one["step"]), "since": one["since"]}
        for name, one in found.items()
        if one["run"] == newest["run"]
    ]
    verb = newest["verb"] or verb_of(newest["run"])
    release = next((one["release"] for one in found.values() if one["release"]), None)
    known = {"run": newest["run"], "verb": verb, "release": release}
    names = [str(one["host"]) for one in hosts if one["host"] in request.app_hosts]
    asked, back = "", f"./invoke abort --env={request.env} --app={request.app}"
    if verb == ADOPT and (asked := options_of(request, acquired, names)):
        back = way_back(request, names)
    back_and_on = _on_or_back(request, verb, release, asked=asked, back=back)
    following = back_and_on if names else "the next run goes on"
    return {**hosts[0], **known, "hosts": hosts, "next": following}


def _left(event: Event) -> dict[str, Any] | None:
    """The phase on one host, or what a dead run's lock says where it has entered none."""
    lock, phase = event.result.get("lock"), (event.result.get("state") or {}).get("phase")
    if is_at_work(event) or event.result.get("hold") or not (lock or phase):
        return None
    if lock and (not phase or phase["run"] != lock["id"]):
        release = phase["release"] if phase else None
        known = {"run": lock["id"], "verb": lock.get("verb"), "step": _ACQUIRE}
        return {**known, "since": lock.get("started"), "release": release}
    verb = lock.get("verb") if lock else None
    return {"since": None, "release": None, "verb": verb, **(phase or {})}


def _step(acquired: Mapping[str, Event], host: str, step: str) -> str:
    """The step of its phase; `shift` where an edge sends requests to another slot than recorded."""
    serving = ready_slots(acquired).get(host)
    active = (acquired[host].result.get("state") or {}).get("active")
    return _SHIFT if active and serving and serving != active else step


def _on_or_back(
    request: Request, verb: str | None, release: str | None, *, asked: str, back: str
) -> str:
    which = f"--env={request.env} --app={request.app}"
    if verb == REMOVE:
        return f"./invoke remove {which} --yes continues, ./invoke deploy {which} brings it back"
    again = "the same command again"
    if verb in RELEASING and release:
        again = f"./invoke {verb} {which} --version={release.partition('-')[2]}{asked}"
    if verb == ROLLBACK and release:
        again = f"./invoke rollback {which} --to={release}"
    return f"{again} continues, {back} goes back"


def _reached(plan: Plan, ledger: Ledger, events: Sequence[Event], host: str) -> str:
    """What the host itself has on record, unless its traffic has moved since."""
    step = step_of(plan, ledger, events, host)
    told = [one.result for one in events if (one.step, one.host) == (RECORD, host)]
    phase: Mapping[str, Any] = (told[-1].get("phase") if told else None) or {}
    is_own = phase.get("run") == plan.run["id"]
    return str(phase["step"]) if is_own and step != _SHIFT else step
