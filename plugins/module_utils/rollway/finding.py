"""One thing that is not as the record says."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """Where, what was found, what the record says; `next` is a command for this host, or ''.

    `kind` is lock, release, file, environment, container, image or server.
    """

    kind: str
    where: str
    found: str
    accepted: str
    next: str = ""

    def to_json(self) -> dict[str, str]:
        """Return it as plain data, for a module's result."""
        return asdict(self)
