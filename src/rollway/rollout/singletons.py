"""Workers of which the fleet has one: where each runs, and is to run; who has to stop it. Pure.

A host's own record says whether it may run one. Of hosts that were not asked, the records of the
others say so: an edge's, which takes part in every run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollway import exits
from rollway.rollout.fleet import HostView
from rollway.rollout.journal import Event
from rollway.rollout.plan import DECIDING, RESTART, SCALE, Plan, Refusal
from rollway.rollout.planned import SingletonPlan
from rollway.rollout.request import Request
from rollway.rollout.scale import scale_options

Release = Mapping[str, Any]
WORKER = "worker"
AT_WORK = ("running", "restarting", "paused")


def singletons_of(release: Release) -> dict[str, Mapping[str, Any]]:
    """The services of a release of which the fleet has one, by name."""
    services = release.get("services") or []
    return {str(one["name"]): one for one in services if one.get("singleton")}


def plain_of(release: Release) -> set[str]:
    """The services of a release that every host runs."""
    services = release.get("services") or []
    return {str(one["name"]) for one in services if not one.get("singleton")}


def plan_singletons(
    request: Request,
    acquired: Mapping[str, Event],
    views: Sequence[HostView],
    release: Release,
) -> list[SingletonPlan]:
    """Those of the release, and those that hosts still have from the one before."""
    if restarted_service(request):
        return []
    kept = {name for view in views for name in view.singletons}
    names = sorted({*singletons_of(release), *kept, *placed_on(acquired)})
    return [_Where(request, acquired, views, name).planned(release) for name in names]


def restarted_service(request: Request) -> str:
    """The workers that a restart is about; a scale names a service, too, and starts whole slots."""
    return request.service if request.verb == RESTART else ""


def placed_on(acquired: Mapping[str, Event]) -> dict[str, list[str]]:
    """Singleton → the hosts where it may run, by the records of everybody who was asked."""
    found: dict[str, list[str]] = {}
    for name in sorted(acquired):
        state = acquired[name].result.get("state") or {}
        for service, hosts in (state.get("placed") or {}).items():
            known = found.setdefault(str(service), [])
            known += [str(host) for host in hosts if host not in known]
    return found


def lost_singletons(request: Request, acquired: Mapping[str, Event], plan: Plan) -> Refusal | None:
    """Refuse to start what a host may still run that the inventory does not have any more."""
    known = {*request.app_hosts, *request.outside, *request.gone}
    options = scale_options(request.service, request.replicas) if request.verb == SCALE else ""
    problems = [
        {
            "where": f"services/{name}",
            "found": f"{host} had it, and is not in the inventory: it may still run there",
            "accepted": "a singleton that runs nowhere else",
            "next": f"make sure that it is down on {host}, for good, then ./invoke {request.verb} "
            f"--env={request.env} --app={request.app}{options} --gone={host}",
        }
        for name, hosts in placed_on(acquired).items()
        if name in singletons_of(plan.release) and restarted_service(request) in ("", name)
        for host in hosts
        if host not in known
    ]
    return Refusal(exits.REFUSED, problems) if problems else None


def lacks_package(
    request: Request, acquired: Mapping[str, Event], views: Sequence[HostView], plan: Plan
) -> Refusal | None:
    """Refuse a singleton on hosts whose installed package is not this controller's.

    An older one ends slots and boots without knowing of singletons: it takes them off the record.
    Who decides about a run, or goes back, is not kept waiting for that.
    """
    if request.verb in DECIDING:
        return None
    serving = [view.manifests.get(str(view.served_release)) or {} for view in views]
    if not plan.singletons and not any(map(singletons_of, [plan.release, *serving])):
        return None
    problems = [
        {
            "host": view.name,
            "where": "rollway-host",
            "found": "another package than the controller's: it may forget where singletons run",
            "accepted": "the package of this controller",
            "next": f"./invoke provision --env={request.env}",
        }
        for view in views
        if acquired[view.name].result.get("has_package") is False
    ]
    return Refusal(exits.REFUSED, problems) if problems else None


def hosts_of_service(views: Iterable[HostView], release: Release, service: str) -> list[str]:
    """The hosts on which the workers of a service start again: of a singleton, where it runs."""
    is_singleton = service in singletons_of(release)
    return [view.name for view in views if not is_singleton or service in view.singletons]


def runs_nowhere(request: Request, plan: Plan) -> Refusal | None:
    """Refuse to restart a singleton that no host of the run has."""
    if not restarted_service(request) or plan.service_hosts:
        return None
    problem = {
        "where": "--service",
        "found": f"no host of this run has the singleton {request.service}",
        "accepted": "a run that is for its host",
        "next": f"./invoke status --env={request.env} --app={request.app}",
    }
    return Refusal(exits.REFUSED, [problem])


class _Where:
    """One singleton, as the hosts have it now."""

    def __init__(
        self,
        request: Request,
        acquired: Mapping[str, Event],
        views: Sequence[HostView],
        name: str,
    ) -> None:
        self.request, self.acquired, self.name = request, acquired, name
        self.views = {view.name: view for view in sorted(views, key=lambda view: view.name)}
        self.having = [host for host, view in self.views.items() if name in view.singletons]
        self.hinted = placed_on(acquired).get(name, [])
        self.missing = [host for host in request.outside if host not in request.gone]
        away = [host for host in self.hinted if host not in self.views]
        self.elsewhere = [host for host in away if host not in request.gone]

    def planned(self, release: Release) -> SingletonPlan:
        service = singletons_of(release).get(self.name)
        host, stays = self._chosen(service) if service else ("", "")
        return SingletonPlan(
            name=self.name,
            host=host,
            before=[*self.having, *self.elsewhere],
            still=self._to_be_told(host),
            home=self._home(),
            stays=stays,
        )

    def _chosen(self, service: Mapping[str, Any]) -> tuple[str, str]:
        """The host where it is to run, or why it stays as it is."""
        if self.elsewhere:
            where = ", ".join(self.elsewhere)
            return "", f"stays on {where} with the release it has: --limit leaves {where} out"
        if self.missing and not self.having:
            return "", "does not start: a run without --limit chooses its first host"
        told = [host for host in service.get("hosts") or [] if host in self.views]
        hinted = [host for host in self.hinted if host in self.views]
        return [*told, *self.having, *hinted, *self.views][0], ""

    def _to_be_told(self, host: str) -> list[str]:
        """Whoever may run it, before it starts; and edges that do not know its host yet."""
        if not host:
            return list(self.having)
        others = [view.name for view in self.views.values() if self._works_on(view)]
        edges = [name for name in self.request.edges if not self._knows(name, host)]
        return sorted({host, *self.having, *others, *edges})

    def _works_on(self, view: HostView) -> bool:
        """Whether it runs there without being on record: as a worker of every host, or by hand."""
        slots = {slot.release for slot in view.slots.values() if slot.release}
        manifests = [view.manifests.get(release) or {} for release in slots]
        services = [one for manifest in manifests for one in manifest.get("services") or []]
        was_plain = any(
            (one["name"], one["class"]) == (self.name, WORKER) and not one.get("singleton")
            for one in services
        )
        return was_plain or self._is_seen(view.name)

    def _is_seen(self, host: str) -> bool:
        listed = (self.acquired[host].result.get("containers") or {}).values()
        replica = re.compile(rf"{re.escape(self.name)}-[0-9]+")
        return any(
            replica.fullmatch(str(one.get("service"))) and one.get("state") in AT_WORK
            for found in listed
            for one in found
        )

    def _knows(self, edge: str, host: str) -> bool:
        event = self.acquired.get(edge)
        state = (event.result.get("state") if event else None) or {}
        return host in (state.get("placed") or {}).get(self.name, [])

    def _home(self) -> str:
        """Where it goes back to: the one host that has it, if the release there knows it so."""
        for host in self.having[:1]:
            view = self.views[host]
            if self.name in singletons_of(view.manifests.get(str(view.active_release)) or {}):
                return host
        return ""
