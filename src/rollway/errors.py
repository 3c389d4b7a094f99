"""What a person can mend: the one base of Rollway's exceptions."""

from __future__ import annotations

from rollway import exits


class RollwayError(Exception):
    """Raised where a person must change something; the text says what, and what to do next.

    Args:
        where: path-like place of the trouble: `apps/iris/compose.yml: services/api/image`.
        found: what is there.
        accepted: what may be there; left out of the text when empty.
        next: what to do, best a command to copy; left out of the text when empty.
        exit_code: what the process ends with, one of `rollway.exits`.
    """

    def __init__(
        self,
        where: str,
        found: str,
        accepted: str = "",
        next: str = "",  # noqa: A002  # the word of every message and record
        *,
        exit_code: int = exits.USAGE,
    ) -> None:
        super().__init__(where, found, accepted, next)
        self.where = where
        self.found = found
        self.accepted = accepted
        self.next = next
        self.exit_code = exit_code

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.found}" if self.where else self.found]
        if self.accepted:
            parts.append(f"accepted: {self.accepted}")
        if self.next:
            parts.append(f"next: {self.next}")
        return "; ".join(parts)
