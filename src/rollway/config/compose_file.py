"""Reads a Compose file: YAML without surprises, interpolated from an explicit mapping."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway.config.interpolate import UnsetVariableError, interpolate
from rollway.config.problems import Problems, shown
from rollway.config.yaml_text import HALF, is_text, parse_yaml
from rollway.errors import RollwayError

LARGEST_BYTES = 1024 * 1024
OTHER_NAMES = ("compose.yaml", "docker-compose.yml", "docker-compose.yaml")
SET_IT = "a default like ${NAME:-value}, or rollway_variables in the inventory (group_vars/all.yml)"


def read_compose(path: Path, *, file: str) -> dict[str, Any]:
    """The file as data; RollwayError where it is missing, not YAML, or has no services.

    `file` is how errors name it.
    """
    try:
        content = parse_yaml(_text_of(path, file))
    except ValueError as error:  # UnicodeDecodeError too
        raise RollwayError(file, f"it is not YAML: {error}", next=f"edit {file}") from error
    services = content.get("services") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(services, dict) or not services:
        raise RollwayError(
            file, "it has no services", accepted="a mapping `services`", next=f"edit {file}"
        )
    return content


def _text_of(path: Path, file: str) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise RollwayError(
                file, "it is too large", accepted=f"{LARGEST_BYTES} bytes", next=f"shorten {file}"
            )
        return path.read_text(encoding="utf-8")
    except OSError as error:
        others = [name for name in OTHER_NAMES if path.with_name(name).exists()]
        do = f"rename {others[0]} to {path.name}" if others else f"write {file}"
        found = "there is no such file" if isinstance(error, FileNotFoundError) else str(error)
        raise RollwayError(file, found, accepted="a Compose file", next=do) from error


def interpolate_all(
    content: Mapping[str, Any], variables: Mapping[str, str], problems: Problems
) -> dict[str, Any]:
    """Every value interpolated; keys are left alone, as Compose does."""
    return {str(key): _walk(value, variables, problems, str(key)) for key, value in content.items()}


def _walk(value: Any, variables: Mapping[str, str], problems: Problems, path: str) -> Any:
    if isinstance(value, dict):
        return {
            str(key): _walk(one, variables, problems, f"{path}/{key}") for key, one in value.items()
        }
    if isinstance(value, list):
        return [_walk(one, variables, problems, f"{path}/{n}") for n, one in enumerate(value)]
    return _text(value, variables, problems, path) if isinstance(value, str) else value


def _text(text: str, variables: Mapping[str, str], problems: Problems, path: str) -> str:
    if not is_text(text):
        problems.add(path, f"{shown(text)} holds {HALF}")
        return ""
    try:
        value = interpolate(text, variables)
    except UnsetVariableError as error:
        problems.add(path, str(error), accepted=SET_IT)
    except ValueError as error:
        problems.add(path, str(error))
    else:
        if "\x00" not in value:
            return value
        problems.add(path, "it holds the character NUL")
    return ""
