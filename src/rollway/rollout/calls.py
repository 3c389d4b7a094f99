"""Which module call each step means on each host: the one place between a plan and the modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollway.rollout.candidate import images_on
from rollway.rollout.capacity import promised_bytes
from rollway.rollout.fleet import other_slot
from rollway.rollout.ledger import Ledger
from rollway.rollout.plan import PLANNED, RESTART, SCALE, Plan
from rollway.rollout.planned import HostPlan, JobPlan
from rollway.rollout.request import Request
from rollway.rollout.singleton_ledger import where_now
from rollway.rollout.singletons import plain_of
from rollway.rollout.verdict import Decision, Verdict

HOST_MODULE = "compose_release"
EDGE_MODULE = "haproxy_backend"
HOST_ROOT = "/var/lib/rollway"
EDGE_ROOT = "/var/lib/rollway-edge"
RETAINED_RELEASES = 5
OLD_WORKER_SECONDS = 15  # timeout http-keep-alive, within which an idle client of one leaves
GOOD, HELD = "good", "held"

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One module call on one host."""

    module: str
    arguments: dict[str, Any]


def place_of(fleet: Request | Plan, host: str) -> dict[str, str]:
    """What a host is in this run, and where its lock and records are.

    An edge that is an app host, too, has them once, also where a limit leaves it out.
    """
    if host in fleet.app_hosts:
        return {"kind": "app"}
    return {"kind": "edge"} if host in fleet.outside else {"kind": "edge", "root": EDGE_ROOT}


def acquire_calls(request: Request, host: str, *, reads_only: bool) -> list[Call]:
    """Ask a host what it is and take its lock; an edge also says what it serves."""
    arguments: dict[str, Any] = {
        **place_of(request, host),
        "step": "acquire",
        "mode": "read" if reads_only else "lock",
        "app": request.app,
        "run": request.run,
        "alive": request.alive,
    }
    arguments["reads_edge"] = host in request.edges
    if host in request.edges and http_of(request.manifest or {}):
        arguments["backend"] = backend_of(request.manifest or {})
    if host not in request.app_hosts:
        return [Call(HOST_MODULE, arguments)]
    services = [
        {"name": service["name"], "replicas": service["replicas"]}
        for service in (request.manifest or {}).get("services", [])
        if service["class"] == "web" and service.get("port")
    ]
    images = images_on(request.manifest or {}, host)
    asked: dict[str, Any] = {
        "services": services,
        "images": images,
        "needs": _needs(request.manifest or {}),
        "claims": _claims(request.manifest or {}, host),
    }
    if request.verb == SCALE:
        asked["scale"] = {"service": request.service, "replicas": request.replicas}
    if request.adopt:
        asked["adopt"] = request.adopt
    if reads_only and request.manifest:
        asked["compare"] = request.manifest
    if reads_only and request.verb in PLANNED:
        asked |= {"inventory_host": host, "address": request.addresses[host]}
    return [Call(HOST_MODULE, {**arguments, **asked})]


def _needs(release: Mapping[str, Any]) -> dict[str, Any]:
    """What a host has to tell its room for; of a release that it keeps it knows that itself."""
    has_gpus = any(one.get("gpus") for one in release.get("services", []))
    return {"memory_bytes": promised_bytes(release), "has_gpus": has_gpus}


def _claims(release: Mapping[str, Any], host: str) -> list[int]:
    """The ports that accessories publish on a host."""
    services = (release.get("accessories") or {}).get("services", [])
    return [int(one["port"]) for one in services if one.get("port") and host in one["hosts"]]


def stage_call(plan: Plan, host: HostPlan, manifest: Mapping[str, Any] | None) -> Call:
    """Bring the release to a host; the first wave's hosts go on and start it.

    Without a manifest the host makes it, of the release that it serves.
    """
    content = {"manifest": {**manifest, "id": plan.release_id}} if manifest else _scale(plan, host)
    arguments = {
        **_common(plan, host.name, "stage"),
        **content,
        "then_start": starts_with_stage(plan, host),
        **_slot_arguments(plan, host),
        **({"adopt": plan.adopt} if plan.adopt else {}),
    }
    return Call(HOST_MODULE, arguments)


def _scale(plan: Plan, host: HostPlan) -> dict[str, Any]:
    asked = {name: plan.scale[name] for name in ("service", "replicas")}
    made = {**asked, "release": host.old_release, "hash": plan.release["hash"]}
    return {"scale": made, "release_id": plan.release_id}


def starts_with_stage(plan: Plan, host: HostPlan) -> bool:
    """Whether a host of the first wave goes on and starts: nothing has to come before."""
    is_first = bool(plan.waves) and host.name in plan.waves[0]
    return is_first and not plan.hosts_after_jobs and not host.stops_first


def jobs_call(plan: Plan, host: HostPlan, jobs: Sequence[JobPlan]) -> Call:
    """Run the jobs of a staged release, as if in the slot where it starts."""
    arguments = {**_common(plan, host.name, "jobs"), **_slot_arguments(plan, host)}
    taken = [job.name for job in jobs if job.is_taken]
    asked = {"jobs": [job.name for job in jobs], "takes_unknown": taken}
    return Call(HOST_MODULE, {**arguments, **asked, "release_id": plan.release_id})


def start_call(plan: Plan, host: HostPlan) -> Call:
    """Start a staged release in the other slot; where both do not fit, the old one stops first."""
    arguments = {**_common(plan, host.name, "start"), **_slot_arguments(plan, host)}
    arguments |= {"anew": True} if plan.verb == RESTART else {}
    arguments |= {"stops_first": True} if host.stops_first else {}
    return Call(HOST_MODULE, {**arguments, "release_id": plan.release_id})


def undo_call(plan: Plan, host: HostPlan) -> Call:
    """Let the old slot of a host that stopped first serve again."""
    arguments = {**_common(plan, host.name, "undo"), **_slot_arguments(plan, host)}
    return Call(HOST_MODULE, {**arguments, "stops_first": True})


def switch_call(plan: Plan, host: HostPlan) -> Call:
    """Stop the workers of the other slot with grace, and start those of the release.

    The other slot, and not the recorded one: where traffic has moved already, as after a run that
    was held or killed, those are the same, and the workers may still stand in the other.
    """
    arguments = {**_common(plan, host.name, "switch"), "release_id": plan.release_id}
    slots = {"slot": host.new_slot, "old_slot": other_slot(host.new_slot)}
    alone = {"service": plan.service} if plan.service else {}
    return Call(HOST_MODULE, {**arguments, **slots, **alone})


def conclude_call(
    plan: Plan, ledger: Ledger, host: str, *, outcome: str, slot: str | None, record: Record
) -> Call:
    """Record what became of the run on a host, and unlock it unless a person has to decide."""
    arguments = {**_common(plan, host, "conclude"), "outcome": outcome, "record": dict(record)}
    if outcome == HELD:
        arguments["hold"] = _hold(plan, ledger, record)
    if ledger.jobs:
        arguments["done_jobs"] = dict(ledger.jobs)
    placed = {} if plan.leaves else _placed(plan, ledger, host, outcome)
    if placed is not None:
        arguments["placed"] = placed
    if plan.adopt:  # an edge learns of it that a question is answered
        arguments["adopt"] = plan.adopt
    if host not in plan.hosts:
        about = {"release_id": plan.release_id} if plan.release.get("id") else {}
        return Call(HOST_MODULE, {**arguments, **about, **place_of(plan, host)})
    rollout = plan.release.get("rollout", {})
    warm = 0 if plan.verb == RESTART else rollout.get("keep_warm_seconds", 300)
    if ledger.has_old_workers:
        warm = max(warm, OLD_WORKER_SECONDS)
    return Call(
        HOST_MODULE,
        {
            **arguments,
            "release_id": plan.release_id,
            "inventory_host": host,
            "address": plan.hosts[host].address,
            "slot": plan.hosts[host].new_slot,
            "active_slot": slot,
            "voids": plan.voids,
            "keep_warm_seconds": warm,
            "retention": RETAINED_RELEASES,
        },
    )


def _placed(plan: Plan, ledger: Ledger, host: str, outcome: str) -> dict[str, list[str]] | None:
    """Where singletons may run now; a host that runs one as a plain worker forgets it.

    Edges go on knowing hosts that a limit left out: those may still have it.
    """
    plain = plain_of(plan.release) if outcome == GOOD else ()
    outside = () if host in plan.hosts else plan.outside
    return where_now(plan.singletons, ledger.singletons, plain=plain, outside=outside)


def leave_call(plan: Plan, host: str, record: Record) -> Call:
    """Unlock an app host that turned out to be no part of the run: nothing changed there."""
    arguments = {**_common(plan, host, "conclude"), "outcome": "aborted"}
    return Call(HOST_MODULE, {**arguments, "record": {**record, "result": "outside"}})


def let_go_call(request: Request, host: str, record: Mapping[str, Any]) -> Call:
    """Unlock a host whose answer to acquire never came, if it has given its lock to this run."""
    asked = {"step": "conclude", "app": request.app, "run": request.run, "outcome": "aborted"}
    return Call(HOST_MODULE, {**asked, "record": dict(record), **place_of(request, host)})


def active_slot_of(plan: Plan, ledger: Ledger, verdict: Verdict, host: str) -> str | None:
    """The slot a host is recorded with when the run ends."""
    one = plan.hosts[host]
    stays = verdict.decision in {Decision.HOLD, Decision.LEAVE}
    if stays or ledger.reverted is False:
        is_up = host in ledger.started or one.action == "shift"
        stands_alone = one.stops_first and is_up and host not in ledger.restored
        return one.new_slot if host in ledger.moved or stands_alone else one.old_slot
    return one.new_slot if verdict.is_continue and host not in ledger.failed_hosts else one.old_slot


def release_on(plan: Plan, ledger: Ledger, verdict: Verdict, host: str) -> str | None:
    """The release that serves on a host when the run ends."""
    one = plan.hosts[host]
    is_new = active_slot_of(plan, ledger, verdict, host) == one.new_slot
    return plan.release_id if is_new else one.old_release


def _hold(plan: Plan, ledger: Ledger, record: Record) -> dict[str, Any]:
    """What a person decides about, as the lock keeps it: a question that is open stays the same."""
    jobs = sorted({*(plan.hold.get("jobs") or ()), *ledger.unknown_jobs} - {*ledger.jobs})
    began = {name: failure.host for name, failure in ledger.unknown_jobs.items()}
    places = {**(plan.hold.get("job_hosts") or {}), **began}
    unknown = {"jobs": jobs, "job_hosts": places} if jobs else {}
    if plan.hold:
        return {**plan.hold, **unknown}
    return {
        **unknown,
        "release": plan.release_id,
        "previous": plan.previous.get("id"),
        "hosts": list(plan.hosts),
        "run": plan.run["id"],
        "owner": plan.run.get("owner"),
        "since": plan.run.get("started"),
        "reasons": list(record.get("reasons", [])),
    }


def _common(plan: Plan, host: str, step: str) -> dict[str, Any]:
    return {
        "step": step,
        "app": plan.app,
        "run": plan.run,
        "generation": plan.generations[host],
    }


def _slot_arguments(plan: Plan, host: HostPlan) -> dict[str, Any]:
    return {
        "slot": host.new_slot,
        "address": host.address,
        "inventory_host": host.name,
        "drain_seconds": http_of(plan.previous or plan.release).get("drain_seconds", 30),
    }


def backend_of(release: Mapping[str, Any]) -> dict[str, Any]:
    """What an edge is told of a release that is behind it."""
    http = http_of(release)
    return {name: http[name] for name in ("ready", "hosts", "path", "retry", "drain_seconds")}


def http_of(release: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the edge asks of a release; nothing where no service is behind it."""
    http: Mapping[str, Any] = release.get("http") or {}
    return http
