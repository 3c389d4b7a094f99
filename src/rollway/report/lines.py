"""One short present-tense sentence for what a step did on a host."""

from __future__ import annotations

from rollway.rollout.interrupted import RECORD
from rollway.rollout.journal import Event
from rollway.rollout.plan import Plan

_PLAIN = ("started", "removed", "kept")


def say(event: Event, plan: Plan | None) -> str:
    """`app-1: 4-1.2.0 is ready in green after 1.4 s`; for trouble, what was found."""
    if event.unreachable:
        return f"{event.host}: cannot be reached"
    if not event.ok:
        return f"{event.host}: {_trouble(event)}"
    return f"{event.host}: {_done(event, plan)}"


def _waits(event: Event) -> str:
    problem = event.result.get("problem") or {}
    return f"waits, {event.result.get('seconds_left', 0)} s at most: {problem.get('found', '')}"


def _trouble(event: Event) -> str:
    problem = event.result.get("problem") or {}
    parts = [problem.get("where", ""), problem.get("found") or str(event.result.get("msg", ""))]
    return ": ".join(part for part in parts if part)


def _done(event: Event, plan: Plan | None) -> str:
    release = plan.release_id if plan and plan.release.get("id") else ""
    seconds = f"after {event.result.get('seconds', 0.0):.1f} s"
    sentences = {
        "acquire": _acquired(event),
        "stage": _staged(event, release, seconds),
        "jobs": _worked(event, seconds),
        "late_jobs": _worked(event, seconds),
        "advance": f"runs {release}, ready {seconds}",
        "drain": f"sends nothing to {_leaving(event, plan)}, which stops first",
        "start": f"runs {release}, ready {seconds}",
        "switch": f"workers run {release} {seconds}",
        "still": _stilled(event),
        "place": f"runs its singletons of {release} {seconds}",
        "still_back": _stilled(event),
        "place_back": f"runs its singletons again {seconds}",
        "shift": _shifted(event, plan),
        "watch": "nothing fails more often than before",
        "retreat": f"sends nothing to {_leaving(event, plan)}, which goes back",
        "undo": f"runs {_previous(plan)} again, ready {seconds}",
        "unshift": f"serves {_previous(plan)} again",
        "queue": _waits(event),
        "look": "looked at",
        "freeze": "frozen",
        "unlock": f"released: {', '.join(event.result.get('released') or ['nothing'])}",
        "thaw": "released again",
        RECORD: "recorded as aborted",
        "prune_look": "looked at",
        "doctor_look": "looked at",
        "doctor_act": f"{len(event.result.get('repaired') or [])} repaired",
        "prune_act": f"freed {event.result.get('bytes', 0)} bytes",
        "inspect": "looked at",
        "vacate": "sends it no request any more",
        "remove": "nothing of it is left" if event.result.get("found") else "unlocked",
        "leave": "unlocked",
        "maintain": _page(event),
        "restore": f"as before, {_page(event)}",
        "settle": "serves the recorded slots, no worker of an earlier reload is left",
    }
    return sentences.get(event.step) or _recorded(event)


def _recorded(event: Event) -> str:
    """With what became of a plain project's containers, where there were any."""
    is_held = event.result.get("unlocked") is False
    plain = event.result.get("plain") or {}
    told = [f"{word}: {', '.join(plain[word])}" for word in _PLAIN if plain.get(word)]
    return "; ".join(["recorded, and held" if is_held else "recorded and unlocked", *told])


def _page(event: Event) -> str:
    page = event.result.get("maintenance")
    return f"answers 503, Retry-After {page['retry_seconds']}" if page else "answers as it did"


def _staged(event: Event, release: str, seconds: str) -> str:
    if "cut" in event.result:
        return f"runs {release}, ready {seconds}"
    if "pulled" in event.result:
        return f"has {release} {seconds}"
    return f"knows the servers of {release} {seconds}"


def _worked(event: Event, seconds: str) -> str:
    return f"has done {', '.join(event.result.get('jobs') or ['no job'])} {seconds}"


def _stilled(event: Event) -> str:
    stopped = ", ".join(event.result.get("stopped") or ())
    return f"stopped {stopped}" if stopped else "runs no singleton that has to stop"


def _acquired(event: Event) -> str:
    state = event.result.get("state") or {}
    active = (state.get("slots") or {}).get(state.get("active")) or {}
    if "slots" not in state or not event.result.get("facts", {}).get("engine"):
        return "acquired"
    return f"acquired, serves {active.get('release') or 'nothing yet'}"


def _shifted(event: Event, plan: Plan | None) -> str:
    if plan is None or event.wave is None:
        return "traffic moved"
    hosts = ", ".join(plan.waves[event.wave])
    number = f"wave {event.wave + 1} of {len(plan.waves)}"
    return f"{number}: traffic of {hosts} goes to {plan.release_id}"


def _leaving(event: Event, plan: Plan | None) -> str:
    if plan is None or event.wave is None:
        return "a host"
    return ", ".join(plan.stopping(plan.waves[event.wave]))


def _previous(plan: Plan | None) -> str:
    return str((plan.previous.get("id") if plan else None) or "what it did before")
