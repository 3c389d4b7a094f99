"""The verb `adopt`: a release takes the place of a plain Compose project. Pure.

What the hosts run is read when they are acquired; what they record of a project, `adopted`, is
there until a run about it has come to a good end, or has given it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollway import exits
from rollway.rollout.fleet import HostView
from rollway.rollout.hold import Hold
from rollway.rollout.jobs import YES
from rollway.rollout.journal import Event
from rollway.rollout.plan import (
    ABORT,
    ADOPT,
    DEPLOY,
    PROMOTE,
    RESTART,
    ROLLBACK,
    SCALE,
    Plan,
    Refusal,
)
from rollway.rollout.releases import abandoned, counter_of
from rollway.rollout.request import Request

ACCESSORY, GONE, JOB, WEB, WORKER = "accessory", "gone", "job", "web", "worker"
FILE = "file"  # of what a container may write to: one file of the host
BUSY = frozenset({"running", "restarting", "paused"})

Container = Mapping[str, Any]
Release = Mapping[str, Any]


def plain_on(event: Event) -> dict[str, Any]:
    """What a host said of the project; nothing where it was not asked."""
    return dict(event.result.get("plain") or {})


def containers_on(event: Event) -> list[Container]:
    """The project's containers on a host."""
    return list(plain_on(event).get("containers") or [])


def record_on(event: Event) -> dict[str, Any]:
    """What a host has on record of a project whose place is not taken for good yet."""
    return dict(event.result.get("adopted") or {})


def class_on(release: Release, host: str, service: str) -> str:
    """What a service of the project is in the release, on a host; `gone` where it is none."""
    for one in release.get("services", []):
        if one["name"] == service:
            return str(one["class"])
    if service in accessories_on(release, host):
        return ACCESSORY
    return JOB if any(one["name"] == service for one in release.get("jobs", [])) else GONE


def accessories_on(release: Release, host: str) -> dict[str, Any]:
    """The accessories of a release that run on a host, by name."""
    services = (release.get("accessories") or {}).get("services", [])
    return {str(one["name"]): one for one in services if host in one["hosts"]}


def is_there(request: Request, acquired: Mapping[str, Event]) -> bool:
    """Whether any host has a container of the project, or one on record."""
    events = [acquired[name] for name in request.app_hosts]
    return any(containers_on(event) or record_on(event) for event in events)


def already(
    request: Request, acquired: Mapping[str, Event], views: Sequence[HostView]
) -> Refusal | None:
    """There is nothing to adopt where every host serves a release and the project is gone."""
    if request.verb != ADOPT or is_there(request, acquired):
        return None
    if not all(view.active_release and not view.interrupted_run for view in views):
        return None
    serving = ", ".join(sorted({str(view.active_release) for view in views}))
    problem = {
        "where": ADOPT,
        "found": f"{serving} serves, and nothing of project {request.adopt['project']} is left",
        "next": f"./invoke deploy --env={request.env} --app={request.app} --version=X",
    }
    return Refusal(exits.DONE, [problem])


def is_begun(
    request: Request, acquired: Mapping[str, Event], views: Sequence[HostView]
) -> Refusal | None:
    """Refuse to go on with an adoption by a verb that knows nothing of the project."""
    if request.verb not in (DEPLOY, RESTART, SCALE):
        return None
    which = f"--env={request.env} --app={request.app}"
    begun = [view for view in views if record_on(acquired[view.name]) and not view.active_release]
    names = [view.name for view in begun]
    problems = []
    for view in begun:
        project = record_on(acquired[view.name])["project"]
        version = (view.interrupted or "").partition("-")[2] or "X"
        again = f"./invoke {ADOPT} {which} --version={version}"
        again += options_of(request, acquired, names)
        problem = {"host": view.name, "where": request.verb, "accepted": f"{ADOPT}, or {ABORT}"}
        found = f"a run was taking the place of project {project} here, and did not end"
        following = f"{again} continues, {way_back(request, names)} goes back"
        problems.append({**problem, "found": found, "next": following})
    return Refusal(exits.REFUSED, problems) if problems else None


def held_adoption(request: Request, acquired: Mapping[str, Event], hold: Hold) -> dict[str, Any]:
    """The project whose place a held release was taking, for whoever promotes that."""
    records = [record_on(event) for event in acquired.values()]
    begun = [one for one in records if one and not one.get("taken")]
    mine = [one for one in begun if one.get("release") == (hold or {}).get("release")]
    if request.verb != PROMOTE or not mine:
        return {}
    return {"project": mine[0]["project"], "keep": bool(mine[0].get("keeps_web"))}


def gap(request: Request, acquired: Mapping[str, Event]) -> list[str]:
    """A sentence for each accessory that has to stand still while the release's own starts."""
    release = request.manifest or {}
    return [
        f"{name}: {one['name']} stops, and {one['service']} of the release starts on its volumes: "
        "until it is ready, requests that need it wait or fail"
        for name in request.app_hosts
        for one in containers_on(acquired[name])
        if one["state"] in BUSY and class_on(release, name, one["service"]) == ACCESSORY
    ]


def asks_for_gap(request: Request, acquired: Mapping[str, Event]) -> Refusal | None:
    """Refuse to let an accessory stand still without a yes."""
    if request.verb != ADOPT or request.is_confirmed or request.reads_only:
        return None
    following = f"{command(request)} --yes"
    problems = [
        {"where": YES, "found": found, "accepted": "a yes", "next": following}
        for found in gap(request, acquired)
    ]
    return Refusal(exits.USAGE, problems) if problems else None


def command(about: Request | Plan) -> str:
    """What was typed, to type it again."""
    release = about.release if isinstance(about, Plan) else about.manifest or {}
    which = f"--env={about.env} --app={about.app} --version={release.get('version', 'X')}"
    keep = " --keep" if about.adopt.get("keep") else ""
    limit = f" --limit={','.join(about.app_hosts)}" if about.outside else ""
    return f"./invoke {ADOPT} {which} --project={about.adopt['project']}{keep}{limit}"


def options_of(request: Request, acquired: Mapping[str, Event], hosts: Sequence[str]) -> str:
    """What an adoption of these hosts was told, by their records: project, `--keep`, `--limit`."""
    begun = [one for name in hosts if (one := record_on(acquired[name]))]
    if not begun:
        return ""
    keep = " --keep" if any(one.get("keeps_web") for one in begun) else ""
    return f" --project={begun[0]['project']}{keep}{_limit(request, hosts)}"


def way_back(request: Request, hosts: Sequence[str]) -> str:
    """What gives the project back on these hosts; of some alone only a rollback does."""
    which, limit = f"--env={request.env} --app={request.app}", _limit(request, hosts)
    return f"./invoke {ROLLBACK} {which}{limit}" if limit else f"./invoke {ABORT} {which}"


def _limit(request: Request, hosts: Sequence[str]) -> str:
    is_part = bool({*request.app_hosts, *request.outside} - {*hosts})
    return f" --limit={','.join(hosts)}" if is_part else ""


def left_release(
    request: Request, acquired: Mapping[str, Event], views: Sequence[HostView], hold: Hold
) -> dict[str, Any]:
    """The release that going back leaves for the project; nothing where one serves that is older.

    A host that has it for good has lost the project: then there is only the way on.
    """
    is_back = request.verb == ABORT or (request.verb == ROLLBACK and request.to is None)
    if not is_back or any(view.active_release for view in views):
        return {}
    begun = [view for view in views if record_on(acquired[view.name])]
    known = {name: one for view in begun for name, one in view.manifests.items()}
    left = [name for name in abandoned(views, hold) if name in known]
    newest = (left or sorted(known, key=counter_of))[-1:]
    return dict(known[newest[0]]) if newest else {}


def recorded_project(acquired: Mapping[str, Event]) -> str:
    """The project that hosts have on record."""
    found = (record_on(event).get("project") for event in acquired.values())
    return next((str(project) for project in found if project), "")
