"""Which release a run is about: its id when deploying, the choice when going back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollway import exits
from rollway.records.identity import verb_of
from rollway.rollout.fleet import HostView, other_slot
from rollway.rollout.hold import Hold
from rollway.rollout.plan import ABORT, DEPLOY, MAKING, PROMOTE, RESTART, ROLLBACK, Refusal
from rollway.rollout.request import Request

_REUSABLE = {"candidate", "good"}
_SPOILED = {"bad", "voided"}
_MOVING = {*MAKING, ROLLBACK, PROMOTE, ABORT}


def counter_of(release_id: str) -> int:
    """The counter in `<counter>-<version>`."""
    return int(release_id.split("-", 1)[0])


def web_replicas(manifest: Mapping[str, Any]) -> int:
    """How many replicas of the service behind the edge a release has on each host."""
    service = (manifest.get("http") or {}).get("service")
    counts = [one["replicas"] for one in manifest.get("services", []) if one["name"] == service]
    return int(counts[0]) if counts else 0


def release_id_for(
    manifest: Mapping[str, Any], views: Sequence[HostView], *, edges: Sequence[HostView] = ()
) -> str:
    """The id of this release: its own when hosts know it unspoiled, otherwise the next number.

    A release that was marked bad or voided gets a new id when it is deployed again, so that the
    records keep both attempts apart. `edges` know the last release of hosts outside this run.
    """
    known = {
        release_id
        for view in views
        for release_id, release in view.releases.items()
        if release.get("hash") == manifest["hash"] and release.get("version") == manifest["version"]
    }
    usable = [name for name in known if _outcomes(name, views) <= _REUSABLE]
    if usable:
        return max(usable, key=counter_of)
    numbers = [counter_of(name) for view in views for name in view.releases]
    numbers += [counter_of(view.last_release) for view in edges if view.last_release]
    return f"{max(numbers, default=0) + 1}-{manifest['version']}"


def choose_rollback(views: Sequence[HostView], *, wanted: str | None) -> dict[str, Any] | Refusal:
    """The manifest to go back to: `wanted`, or the good release that served before.

    That is the one in the other slot; where it is gone, the newest good one that is left. Where
    some hosts have left a release for good, the rollback that did so goes on.
    """
    manifests = {name: value for view in views for name, value in view.manifests.items()}
    active = {view.active_release for view in views}
    good = sorted((name for name in manifests if _is_good(name, views)), key=counter_of)
    if wanted is None:
        usable = [name for name in good if name not in active]
        before = [name for name in usable if name in _in_other_slots(views)]
        begun = [name for name in good if name in active] if _are_leaving(views) else []
        best = (begun or before or usable)[-1:]
        return dict(manifests[best[0]]) if best else _nothing_to_go_back_to(good)
    matching = [name for name in good if wanted in {name, manifests[name].get("version")}]
    if not matching:
        return _unknown_release(wanted, good)
    return dict(manifests[matching[-1]])


def choose_held(views: Sequence[HostView], hold: Hold) -> dict[str, Any] | Refusal:
    """The manifest of the release that is held, to go on with."""
    if not hold:
        return _nothing_held("promote", "a release that is held")
    held = str(hold["release"])
    manifests = [view.manifests.get(held) for view in views]
    lacking = [view.name for view in views if held not in view.manifests]
    if lacking:
        problem = {
            "where": "promote",
            "found": f"{held} never reached {', '.join(lacking)}",
            "accepted": "a release that every host has",
            "next": "./invoke abort, then deploy again",
        }
        return Refusal(exits.REFUSED, [problem])
    return dict(manifests[0] or {})


def choose_abort(views: Sequence[HostView], hold: Hold) -> dict[str, Any] | Refusal:
    """The manifest that served before the release which is held, or which a dead run left.

    That of the held release itself where nothing ever served.
    """
    left = abandoned(views, hold)
    if not left and not any(view.interrupted_run for view in views):
        return _nothing_held("abort", "a release that is held, or a run that was interrupted")
    manifests = {name: value for view in views for name, value in view.manifests.items()}
    if hold and not hold.get("previous") and not any(view.active for view in views):
        return dict(manifests.get(left[0]) or {"id": left[0]})  # it is given up: nothing served
    before = [str(hold["previous"])] if hold.get("previous") else _served_before(views, left)
    usable = [name for name in before if name in manifests and (name not in left or not hold)]
    return dict(manifests[usable[-1]]) if usable else _nothing_to_go_back_to(before)


def choose_restart(request: Request, views: Sequence[HostView]) -> dict[str, Any] | Refusal:
    """The manifest of the one release that serves everywhere, to start it anew."""
    serving = sorted({str(view.served_release or "nothing") for view in views})
    which = f"--env={request.env} --app={request.app}"
    left = left_by_others(request, views, known=serving)
    if left:
        return left
    manifests = {name: value for view in views for name, value in view.manifests.items()}
    if len(serving) != 1 or serving[0] not in manifests:
        found = f"the hosts serve {', '.join(serving)}"
        return refused(RESTART, found, "one release", f"./invoke status {which}")
    return _alone(request, manifests[serving[0]]) or dict(manifests[serving[0]])


def left_by_others(
    request: Request, views: Sequence[HostView], *, known: Iterable[str]
) -> Refusal | None:
    """Refuse to begin beside what runs left that this one does not go on with.

    Those are releases other than the `known` ones, or runs of other verbs that had begun none.
    """
    releases = {one.interrupted for one in views if one.interrupted} - {*known}
    runs = {one.interrupted_run for one in views if one.interrupted_run and not one.interrupted}
    moving = [run for run in sorted(runs) if verb_of(run) in _MOVING - {request.verb}]
    left = sorted(releases) or moving
    if not left:
        return None
    verbs = sorted({str(verb_of(one.interrupted_run)) for one in views if one.interrupted_run})
    again = next((verb for verb in verbs if verb in _MOVING), DEPLOY)
    which = f"--env={request.env} --app={request.app}"
    following = f"./invoke {again} {which} again, or ./invoke abort {which}"
    found = f"{left[0]} was interrupted"
    return refused(request.verb, found, "a fleet where no run is left", following)


def _alone(request: Request, release: Mapping[str, Any]) -> Refusal | None:
    """Refuse one service alone where the others would not be spared, or requests would be lost."""
    classes = {str(one["name"]): str(one["class"]) for one in release.get("services", [])}
    workers = [name for name, kind in classes.items() if kind == "worker"]
    if not request.service or request.service in workers:
        return None
    kind = classes.get(request.service)
    found = f"{request.service} is {kind}" if kind else f"{request.service} is no service of a slot"
    also = ": it starts anew with its slot, which loses no request" if kind == "web" else ""
    accepted = (
        f"workers ({', '.join(workers)})" if workers else "no service here, for none is a worker"
    )
    following = f"./invoke {RESTART} --env={request.env} --app={request.app}"
    return refused("--service", f"{found}{also}", accepted, following)


def refused(
    where: str, found: str, accepted: str, following: str, *, code: int = exits.REFUSED
) -> Refusal:
    """One problem that ends the run before any change."""
    problem = {"where": where, "found": found, "accepted": accepted, "next": following}
    return Refusal(code, [problem])


def abandoned(views: Sequence[HostView], hold: Hold) -> list[str]:
    """What `abort` leaves: the held release, or that of runs which were interrupted."""
    interrupted = {one.interrupted for one in views if one.interrupted}
    return [str(hold["release"])] if hold else sorted(interrupted)


def spoiled(views: Sequence[HostView], hold: Hold) -> list[str]:
    """What of it is not to come back: a run that was interrupted has judged no release.

    One that was good on every host before stays good: a rollback to it was interrupted, say.
    """
    left = abandoned(views, hold)
    return left if hold else [name for name in left if not _was_good(name, views)]


def is_deploy_begun(views: Sequence[HostView]) -> bool:
    """Whether a deploy, an adopt or a scale was interrupted.

    Going back then means to leave it, and to go no further.
    """
    verbs = {verb_of(view.interrupted_run) for view in views if view.interrupted_run}
    return not verbs.isdisjoint(MAKING) or bool(spoiled(views, {}))


def _served_before(views: Sequence[HostView], left: Sequence[str]) -> list[str]:
    """What hosts have on record beside what is left, the best last.

    That is on hosts which have no record of the run's end. A rollback that was interrupted may have
    left it for good on others: then it is the other way.
    """
    active = {name for view in views if (name := view.served_release)}
    others = sorted(active - {*left}, key=counter_of)
    whole = [name for name in others if not _outcomes(name, views) & _SPOILED]
    is_same = {view.served_release for view in views} == {*left}  # a restart leaves none
    goal = [name for name in left if name in active and (is_same or _was_good(name, views))]
    waiting = {view.served_release for view in views if view.interrupted_run}
    known = [name for name in whole if name in waiting]
    return list(reversed(dict.fromkeys([*reversed(known), *reversed(whole), *goal, *others])))


def _nothing_held(verb: str, accepted: str) -> Refusal:
    problem = {"where": verb, "found": "nothing is held", "accepted": accepted}
    return Refusal(exits.REFUSED, [{**problem, "next": "./invoke status"}])


def _in_other_slots(views: Sequence[HostView]) -> set[str]:
    others = (view.slots[other_slot(view.active)].release for view in views if view.active)
    return {release for release in others if release}


def _are_leaving(views: Sequence[HostView]) -> bool:
    """Whether a host still has a release on record that another one left for good."""
    active = {name for view in views if (name := view.active_release)}
    return len(active) > 1 and any(_outcomes(name, views) & _SPOILED for name in active)


def _was_good(release_id: str, views: Sequence[HostView]) -> bool:
    return _outcomes(release_id, views) == {"good"}


def _is_good(release_id: str, views: Sequence[HostView]) -> bool:
    outcomes = _outcomes(release_id, views)
    return "good" in outcomes and not outcomes & _SPOILED


def _outcomes(release_id: str, views: Sequence[HostView]) -> set[str]:
    return {
        str(view.releases[release_id].get("outcome"))
        for view in views
        if release_id in view.releases
    }


def _nothing_to_go_back_to(good: Sequence[str]) -> Refusal:
    return Refusal(exits.REFUSED, [_problem("no good release before the one that serves", good)])


def _unknown_release(wanted: str, good: Sequence[str]) -> Refusal:
    return Refusal(exits.REFUSED, [_problem(f"{wanted} is not kept as a good release", good)])


def _problem(found: str, good: Sequence[str]) -> dict[str, str]:
    return {
        "where": "rollback",
        "found": found,
        "accepted": ", ".join(good) or "none is kept on these hosts",
        "next": "./invoke status",
    }
