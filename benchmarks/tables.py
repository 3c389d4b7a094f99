"""A result as text: the same tables for a terminal and for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.methods import GROWTH
from benchmarks.result import Result, Row

_MEBI = 1 << 20


@dataclass(frozen=True)
class Table:
    """A heading, the names of the columns, and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(result: Result) -> list[Table]:
    """Everything that is shown."""
    return [_methods(result), *_phases(result), *_growth(result)]


def _methods(result: Result) -> Table:
    columns = ("hosts", "method", "seconds", "least to most", "ratio", "largest process")
    rows = tuple(_cells(row) for row in result.rows())
    return Table("Release v1 to v2, image not on the hosts", columns, rows)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        str(row.hosts),
        row.method,
        f"{row.median:.2f}",
        f"{row.least:.2f} to {row.most:.2f}",
        "" if row.ratio is None else f"{row.ratio:.2f}",
        f"{row.peak_bytes / _MEBI:.0f} MiB",
    )


def _phases(result: Result) -> list[Table]:
    """A row per phase: there are more of them than fit beside one another."""
    found = result.phases()
    if not found:
        return []
    names = dict.fromkeys(name for split in found.values() for name in split)
    rows = [(name, *(f"{split.get(name, 0.0):.2f}" for split in found.values())) for name in names]
    columns = ("phase", *(f"{hosts} hosts, {method}" for hosts, method in found))
    return [Table("Where Rollway's seconds go", columns, tuple(rows))]


def _growth(result: Result) -> list[Table]:
    seconds = result.growth()
    if seconds is None:
        return []
    hosts = [row.hosts for row in result.rows() if row.method == GROWTH.name]
    title = f"Growth, {min(hosts)} to {max(hosts)} hosts"
    whole, by_phase = {"all": seconds}, result.growth_of_phases()
    rows = tuple((name, f"{slope:.3f}") for name, slope in {**whole, **by_phase}.items())
    return [Table(title, ("phase", "seconds per further host"), rows)]


def print_tables(found: Sequence[Table]) -> None:
    """On stdout, for people."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as RichTable

    console = Console()
    for one in found:
        drawn = RichTable(title=one.title, title_justify="left")
        for place, column in enumerate(one.columns):
            is_text = column in {"hosts", "method"} or place == 0
            drawn.add_column(column, justify="left" if is_text else "right")
        for row in one.rows:
            drawn.add_row(*map(escape, row))  # a method's name has brackets
        console.print(drawn)


def markdown(found: Sequence[Table]) -> str:
    """As a page."""
    return "\n".join(_markdown(one) for one in found)


def _markdown(table: Table) -> str:
    lines = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"## {table.title}\n\n{body}\n"
