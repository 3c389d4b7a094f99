"""One thing that is not as the record says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

DOCTOR, RESTART, DEPLOY = "doctor", "restart", "deploy"
PAGE_ON, PAGE_OFF = "maintenance on", "maintenance off"


@dataclass(frozen=True)
class Finding:
    """Where, what was found, what the record says, and what puts it right.

    That is `next`, a command for this host, or `verb`, one of ours. `fix` says what `doctor --fix`
    does, by `mend`. `kind` is lock, release, file, environment, container, image, network,
    address, accessory or server.
    """

    kind: str
    where: str
    found: str
    accepted: str
    next: str = ""
    verb: str = ""
    fix: str = ""
    mend: Callable[[], None] | None = None

    @classmethod
    def mended(
        cls, kind: str, where: str, found: str, accepted: str, fix: str, mend: Callable[[], None]
    ) -> Finding:
        """Return a finding that `doctor --fix` puts right."""
        return cls(kind, where, found, accepted, verb=DOCTOR, fix=fix, mend=mend)

    def to_json(self) -> dict[str, str]:
        """Return it as plain data, for a module's result."""
        names = ("kind", "where", "found", "accepted", "next", "verb")
        return {name: getattr(self, name) for name in names}
