"""Checks the words of a command line before Invoke reads them.

Invoke takes its own options behind a verb, too: `deploy --dry` would deploy for real, and
`rollback --version=1` would print Invoke's version and end with 0. Both are wrong use here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from rollway.errors import RollwayError

if TYPE_CHECKING:
    from invoke import Collection
    from invoke.parser import ParserContext

_HELP: Final = frozenset({"--help", "-h"})
_CORE_WITH_VALUE: Final = frozenset(
    {
        *("--collection", "-c", "--config", "-f", "--search-root", "-r", "--hide"),
        *("--command-timeout", "-T", "--list-depth", "-D", "--list-format", "-F"),
    }
)


def check_words(words: Sequence[str], collection: Collection) -> None:
    """Raises RollwayError where a verb or an option behind it is not one of ours."""
    verbs = {context.name or "": context for context in collection.to_contexts()}
    rest = _skip_core(iter(words))
    verb: ParserContext | None = None
    places = 0
    for word in rest:
        if word == "--":
            return
        if not word.startswith("-"):
            if places:
                places -= 1  # a word that the verb itself asks for
                continue
            verb = _verb(word, verbs)
            places = len(verb.positional_args)
        elif verb and word not in _HELP and _takes_next(word, verb):
            next(rest, None)


def _skip_core(words: Iterator[str]) -> Iterator[str]:
    """Leaves out what stands before the first verb: that is for Invoke itself."""
    for word in words:
        if word in _CORE_WITH_VALUE:
            next(words, None)
        elif word == "--" or not word.startswith("-"):
            yield word
            yield from words


def _verb(word: str, verbs: Mapping[str, ParserContext]) -> ParserContext:
    if word in verbs:
        return verbs[word]
    near = get_close_matches(word, verbs, n=3)
    raise RollwayError(
        word, "there is no such verb", accepted=", ".join(near or verbs), next="./invoke --list"
    )


def _takes_next(word: str, verb: ParserContext) -> bool:
    """Whether the next word is this option's value."""
    name, has_value, _ = word.partition("=")
    if name not in verb.flags:
        raise _unknown(name, verb)
    return verb.flags[name].takes_value and not has_value


def _unknown(name: str, verb: ParserContext) -> RollwayError:
    return RollwayError(
        f"{verb.name} {name}",
        "there is no such option of this verb",
        accepted=", ".join(sorted(verb.flags)) or "none",
        next=f"./invoke {verb.name} --help",
    )
