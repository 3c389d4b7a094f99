"""Values of inventory variables: what they may be, and the text or truth that they become."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from rollway.errors import RollwayError

TRUE: Final = frozenset({"y", "yes", "on", "1", "true", "t", "1.0"})
FALSE: Final = frozenset({"n", "no", "off", "0", "false", "f", "0.0"})
_IN_INVENTORY: Final = "edit group_vars/all.yml of the inventory"
_WHERE: Final = f"{_IN_INVENTORY}, or what -e gives"


def truth(name: str, value: Any) -> bool:
    """Whether the variable `name` says yes, in Ansible's words; what is no truth is refused."""
    word = str(value).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise RollwayError(
        name,
        "it has no value" if value is None or not word else f"found {value!r}",
        accepted="true or false",
        next=_WHERE,
    )


def texts(name: str, told: Any) -> dict[str, str]:
    """The texts of a mapping of names to values, as `name` of an inventory holds it.

    A number is told as YAML read it: what has to keep its zeros (`1.10`) stands in quotes.
    """
    found = {} if told is None else told
    odd = [key for key in found if not isinstance(key, str)] if isinstance(found, Mapping) else []
    if odd or not isinstance(found, Mapping):
        raise RollwayError(
            name,
            f"the name {odd[0]!r} is no text" if odd else "it is no mapping",
            accepted="a mapping of names to values",
            next=_IN_INVENTORY,
        )
    return {str(key): _text(f"{name}/{key}", value) for key, value in found.items()}


def _text(where: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or (isinstance(value, Collection) and not isinstance(value, str)):
        raise RollwayError(
            where,
            "it has no value" if value is None else "found a list or a mapping",
            accepted='a text, a number, true or false; "" for an empty text',
            next=_IN_INVENTORY,
        )
    return str(value)


def unresolved(name: str, reason: str) -> RollwayError:
    """The refusal of a variable whose template names something that is not there."""
    return RollwayError(
        name, f"its template cannot be resolved: {reason}", accepted="a value", next=_WHERE
    )
