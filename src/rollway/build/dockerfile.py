"""Build arguments: what a Dockerfile declares, and what a person passes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rollway.errors import RollwayError

_ARG = re.compile(
    r"^[ \t]*ARG[ \t]+(?P<rest>(?:[^\n\\]|\\\r?\n|\\.)+)", re.MULTILINE | re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_LONGEST_VALUE = 4096
_ALWAYS_KNOWN = frozenset(
    name
    for word in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (word, word.lower())
)


def declared_args(dockerfile: str) -> frozenset[str]:
    """The names after ARG, several on a line too; without Docker's predefined ones."""
    names = set()
    for match in _ARG.finditer(dockerfile):
        for word in match["rest"].replace("\\\n", " ").split():
            name = _NAME.match(word)
            names |= {name[0]} if name else set()
    return frozenset(names)


def parse_args(written: Iterable[str]) -> dict[str, str]:
    """`NAME=value` each; RollwayError names the first that is not."""
    args: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise _refusal(text, "it is not NAME=value", "a name of letters, digits and _")
        if name in args:
            raise _refusal(text, f"{name} is given twice", "each name once")
        if len(value) > _LONGEST_VALUE or not value.isprintable():
            raise _refusal(name, "its value", f"up to {_LONGEST_VALUE} printable characters")
        args[name] = value
    return args


def check_known(args: Mapping[str, str], declared: Sequence[frozenset[str]]) -> None:
    """Refuse an argument that no Dockerfile declares: a typo would be silently without effect."""
    known = frozenset().union(*declared)
    for name in args:
        if name not in known | _ALWAYS_KNOWN:
            raise _refusal(name, "no Dockerfile declares it by ARG", ", ".join(sorted(known)))


def chosen_args(args: Mapping[str, str], declared: frozenset[str]) -> dict[str, str]:
    """Those that one Dockerfile knows: an environment's arguments are for all its applications."""
    return {name: args[name] for name in sorted(args) if name in declared | _ALWAYS_KNOWN}


def _refusal(text: str, found: str, accepted: str) -> RollwayError:
    return RollwayError(f"--build-arg={text[:80]}", found, accepted=accepted)
