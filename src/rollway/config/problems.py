"""Problems of one file, collected, so that a person mends them in one go."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rollway.errors import RollwayError

LONGEST_SHOWN = 60


@dataclass
class Problems:
    """The problems found so far in one file."""

    file: str
    found: list[str] = field(default_factory=list)

    def add(self, path: str, found: str, *, accepted: str = "") -> None:
        """Note one: a path like `services/api/ports`, what stands there, what may stand there."""
        self.found.append(f"{path}: {found}" + (f"; accepted: {accepted}" if accepted else ""))

    def end(self) -> None:
        """Raise RollwayError with every problem, if there is any."""
        if not self.found:
            return
        lines = "\n  ".join(self.found)
        text = lines if len(self.found) == 1 else f"{len(self.found)} problems\n  {lines}"
        raise RollwayError(self.file, text, next=f"edit {self.file} (docs/compose.md)")


def neighbours(name: str, known: Iterable[str]) -> str:
    """The names a typo probably meant, or all of them."""
    choices = sorted(known)
    return ", ".join(difflib.get_close_matches(name, choices, n=3) or choices)


def shown(value: Any, *, longest: int = LONGEST_SHOWN) -> str:
    """A value as errors show it: short."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"
