"""The list of the edge's cases; each enters itself."""

from __future__ import annotations

from collections.abc import Callable

Case = Callable[[], str]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """Give a case its name: what it says."""
    CASES[function.__name__.replace("_", " ")] = function
    return function
