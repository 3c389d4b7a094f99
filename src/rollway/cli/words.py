"""Checks the words of a command line before Invoke reads them.

Invoke takes its own options behind a verb, too: `deploy --dry` would deploy for real, and
`rollback --version=1` would print Invoke's version and end with 0. Both are wrong use here, as are
`--dry deploy`, which is about Invoke's own commands, and `rollback -- --check`, of which Invoke
hands nothing to the verb.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import takewhile
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
_DRY: Final = "R"
_SHORT_WITH_VALUE: Final = frozenset(word[1] for word in _CORE_WITH_VALUE if word[1] != "-")
_TAKES_WORDS: Final = frozenset({"exec"})
"""Verbs that read what stands behind two hyphens."""
_NEVER_EMPTY: Final = frozenset({"--limit", "--to"})
"""Without them a run is about more hosts, or goes to another release."""


def check_words(words: Sequence[str], collection: Collection) -> None:
    """Raises RollwayError where a verb or an option behind it is not one of ours."""
    verbs = {context.name or "": context for context in collection.to_contexts()}
    rest = _skip_core(iter(words))
    verb: ParserContext | None = None
    places = 0
    for word in rest:
        if word == "--":
            _check_rest(verb, [*rest])
            return
        if not word.startswith("-"):
            if places:
                places -= 1  # a word that the verb itself asks for
                continue
            verb = _verb(word, verbs)
            places = len(verb.positional_args)
        elif verb and word not in _HELP:
            name, _, value = word.partition("=")
            value = next(rest, value) if _takes_next(word, verb) else value
            if name in _NEVER_EMPTY and not value:
                raise _empty(name, verb)


def _skip_core(words: Iterator[str]) -> Iterator[str]:
    """Leaves out what stands before the first verb: that is for Invoke itself."""
    for word in words:
        if word in _CORE_WITH_VALUE:
            next(words, None)
        elif word == "--" or not word.startswith("-"):
            yield word
            yield from words
        elif _is_dry(word):
            raise RollwayError(
                word,
                "Invoke would run the verb for real",
                accepted="--check behind a verb that has it",
                next="./invoke deploy --env=NAME --check",
            )


def _is_dry(word: str) -> bool:
    """Whether it is `--dry`, or one of several short options in a word, up to one with a value."""
    if word.startswith("--"):
        return word.partition("=")[0] == "--dry"
    flags = takewhile(lambda letter: letter not in _SHORT_WITH_VALUE, word[1:])
    return _DRY in flags


def _check_rest(verb: ParserContext | None, words: Sequence[str]) -> None:
    """Raises RollwayError where a verb does not read what stands behind two hyphens."""
    if verb is None or verb.name in _TAKES_WORDS or not words:
        return
    raise RollwayError(
        f"{verb.name} -- {words[0]}",
        "this verb reads nothing behind two hyphens",
        accepted="options before them",
        next=f"./invoke {verb.name} --help",
    )


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


def _empty(name: str, verb: ParserContext) -> RollwayError:
    return RollwayError(
        f"{verb.name} {name}",
        "it has no value: is a variable of the shell not set?",
        accepted="a value, or no such option",
        next=f"./invoke {verb.name} --help",
    )


def _unknown(name: str, verb: ParserContext) -> RollwayError:
    return RollwayError(
        f"{verb.name} {name}",
        "there is no such option of this verb",
        accepted=", ".join(sorted(verb.flags)) or "none",
        next=f"./invoke {verb.name} --help",
    )
