"""What became of an application's jobs, by release; written before anything runs.

Every host of a run, edges too, keeps those that are done: whoever takes part next knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .call import Call
from .clock import Moment
from .paths import AppPaths
from .problem import Problem
from .releases import counter
from .sealed import read_sealed, write_sealed

RELEASES_KEPT = 50


@dataclass(frozen=True)
class JobRecord:
    """One attempt at a job; `started` and `finished` are RFC 3339.

    Without `finished` its outcome is not known yet. `exit_code` is None where it never ran or
    nobody saw its end; `timed_out` is noted before it is stopped; `taken_by` is the run in which
    a person took an unknown outcome as done.
    """

    run: str
    started: str
    deadline: Moment | None = None
    finished: str | None = None
    exit_code: int | None = None
    timed_out: bool = False
    taken_by: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> JobRecord:
        return cls(**{**value, "deadline": Moment.from_json(value.get("deadline"))})

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return asdict(self)

    @property
    def is_open(self) -> bool:
        return self.finished is None

    @property
    def is_done(self) -> bool:
        """Say whether it succeeded, or counts as if it had: it never runs again."""
        is_success = self.exit_code == 0 and not self.timed_out
        return self.finished is not None and (is_success or self.taken_by is not None)


Records = dict[str, dict[str, JobRecord]]


def read_jobs(paths: AppPaths) -> Records:
    """Return release → job → record; Problem when the file is not as Rollway wrote it."""
    content = read_sealed(paths.jobs)
    try:
        return {
            release: {job: JobRecord.from_json(one) for job, one in jobs.items()}
            for release, jobs in (content or {"releases": {}})["releases"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found = f"not a file of jobs: {error!r}"
        raise Problem(str(paths.jobs), found, "a file only Rollway wrote") from error


def jobs_as_data(paths: AppPaths) -> dict[str, dict[str, Any]]:
    """Return the same as plain data, for a result."""
    return {
        release: {job: one.to_json() for job, one in jobs.items()}
        for release, jobs in read_jobs(paths).items()
    }


def write_job(call: Call, release: str, job: str, record: JobRecord) -> JobRecord:
    """Write one record if the lock is still ours, and return it."""
    known = read_jobs(call.paths)
    _write(call, {**known, release: {**known.get(release, {}), job: record}})
    return record


def learn_jobs(call: Call, release: str, told: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep what other hosts have done of a release, where this one does not know it yet."""
    known = read_jobs(call.paths)
    here = known.get(release, {})
    done = {job: one for job, one in here.items() if one.is_done}
    new = {job: JobRecord.from_json(one) for job, one in told.items() if job not in done}
    if new:
        _write(call, {**known, release: {**here, **new}})


def _write(call: Call, records: Records) -> None:
    call.fence()
    newest = sorted(records, key=counter)[-RELEASES_KEPT:]
    content = {name: {job: one.to_json() for job, one in records[name].items()} for name in newest}
    write_sealed(call.paths.jobs, {"releases": content})
    call.changed = True
