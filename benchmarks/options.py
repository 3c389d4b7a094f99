"""What one benchmark measures, as typed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from rollway.lab.plan import MOST_HOSTS

GROWTH_HOSTS = (3, 6, 12)
MOST_ROUNDS = 100


@dataclass(frozen=True)
class Options:
    """`hosts` are the sizes of the fleet; `growth` those over which Rollway alone is measured."""

    hosts: tuple[int, ...] = (3, 6)
    rounds: int = 3
    growth: tuple[int, ...] = ()
    json: bool = False
    save: bool = False

    @property
    def sizes(self) -> tuple[int, ...]:
        """All sizes of the fleet, smallest first: a lab only grows."""
        return tuple(sorted({*self.hosts, *self.growth}))


def parse(words: Sequence[str]) -> Options:
    """The options; argparse ends the process with a sentence when one is wrong."""
    parser = argparse.ArgumentParser(prog="./invoke bench", allow_abbrev=False)
    parser.add_argument("--hosts", type=host_counts, default=Options.hosts)
    parser.add_argument("--rounds", type=round_count, default=Options.rounds)
    growth = parser.add_mutually_exclusive_group()
    growth.add_argument("--growth", action="store_const", const=GROWTH_HOSTS, default=())
    growth.add_argument("--growth-hosts", dest="growth", type=host_counts)
    for name in ("json", "save"):
        parser.add_argument(f"--{name}", action="store_true")
    return Options(**vars(parser.parse_args(words)))


def host_counts(text: str) -> tuple[int, ...]:
    """`3,6` as numbers, smallest first, each once."""
    return tuple(sorted({_number(word, most=MOST_HOSTS) for word in text.split(",")}))


def round_count(text: str) -> int:
    """How often each method is measured."""
    return _number(text, most=MOST_ROUNDS)


def _number(word: str, *, most: int) -> int:
    if word.isascii() and word.isdecimal() and 1 <= int(word) <= most:
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is not a number from 1 to {most}")
