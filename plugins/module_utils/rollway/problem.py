"""Expected trouble as data: where, what was found, what is accepted, what to do next."""

from __future__ import annotations

import errno
from typing import TypedDict


class ProblemData(TypedDict):
    """How a module result carries a problem; an empty string has nothing to say."""

    where: str
    found: str
    accepted: str
    next: str


def problem(
    where: str,
    found: str,
    accepted: str = "",
    next: str = "",  # noqa: A002 - the word that results and messages use
) -> ProblemData:
    """Return a problem as plain data, ready for a module result."""
    return {"where": where, "found": found, "accepted": accepted, "next": next}


class Problem(Exception):  # noqa: N818 - a host's trouble is data, not an error of ours
    """Raised when a host is not in the state a step needs; a module turns it into `ok: false`.

    The person reading it should do what `next` says. Any other exception is a bug in Rollway.
    `details` are further keys for the module's result (container states, a lock's holder).
    """

    def __init__(
        self,
        where: str,
        found: str,
        accepted: str = "",
        next: str = "",  # noqa: A002 - as in `problem`
        *,
        details: dict[str, object] | None = None,
    ) -> None:
        self.data = problem(where, found, accepted, next)
        self.details = details or {}
        super().__init__(str(self))

    def __str__(self) -> str:
        data = self.data
        parts = [f"{data['where']}: {data['found']}"]
        if data["accepted"]:
            parts.append(f"accepted: {data['accepted']}")
        if data["next"]:
            parts.append(f"next: {data['next']}")
        return "; ".join(parts)


def of_the_host(error: OSError) -> Problem:
    """Return what a host's own trouble is for people: a full disk, a file that cannot be read."""
    following = "df -h" if error.errno == errno.ENOSPC else ""
    return Problem(error.filename or "host", error.strerror or str(error), next=following)
