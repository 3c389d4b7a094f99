"""Expected trouble as data: where, what was found, what is accepted, what to do next."""

from __future__ import annotations

from typing import TypedDict


class ProblemData(TypedDict):
    """The shape in which a module result carries a problem; empty strings stand for 'nothing to say'."""

    where: str
    found: str
    accepted: str
    next: str


def problem(where: str, found: str, accepted: str = "", next: str = "") -> ProblemData:
    """Return a problem as plain data, ready for a module result."""
    return {"where": where, "found": found, "accepted": accepted, "next": next}


class Problem(Exception):
    """Raised when a host is not in the state a step needs; a module turns it into `ok: false`.

    The person reading it should do what `next` says. Any other exception is a bug in Rollway.
    `details` are further keys for the module's result (container states, a lock's holder).
    """

    def __init__(
        self,
        where: str,
        found: str,
        accepted: str = "",
        next: str = "",
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
