"""The one exception that people see: where, what was found, what is accepted, what to type next."""

from __future__ import annotations

from rollway import exits


class RollwayError(Exception):
    """Raised when a request cannot be carried out; the user does what `next` says."""

    def __init__(
        self,
        where: str,
        found: str,
        accepted: str = "",
        next: str = "",  # noqa: A002 - the word that errors use everywhere here
        exit_code: int = exits.USAGE,
    ) -> None:
        super().__init__(where, found, accepted, next)
        self.where = where
        self.found = found
        self.accepted = accepted
        self.next = next
        self.exit_code = exit_code

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.found}"]
        parts += [f"accepted: {self.accepted}"] if self.accepted else []
        parts += [f"next: {self.next}"] if self.next else []
        return "; ".join(parts)
