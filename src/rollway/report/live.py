"""The progress of a run as a table that is drawn anew in place; other lines go above it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rollway.report.progress import CONTROLLER, Ended, Progress, Row, Update, Waits

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.text import Text

COLUMNS = ("host", "phase", "version", "health", "seconds")
TIMES_A_SECOND = 4
_WIDE = 80
_STEADY = 18  # the longest phase: the columns behind it stand still where there is room
_AROUND = 4  # lines that are no rows: columns, `and N more`, caption, and the one of the cursor


def table_of(progress: Progress, *, now: float, width: int, height: int) -> RenderableType:
    """The table for a terminal of that size; times by the clock that the updates carry."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    rows = progress.shown(max(height - _AROUND, 1))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in COLUMNS:
        table.add_column(name, justify="right" if name == "seconds" else "left", no_wrap=True)
    table.columns[1].no_wrap = False  # the first to be cut on a narrow terminal
    table.columns[1].min_width = _STEADY if width >= _WIDE else None
    for row in rows:
        table.add_row(*_cells(row, now))
    hidden = len(progress.rows) - len(rows)
    more = [Text(f"… and {hidden} more", style="dim")] if hidden else []
    return Group(table, *more, _caption(progress, now))


def _cells(row: Row, now: float) -> list[Text]:
    from rich.text import Text

    style = "red" if row.trouble else "bold" if row.is_moving else ""
    seconds = row.seconds_at(now)
    words = [row.host, row.words, row.version, row.health or "-"]
    words.append("-" if seconds is None else f"{seconds:.1f}")
    return [Text(word, style=style, no_wrap=True, overflow="ellipsis") for word in words]


def _caption(progress: Progress, now: float) -> Text:
    from rich.text import Text

    parts = [f"{progress.verb} of {progress.release}" if progress.release else progress.verb]
    if progress.waves:
        parts.append(f"wave {progress.wave} of {len(progress.waves)}")
    parts.append(f"{now - progress.began:.1f} s")
    return Text(", ".join(parts), style="dim", no_wrap=True, overflow="ellipsis")


class LiveOutput:
    """Draws the table from the first update on until `close`.

    What is printed meanwhile, by anybody in this process, goes above the table. Drawing has a
    console of its own on a copy of the descriptor: Ansible's lock around `sys.stdout` is held
    while it forks, and a thread that draws must never wait for it with the console locked.
    """

    def __init__(
        self, *, console: Console | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._progress = Progress()
        self._clock = clock
        self._console = console or _own_console()
        self._live: Live | None = None

    def show(self, update: Update) -> None:
        """Take the update over; the plan and every trouble are also said above the table."""
        self._progress = self._progress.after(update)
        if isinstance(update, Waits) or (isinstance(update, Ended) and _is_to_stay(update)):
            self._print(update.said)
        if self._progress.rows and self._live is None:
            self._live = self._begin()
            self._live.start(refresh=True)  # known before: an interruption here must find it

    def _print(self, said: str) -> None:
        if said:
            self._console.print(said, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the table as it stands, and the terminal as it was."""
        if self._live is None:
            return
        try:
            self._live.stop()
        except Exception:  # noqa: BLE001 - a signal broke into its start: half of it is there
            self._console.show_cursor()

    def _begin(self) -> Live:
        from rich.live import Live

        return Live(
            console=self._console,
            get_renderable=self._table,
            refresh_per_second=TIMES_A_SECOND,
            redirect_stderr=sys.stderr.isatty(),
        )

    def _table(self) -> RenderableType:
        width, height = self._console.size
        return table_of(self._progress, now=self._clock(), width=width, height=height)


def _is_to_stay(update: Ended) -> bool:
    return update.problem is not None or (update.host == CONTROLLER and update.step == "plan")


def _own_console() -> Console:
    from rich.console import Console

    copy = os.dup(sys.stdout.fileno())
    return Console(file=os.fdopen(copy, "w", encoding="utf-8", errors="replace"))
