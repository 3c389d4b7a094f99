"""What refuses an adoption before any change: data that would be left behind, and ports. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rollway import exits
from rollway.rollout.adoption import (
    ACCESSORY,
    BUSY,
    FILE,
    JOB,
    Container,
    Release,
    accessories_on,
    class_on,
    containers_on,
    is_there,
    plain_on,
    record_on,
)
from rollway.rollout.capacity import MEBIBYTE, needed_bytes
from rollway.rollout.fleet import HostView
from rollway.rollout.journal import Event
from rollway.rollout.mounts import Mounts, meeting, mounts_of
from rollway.rollout.plan import ADOPT, Refusal
from rollway.rollout.request import Request
from rollway.rollout.singletons import singletons_of

Problem = dict[str, str]


def cannot_adopt(
    request: Request, acquired: Mapping[str, Event], views: Sequence[HostView], release: Release
) -> Refusal | None:
    """Refuse with everything that is wrong on any host; None where all is well."""
    if request.verb != ADOPT:
        return None
    events = [acquired[name] for name in request.app_hosts]
    problems = [found for event in events for found in _foreign(request, event)]
    if not problems and not is_there(request, acquired):
        serving = any(view.active_release for view in views)
        problems = [] if serving else [_nothing(request, event) for event in events]
    if not problems:
        mounts = mounts_of(release)
        checks: list[Callable[[Request, Event], Iterator[Problem]]] = [
            lambda asked, event: _data(asked, event, mounts),
            lambda asked, event: _elsewhere(asked, event, release),
            lambda asked, event: _two_writers(asked, event, release),
            lambda asked, event: _ports(asked, event, release),
            lambda asked, event: _working(asked, event, release),
            lambda asked, event: _singletons(asked, event, release),
        ]
        problems = [
            found for event in events for check in checks for found in check(request, event)
        ]
        for view in views:
            event = acquired[view.name]
            problems += [*_room(view, event, release), *_at_work(request, view, event, release)]
    return Refusal(exits.REFUSED, problems) if problems else None


def _foreign(request: Request, event: Event) -> Iterator[Problem]:
    """A project of Rollway's own, or another one than a run has begun with."""
    project, known = request.adopt["project"], record_on(event).get("project")
    which = f"--env={request.env} --app={request.app}"
    if plain_on(event).get("is_rollway"):
        yield {
            "host": event.host,
            "where": "--project",
            "found": f"{project} is a project of Rollway's own",
            "accepted": "one that docker compose up made",
            "next": f"./invoke deploy {which} --version=X",
        }
    if known and known != project:
        again = f"./invoke adopt {which} --version=X --project={known}"
        yield {
            "host": event.host,
            "where": "--project",
            "found": f"{project}, while the place of {known} is being taken",
            "accepted": str(known),
            "next": f"{again}, or ./invoke abort {which}",
        }


def _nothing(request: Request, event: Event) -> Problem:
    projects = plain_on(event).get("projects") or []
    return {
        "host": event.host,
        "where": "--project",
        "found": f"no container of Compose project {request.adopt['project']}",
        "accepted": ", ".join(projects) or "a project that docker compose up made; there is none",
        "next": f"./invoke adopt --env={request.env} --app={request.app} --version=X"
        " --project=NAME",
    }


def _data(request: Request, event: Event, mounts: Mapping[str, Mounts]) -> Iterator[Problem]:
    """What a service wrote has to be where its release looks for it."""
    for one in containers_on(event):
        here = mounts.get(one["service"])
        for mount in one["mounts"] if here else []:
            assert here is not None
            kind, source, target = mount["kind"], mount["source"], mount["target"]
            places = here.places_of(source) if kind != "anonymous" else []
            stays = target in here.in_memory or (kind == FILE and here.has_own_file(target))
            if target not in places and (places or not stays):
                tell = _other_place if places else _LEFT_BEHIND[kind]
                yield {"host": event.host, **tell(request, one, source, target, here)}


def _other_volume(
    request: Request, one: Container, source: str, target: str, here: Mounts
) -> Problem:
    key, name = here.targets.get(target, ("data", "nothing"))
    mount = "" if target in here.targets else f"mount it (services/{one['service']}/volumes: "
    mount += f"[{key}:{target}]) and " if mount else ""
    return {
        "where": f"volume {source}",
        "found": f"{one['name']} has it at {target}, where the release would have {name}",
        "accepted": f"the volume that holds the data of {one['service']}",
        "next": f"{mount}write volumes: {{{key}: {{name: {source}}}}} in "
        f"apps/{request.app}/compose.yml",
    }


def _other_place(
    request: Request, one: Container, source: str, target: str, here: Mounts
) -> Problem:
    """A program that finds nothing where it looks begins anew, in the same volume."""
    places = here.places_of(source)
    key, _ = here.targets[places[0]]
    return {
        "where": source if source.startswith("/") else f"volume {source}",
        "found": f"{one['name']} has it at {target}, where the release would have it at "
        f"{', '.join(places)}",
        "accepted": "the same path in both",
        "next": f"write {key}:{target} in services/{one['service']}/volumes of "
        f"apps/{request.app}/compose.yml",
    }


def _no_name(_request: Request, one: Container, source: str, target: str, _here: Mounts) -> Problem:
    return {
        "where": f"volume {source[:12]}",
        "found": f"{one['name']} has data at {target}, in a volume without a name",
        "accepted": "a named volume with that data, or tmpfs in the file for what may go",
        "next": f"copy it into a named volume, mount that at {target} in "
        f"services/{one['service']}/volumes, docker compose up -d, then adopt again",
    }


def _other_path(
    request: Request, one: Container, source: str, target: str, here: Mounts
) -> Problem:
    _, name = here.targets.get(target, ("", "nothing"))
    return {
        "where": source,
        "found": f"{one['name']} may write to it, at {target}, where the release would have {name}",
        "accepted": "the same by its absolute path, or one that is mounted read-only",
        "next": f"write {source}:{target} in services/{one['service']}/volumes of "
        f"apps/{request.app}/compose.yml, or :ro in the project, and docker compose up -d",
    }


_LEFT_BEHIND = {
    "volume": _other_volume,
    "anonymous": _no_name,
    "folder": _other_path,
    FILE: _other_path,
}


def _elsewhere(request: Request, event: Event, release: Release) -> Iterator[Problem]:
    """A database that runs where the release has none would lose its data to another one."""
    everywhere = {
        str(one["name"]): ", ".join(one["hosts"])
        for one in (release.get("accessories") or {}).get("services", [])
    }
    for one in containers_on(event):
        service = one["service"]
        if service in everywhere and service not in accessories_on(release, event.host):
            yield {
                "host": event.host,
                "where": f"x-rollway/services/{service}/hosts",
                "found": f"{one['name']} runs here, and the release has it on "
                f"{everywhere[service]} alone",
                "accepted": f"hosts: {event.host}, or all; or a project without it here",
                "next": f"edit apps/{request.app}/compose.yml, or move its data and "
                f"docker compose rm --stop {service}",
            }


def _two_writers(request: Request, event: Event, release: Release) -> Iterator[Problem]:
    """What an accessory writes to, no other container may that runs on beside it."""
    data = (release.get("accessories") or {}).get("data") or {}
    for one in [*containers_on(event), *(plain_on(event).get("beside") or [])]:
        service = one.get("service", "")
        stops = bool(service) and class_on(release, event.host, service) == ACCESSORY
        if stops or one.get("state") not in BUSY:
            continue
        for name in accessories_on(release, event.host):
            for source in meeting(data.get(name, ()), one.get("writes", ())):
                called = f"call the accessory {name} {service}, as the project does, or "
                yield {
                    "host": event.host,
                    "where": source if source.startswith("/") else f"volume {source}",
                    "found": f"{one['name']} may write to it and runs on, and {name} of the "
                    "release would, too",
                    "accepted": "one that writes to it, or :ro for the other",
                    "next": f"{called if service else ''}docker stop {one['name']} on {event.host},"
                    f" then ./invoke adopt --env={request.env} --app={request.app} again",
                }


def _ports(request: Request, event: Event, release: Release) -> Iterator[Problem]:
    """Ports that HAProxy or an accessory of the release needs, while the project has them."""
    wanted = dict.fromkeys(plain_on(event).get("edge_ports") or [], "HAProxy on this host")
    for name, accessory in accessories_on(release, event.host).items():
        wanted |= {accessory["port"]: f"{name} of the release"} if accessory.get("port") else {}
    for one in containers_on(event):
        is_freed = class_on(release, event.host, one["service"]) == ACCESSORY
        for port in one["ports"]:
            if port in wanted and not (is_freed and wanted[port].endswith("of the release")):
                yield {
                    "host": event.host,
                    "where": f"port {port}",
                    "found": f"{one['name']} publishes it, and {wanted[port]} needs it",
                    "accepted": "another port for one of both",
                    "next": f"change ports of {one['service']} in the project, docker compose "
                    f"up -d, then ./invoke adopt --env={request.env} --app={request.app} again",
                }


def _working(request: Request, event: Event, release: Release) -> Iterator[Problem]:
    """A job or a one-off command of the project that still runs is nobody's to cut."""
    for one in containers_on(event):
        kind = class_on(release, event.host, one["service"])
        if one["state"] in BUSY and (one["is_one_off"] or kind == JOB):
            yield {
                "host": event.host,
                "where": str(one["name"]),
                "found": f"a command of {one['service']} still runs",
                "accepted": "a project whose jobs have ended",
                "next": f"docker wait {one['name']} on {event.host}, then ./invoke adopt "
                f"--env={request.env} --app={request.app} again",
            }


def _singletons(request: Request, event: Event, release: Release) -> Iterator[Problem]:
    """A worker of which the fleet has one stops host by host: on the way two would work at once."""
    for one in containers_on(event):
        service = one["service"]
        if service in singletons_of(release):
            yield {
                "host": event.host,
                "where": f"x-rollway/services/{service}/singleton",
                "found": f"{one['name']} is here, and the release has one {service} in the fleet",
                "accepted": f"a project without {service} on any host",
                "next": f"docker compose rm --stop {service} on {event.host}, then ./invoke adopt "
                f"--env={request.env} --app={request.app} again",
            }


def _at_work(request: Request, view: HostView, event: Event, release: Release) -> Iterator[Problem]:
    """A database of the project that works beside a release: a failure could not put both back."""
    for one in containers_on(event) if view.active_release else []:
        is_accessory = class_on(release, event.host, one["service"]) == ACCESSORY
        if is_accessory and one["state"] in BUSY:
            yield {
                "host": event.host,
                "where": str(one["name"]),
                "found": f"it works beside {view.active_release}, which serves here: where the run "
                "fails it would stay down",
                "accepted": "one that stands still, once requests can do without it",
                "next": f"docker stop {one['name']} on {event.host}, then ./invoke adopt "
                f"--env={request.env} --app={request.app} again",
            }


def _room(view: HostView, event: Event, release: Release) -> Iterator[Problem]:
    """The project runs on while the release starts, so both have to fit."""
    needed, left = needed_bytes(release, {}), view.facts.get("memory_available_bytes")
    running = any(one["state"] in BUSY for one in containers_on(event))
    if view.active or not running or left is None or needed <= left:
        return
    yield {
        "host": view.name,
        "where": "memory",
        "found": f"{left / MEBIBYTE:.0f} MiB available beside the project",
        "accepted": f"at least {needed / MEBIBYTE:.0f} MiB, what the release may take",
        "next": f"make room on {view.name}, or leave it out with --limit",
    }
