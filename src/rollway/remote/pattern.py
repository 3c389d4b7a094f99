"""Patterns of hosts: their terms, read strictly before Ansible reads them leniently.

Ansible takes the group `app` for `app[0`, every host for `!nope`, and leaves out what it does not
know; of `a:b,c` it looks for a host `a:b`. So each term is looked up alone, and has to be known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rollway.errors import RollwayError

ACCEPTED = "names, groups and * ? [ ] joined by : , & !"
EXAMPLE = "--limit=app-1:app-2"
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_SEPARATOR = re.compile(r"[:,](?![^\[]*\])")  # one in brackets belongs to the term


def terms(text: str) -> list[str]:
    """The parts of a pattern, `!` and `&` with them; RollwayError for a half or an empty one."""
    brackets = _BRACKETS.findall(text)
    if {*"[]"} & {*_BRACKETS.sub("", text)}:
        raise _refusal(text, "has a bracket without its other half")
    if "," in "".join(brackets):  # Ansible would split there
        raise _refusal(text, "has a comma in brackets")
    found = [term.strip() for term in _SEPARATOR.split(text)]
    if all(name_of(term) for term in found):
        return found
    raise _refusal(text, "has an empty term")


def name_of(term: str) -> str:
    """What a term names, without what it is for."""
    return term[1:].strip() if term[:1] in ("!", "&") else term


def check_known(found: Mapping[str, Sequence[str]], *, fleet: str) -> None:
    """Raises RollwayError where a term, alone, names no host; `found` is term → its hosts."""
    unknown = [repr(name_of(term)) for term, hosts in found.items() if not hosts]
    if unknown:
        raise RollwayError(
            "--limit",
            f"{', '.join(unknown)} matches no host of {fleet}",
            accepted="names and groups of the inventory",
            next=f"ansible-inventory --inventory={fleet} --graph",
        )


def _refusal(text: str, what: str) -> RollwayError:
    return RollwayError("--limit", f"{text!r} {what}", accepted=ACCEPTED, next=EXAMPLE)
