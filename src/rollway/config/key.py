"""One row of the table of keys: what becomes of a key of a Compose file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from rollway.config.truths import is_true, is_truth

Treatment = Literal["kept", "rewritten", "not sent", "refused"]
Shape = Literal[
    "any",
    "mapping",
    "list",
    "mapping or list",
    "text",
    "number",
    "text or list",
    "list of mappings",
    "truth",
    "truth or mapping",
]


@dataclass(frozen=True)
class Key:
    """One key: what becomes of it, and why, or what to write instead.

    `values` are patterns of values that are refused although the key is not, each with what to
    write instead. `shape` is checked where Rollway reads the value itself.
    """

    treatment: Treatment
    note: str = ""
    shape: Shape = "any"
    values: Mapping[str, str] = field(default_factory=dict)

    def instead_of(self, value: Any) -> str | None:
        """What to write instead of this value, if it is refused."""
        if self.treatment == "refused":
            return self.note
        text = str(is_true(value) if is_truth(value) else value).lower()
        return next((do for one, do in self.values.items() if fnmatchcase(text, one)), None)


def kept(names: str) -> dict[str, Key]:
    """Rows of keys that Compose on the host gets as they are."""
    return {name: Key("kept") for name in names.split()}


def refused(names: str, instead: str) -> dict[str, Key]:
    """Rows of keys that cannot be used, with one thing to do instead."""
    return {name: Key("refused", instead) for name in names.split()}


BOTH_SLOTS = "leave it out: two slots of one host would claim it"
TOO_NEW = "it needs a newer Compose than hosts must have (2.24.4)"
