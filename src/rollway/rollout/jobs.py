"""Run-once work of a release: where each job runs, whether it is done, what going back leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rollway import exits
from rollway.rollout.hold import Hold
from rollway.rollout.journal import Event
from rollway.rollout.plan import FORWARD, PROMOTE, ROLLBACK, ROLLING, Plan, Refusal
from rollway.rollout.planned import JobPlan
from rollway.rollout.releases import counter_of
from rollway.rollout.request import Request

YES = "--yes"
Record = Mapping[str, Any]


def plan_jobs(
    request: Request, acquired: Mapping[str, Event], release: Mapping[str, Any], hold: Hold
) -> list[JobPlan]:
    """The jobs of a release that goes on, in the order of the file; none for a verb that goes back.

    A job runs on the host that began it, else on the one it is told, else on the first by name:
    always the same one, so that no second host ever begins it. One that is taken as done, and whose
    host has left the inventory with its record, is on record from now on.
    """
    if request.verb not in FORWARD:
        return []
    taken = hold.get("jobs") or [] if request.verb == PROMOTE else []
    jobs = [
        _job(request, job, _records(acquired, str(release["id"]), job["name"]), taken)
        for job in release.get("jobs", [])
    ]
    gone = {name for name, host in (hold.get("job_hosts") or {}).items() if host not in acquired}
    lost = [one.name for one in jobs if one.is_taken and not one.record and one.name in gone]
    return [replace(one, record=_taken(request)) if one.name in lost else one for one in jobs]


def _taken(request: Request) -> dict[str, Any]:
    """The record of a job whose host took its own along: no other host is to begin it."""
    run, now = request.run["id"], request.run["started"]
    return {"run": run, "started": now, "finished": now, "taken_by": run}


def _job(
    request: Request, job: Mapping[str, Any], records: Mapping[str, Record], taken: Iterable[str]
) -> JobPlan:
    done = {host: one for host, one in records.items() if is_done(one)}
    began = [host for host, one in records.items() if not one.get("finished")]
    told = [*began, *job.get("hosts", []), *sorted([*request.app_hosts, *request.outside])]
    return JobPlan(
        name=job["name"],
        when=job["when"],
        host=told[0],
        is_idempotent=bool(job["idempotent"]),
        is_taken=job["name"] in taken,
        record=dict(next(iter(done.values()), {})),
    )


def _records(acquired: Mapping[str, Event], release: str, job: str) -> dict[str, Record]:
    """What each host knows of a job; edges know it of hosts that are outside the run."""
    found = {
        name: (event.result.get("jobs") or {}).get(release, {}).get(job)
        for name, event in sorted(acquired.items())
    }
    return {name: record for name, record in found.items() if record}


def is_done(record: Record) -> bool:
    """Whether it succeeded, or a person took it as done; the hosts decide by the same words."""
    is_success = record.get("exit_code") == 0 and not record.get("timed_out")
    return bool(record.get("finished")) and bool(is_success or record.get("taken_by"))


def out_of_reach(request: Request, plan: Plan) -> Refusal | None:
    """Refuse a run that has to do a job on a host which takes no part in it."""
    lost = [job for job in plan.jobs_to_do if job.host not in request.app_hosts]
    problems = [
        {
            "where": "--limit",
            "found": f"it leaves out {job.host}, where job {job.name} of {plan.release_id} runs",
            "accepted": f"a limit with {job.host}, or none",
            "next": f"./invoke {request.verb} --env={request.env} --app={request.app}"
            f" --version={plan.release.get('version')}",
        }
        for job in lost
    ]
    return Refusal(exits.REFUSED, problems) if problems else None


def asks_first(request: Request, acquired: Mapping[str, Event], plan: Plan) -> Refusal | None:
    """Refuse to go back past a job that the older release may not get along with, without a yes."""
    if request.is_confirmed or request.reads_only:
        return None
    problems = [
        {"where": YES, "found": found, "accepted": "a yes", "next": _with_yes(request, plan)}
        for found in left_behind(acquired, plan)
    ]
    return Refusal(exits.USAGE, problems) if problems else None


def left_behind(acquired: Mapping[str, Event], plan: Plan) -> list[str]:
    """A sentence for each job, not marked `backward_compatible`, that going back does not undo.

    Those of every release between the one that is left and the one that comes back count.
    """
    if plan.verb in ROLLING:
        return []
    known = [event.result.get("manifests") or {} for event in acquired.values()]
    manifests = {name: one for manifests in known for name, one in manifests.items()}
    newest = max((counter_of(name) for name in plan.voids), default=0)
    passed = [
        name
        for name in sorted(manifests, key=counter_of)
        if counter_of(plan.release_id) < counter_of(name) <= newest
        or (plan.leaves and name == plan.release_id)
    ]
    goal = f"project {plan.adopt['project']}" if plan.leaves else plan.release_id
    return [
        f"job {job['name']} of {name} is not undone, and not marked backward_compatible: "
        f"{goal} may not get along with what it did"
        for name in passed
        for job in manifests[name].get("jobs", [])
        if not job["backward_compatible"] and _may_have_done(acquired, plan, name, job["name"])
    ]


def _may_have_done(acquired: Mapping[str, Event], plan: Plan, release: str, job: str) -> bool:
    """By a record, or since the release is held for it: its host may be gone with the record."""
    if plan.hold.get("release") == release and job in (plan.hold.get("jobs") or ()):
        return True
    records = _records(acquired, release, job).values()
    return any(is_done(one) or not one.get("finished") for one in records)


def _with_yes(request: Request, plan: Plan) -> str:
    to = f" --to={request.to}" if request.verb == ROLLBACK and request.to else ""
    which = f"--env={request.env} --app={request.app}{to}{plan.limit_option}"
    return f"./invoke {request.verb} {which} --yes"
