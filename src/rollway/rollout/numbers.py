"""Numbers as people type them: digits of ours alone, within bounds."""

from __future__ import annotations

from rollway.config.sizes import is_count
from rollway.errors import RollwayError

_LONGEST_SHOWN = 40


def whole_number(
    text: str, option: str, *, bounds: range, what: str = "", note: str = "", example: str = ""
) -> int:
    """The number; RollwayError for another text, which `int` would take a part of: `1_0`, `٣`."""
    if is_count(text) and int(text) in bounds:
        return int(text)
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    raise RollwayError(
        option,
        f"found {shown!r}" if text else "no number was given",
        accepted=f"{what}{bounds.start} to {bounds.stop - 1}{note}",
        next=example,
    )
