"""The step `jobs`: run-once work of a release, such as a migration, once successful.

That a job starts is on record before it does. Where nobody saw its end, its container tells; where
that is gone, or was killed with the host, the outcome is unknown, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from .accessories import wait_for_accessories
from .call import Call
from .clock import Moment, timestamp
from .containers import Container, failure_reports, of_services, project_containers
from .files import write_atomic
from .job_records import JobRecord, read_jobs, write_job
from .manifest import Job, Manifest
from .names import JOBS
from .place import Place, environment
from .problem import Problem
from .slot import bring_up, remove_project
from .volumes import make_volumes

PATIENCE_SECONDS = 30.0  # for a step that still runs on the host
POLL_SECONDS = 0.05
SLOWEST_POLL_SECONDS = 1.0  # a migration of an hour is not asked a hundred thousand times
KILLED_FROM = 128  # the exit code of a process that a signal ended begins here
BUSY = ("running", "restarting", "paused", "removing")


@dataclass(frozen=True)
class Work:
    """What a run asks of this host; a person takes those in `takes_unknown` as done."""

    manifest: Manifest
    place: Place
    takes_unknown: frozenset[str] = frozenset()

    @property
    def release(self) -> str:
        return self.manifest.id


def run_jobs(call: Call, work: Work, names: Iterable[str]) -> dict[str, Any]:
    """Run these jobs of a release one after another, except those that are done.

    The result, or the problem of the first that is not, says under `jobs` what became of each;
    `unknown` names the one whose outcome is.
    """
    done: dict[str, Any] = {}
    for job in [work.manifest.job(name) for name in names]:
        if call.check:
            call.changed = True
            continue
        try:
            with call.timed(job.name):
                done[job.name] = _run(call, work, job).to_json()
        except Problem as problem:
            problem.details |= {"jobs": done, "job": job.name, "unknown": _unknown(call, work, job)}
            raise
    return {"jobs": done}


def _run(call: Call, work: Work, job: Job) -> JobRecord:
    """Hold the mutex to decide and to record, not while the job runs.

    The next run may then take over from a controller that was killed, and wait for the same job.
    """
    is_watched = False
    while True:
        with _alone(call):
            record = _decide(call, work, job, is_watched=is_watched)
        if not record.is_open:
            return record
        _watch(call, work, job, record)
        is_watched = True


def _decide(call: Call, work: Work, job: Job, *, is_watched: bool) -> JobRecord:
    """Return the record of a job that is done or runs; begin it where nothing speaks against it."""
    call.enter(JOBS, work.release)
    known = read_jobs(call.paths).get(work.release, {}).get(job.name)
    if known and known.is_done:
        return known
    if known is None or not known.is_open:
        return _begin(call, work, job)
    found = _container(call, work, job)
    if found and found.state in BUSY:
        return known
    if found and found.state == "created":  # killed before it ran
        return _begin(call, work, job)
    if found and _is_sure(found, known, is_watched=is_watched):
        return _end(call, work, job, known, found, is_watched=is_watched)
    return _without_outcome(call, work, job, known, is_watched=is_watched)


def _is_sure(found: Container, known: JobRecord, *, is_watched: bool) -> bool:
    """Whether the exit code is the job's own: a host that goes down kills what nobody watches."""
    return is_watched or known.timed_out or found.oom or found.exit_code < KILLED_FROM


def _begin(call: Call, work: Work, job: Job) -> JobRecord:
    check_nothing_runs(call)
    project = call.paths.project(JOBS)
    remove_project(call, project)
    make_volumes(call, work.manifest)
    wait_for_accessories(call, work.manifest, work.place)
    call.fence()
    text = environment(call, work.manifest, work.place)
    write_atomic(call.paths.slot_env(JOBS), text, mode=0o600)
    clock = call.tools.clock
    deadline = Moment.now(clock).after(job.timeout_seconds)
    record = JobRecord(call.run.id, timestamp(clock), deadline)
    write_job(call, work.release, job.name, record)
    try:
        bring_up(call, work.manifest, JOBS, [job.name])
    except Problem:
        found = _container(call, work, job)
        if found is None or found.state == "created":
            write_job(call, work.release, job.name, replace(record, finished=timestamp(clock)))
            raise
    return record


def _end(
    call: Call, work: Work, job: Job, known: JobRecord, found: Container, *, is_watched: bool
) -> JobRecord:
    """Record how it ended; one that failed while nobody watched is tried again."""
    ended = replace(known, finished=timestamp(call.tools.clock), exit_code=found.exit_code)
    reports = [] if ended.is_done else failure_reports(call.tools.engine, [found])
    write_job(call, work.release, job.name, ended)
    if not ended.is_done and not is_watched:
        return _begin(call, work, job)
    remove_project(call, call.paths.project(JOBS))
    if ended.is_done:
        return ended
    limit = f"did not end within {job.timeout_seconds:g} s"
    how = limit if ended.timed_out else f"exit code {found.exit_code}"
    raise _failed(call, job, how, reports)


def _without_outcome(
    call: Call, work: Work, job: Job, known: JobRecord, *, is_watched: bool
) -> JobRecord:
    now = timestamp(call.tools.clock)
    if job.is_idempotent and is_watched:
        write_job(call, work.release, job.name, replace(known, finished=now))
        raise _failed(call, job, "its container was removed while it ran", [])
    if job.is_idempotent:
        call.remarks.append(f"job {job.name}: nobody knows how it ended, so it runs again")
        return _begin(call, work, job)
    if job.name in work.takes_unknown:
        taken = replace(known, finished=now, taken_by=call.run.id)
        return write_job(call, work.release, job.name, taken)
    raise Problem(
        _where(call, job),
        f"job {job.name} began at {known.started}, and nobody knows how it ended",
        "a job that ended, or idempotent: true",
        "look at what it did; ./invoke promote takes it as done, ./invoke abort goes back",
    )


def _watch(call: Call, work: Work, job: Job, record: JobRecord) -> None:
    """Wait until the job has ended; one that takes too long is stopped."""
    clock, wait = call.tools.clock, POLL_SECONDS
    while (found := _container(call, work, job)) and found.state in BUSY:
        if record.deadline and record.deadline.seconds_left(clock) <= 0:
            with _alone(call):
                _stop(call, work, job, record, found)
            return
        clock.sleep(wait)
        wait = min(SLOWEST_POLL_SECONDS, wait * 1.1)


def _stop(call: Call, work: Work, job: Job, record: JobRecord, found: Container) -> None:
    """That it took too long is on record first: what it answers to the stop is no success."""
    write_job(call, work.release, job.name, replace(record, timed_out=True))
    call.fence()
    call.tools.engine.stop(found.id, grace_seconds=found.grace_seconds)


def _container(call: Call, work: Work, job: Job) -> Container | None:
    """The job's container of this release, the newest that Compose made."""
    found = project_containers(call.tools.engine, call.paths.project(JOBS))
    ours = [one for one in of_services(found, [job.name]) if one.release == work.release]
    return ours[-1] if ours else None


def check_nothing_runs(call: Call) -> None:
    """What a run that was killed left working, of another release, is neither cut nor doubled."""
    found = project_containers(call.tools.engine, call.paths.project(JOBS))
    busy = [one for one in found if one.state in BUSY]
    if busy:
        raise Problem(
            call.paths.project(JOBS),
            f"job {busy[0].service} of {busy[0].release} still runs, in {busy[0].name}",
            "no job that runs",
            f"docker wait {busy[0].name} on this host, then deploy again",
        )


def _unknown(call: Call, work: Work, job: Job) -> str | None:
    """The job's name where it began and nobody knows how it ended; it may even run."""
    record = read_jobs(call.paths).get(work.release, {}).get(job.name)
    return job.name if record and record.is_open and not job.is_idempotent else None


def _failed(call: Call, job: Job, how: str, reports: list[dict[str, Any]]) -> Problem:
    return Problem(
        _where(call, job),
        f"job {job.name}: {how}",
        f"exit code 0 within {job.timeout_seconds:g} s",
        "mend the job, then deploy again",
        details={"containers": reports},
    )


def _where(call: Call, job: Job) -> str:
    return f"{call.paths.project(JOBS)}/{job.name}"


def _alone(call: Call) -> AbstractContextManager[None]:
    return call.alone(seconds=PATIENCE_SECONDS)
