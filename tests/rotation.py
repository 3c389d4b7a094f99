"""Which long tests a run of CI takes along: two minutes of them, and others at each commit.

Which ones follows from the commit alone, so that the same commit tries the same ones anywhere.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping, Sequence

from rollway.checking import ROOT

LONGEST_SECONDS = 120
USUAL_SECONDS = 45  # of a long test that states none, with its fixtures, on a slow machine


def choose(known: Mapping[str, int], commit: str) -> list[str]:
    """The names that have their turn, in the order of `known`; its values are their seconds."""
    taken: set[str] = set()
    left = LONGEST_SECONDS
    for name in sorted(known, key=lambda one: _turn(one, commit)):
        if known[name] <= left:
            taken.add(name)
            left -= known[name]
    return [name for name in known if name in taken]


def report(chosen: Sequence[str], commit: str) -> list[str]:
    """The lines that say which ones those are."""
    which = f"commit {commit[:12]}" if commit else "the same ones each time: git tells no commit"
    return [f"long tests in their turn ({which}):", *(f"  {name}" for name in chosen)]


def commit_of_checkout() -> str:
    """The commit that is checked out; '' where git does not tell."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    try:
        ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no git here
        return ""
    return ran.stdout.strip()


def _turn(name: str, commit: str) -> str:
    return hashlib.sha256(f"{commit} {name}".encode()).hexdigest()
