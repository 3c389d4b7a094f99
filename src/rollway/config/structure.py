"""Checks the keys and shapes of a Compose file by the table, before anything reads its values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from rollway.config.key import Key, Shape
from rollway.config.keys import TABLE
from rollway.config.problems import Problems, neighbours, shown
from rollway.config.truths import ACCEPTED, is_truth

_SAID = {"truth": ACCEPTED, "truth or mapping": ACCEPTED}


def check_structure(content: Mapping[str, Any], problems: Problems) -> None:
    """Note every key that the table refuses or does not know, and every value of another shape."""
    _check_keys(content, "", "", problems)


def _check_keys(node: Mapping[str, Any], pattern: str, path: str, problems: Problems) -> None:
    for name, value in node.items():
        if name.startswith("x-"):
            continue
        where = f"{path}/{name}" if path else name
        key = TABLE[pattern].get(name)
        if key is None:
            found = "unknown key"
            problems.add(where, found, accepted=neighbours(name, TABLE[pattern]))
        elif _is_fine(key, value, where, problems):
            _check_children(value, f"{pattern}.{name}" if pattern else name, where, problems)


def _is_fine(key: Key, value: Any, where: str, problems: Problems) -> bool:
    instead = key.instead_of(value)
    if instead:
        problems.add(where, f"{shown(value)} cannot be released", accepted=instead)
    elif value is not None and not has_shape(value, key.shape):
        problems.add(where, shown(value), accepted=_SAID.get(key.shape, f"a {key.shape}"))
        return False
    return not instead


def has_shape(value: Any, shape: Shape) -> bool:
    """Is the value of that shape? Numbers may be written as text, as after interpolation."""
    return _SHAPES[shape](value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list_of(value: Any, is_item: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(is_item(item) for item in value)


def _is_number(value: Any) -> bool:
    try:
        is_plain = not isinstance(value, bool) and str(value).isascii()
        return is_plain and math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _check_children(value: Any, pattern: str, path: str, problems: Problems) -> None:
    """Go on below a key: into the key itself, or into the names or items that people chose."""
    if pattern in TABLE and isinstance(value, dict):
        _check_keys(value, pattern, path, problems)
    if f"{pattern}.*" not in TABLE:
        return
    chosen = value.items() if isinstance(value, dict) else enumerate(_listed(value))
    for name, child in chosen:
        where = f"{path}/{name}"
        if isinstance(child, dict):
            _check_keys(child, f"{pattern}.*", where, problems)
        elif isinstance(child, list) or (isinstance(value, dict) and child is not None):
            problems.add(where, shown(child), accepted="a mapping")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_SHAPES: dict[Shape, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "mapping": _is_mapping,
    "list": lambda value: isinstance(value, list),
    "mapping or list": lambda value: _is_mapping(value) or _is_list_of(value, _is_text),
    "text": _is_text,
    "number": _is_number,
    "text or list": lambda value: isinstance(value, str | list),
    "list of mappings": lambda value: _is_list_of(value, _is_mapping),
    "truth": is_truth,
    "truth or mapping": lambda value: is_truth(value) or _is_mapping(value),
}
