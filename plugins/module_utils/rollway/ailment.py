"""One thing that is wrong on a host, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .files import write_atomic
from .finding import Finding


@dataclass(frozen=True)
class Ailment:
    """Where and what; `fix` says what `mend` does, '' where only a person can.

    `next` is what a person does then, a command for this host or of ours. `kind` is engine, lock,
    state, release, container, slot, network, unit, ports or edge, or as of a finding of drift.
    """

    kind: str
    where: str
    found: str
    fix: str = ""
    next: str = ""
    mend: Callable[[], None] | None = None

    def to_json(self) -> dict[str, str]:
        """Return it as plain data, for a module's result."""
        names = ("kind", "where", "found", "fix", "next")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Told:
    """The slots to which edges send a host's requests; `is_whole` when every edge has told."""

    serves: tuple[str, ...] = ()
    is_whole: bool = False


def mended(findings: Iterable[Finding]) -> Iterator[Ailment]:
    """Yield what drift finds and a repair puts right."""
    for one in findings:
        if one.mend:
            yield Ailment(one.kind, one.where, one.found, one.fix, mend=one.mend)


def bad(path: Path) -> Path:
    """Return where a file is kept that cannot be read."""
    return path.with_name(f"{path.name}.bad")


def keep_bad(path: Path) -> None:
    """Copy a file that cannot be read beside itself; a crash leaves the one or both."""
    write_atomic(bad(path), path.read_bytes(), mode=0o600)
