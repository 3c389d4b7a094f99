"""A service's environment as a mapping, with nothing left to what a host happens to have set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.config.compose_file import SET_IT
from rollway.config.problems import Problems


def as_mapping(value: Any, *, separators: str = "=") -> dict[str, Any]:
    """Compose's two spellings of a mapping: a mapping, or a list of `name=value`.

    A name without a value has None.
    """
    if isinstance(value, dict):
        return dict(value)
    pairs: dict[str, Any] = {}
    for entry in map(str, value or []):
        separator = next((one for one in separators if one in entry), "")
        name, _, text = entry.partition(separator) if separator else (entry, "", None)
        pairs[name] = text
    return pairs


def resolve_environment(
    value: Any, variables: Mapping[str, str], path: str, problems: Problems
) -> dict[str, Any]:
    """Every variable with its value; one without takes it from `variables`, as in Compose."""
    resolved: dict[str, Any] = {}
    for name, given in as_mapping(value).items():
        if given is None and name not in variables:
            problems.add(f"{path}/{name}", f"the variable {name} is not set", accepted=SET_IT)
        elif isinstance(given, dict | list):
            problems.add(f"{path}/{name}", "it is not one value", accepted="a text or a number")
        else:
            resolved[name] = variables[name] if given is None else given
    return resolved
