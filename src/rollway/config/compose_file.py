"""Reads a Compose file: YAML without surprises, interpolated from an explicit mapping."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from rollway.config.interpolate import UnsetVariableError, interpolate
from rollway.config.problems import Problems
from rollway.errors import RollwayError


class _Loader(yaml.SafeLoader):
    """Safe, and a key that stands twice is an error instead of a silent loss."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
            if key in seen and key != "<<":
                line = key_node.start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: the key {key!r} stands there twice")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_compose(path: Path) -> dict[str, Any]:
    """The file as data; RollwayError where it is missing, not YAML, or no mapping."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError as error:
        raise RollwayError(
            str(path), "there is no such file", accepted="a Compose file", next=f"write {path}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        found = " ".join(str(error).split())
        raise RollwayError(str(path), f"it is not YAML: {found}", next=f"edit {path}") from error
    if not isinstance(content, dict) or not isinstance(content.get("services"), dict):
        raise RollwayError(
            str(path), "it has no services", accepted="a mapping `services`", next=f"edit {path}"
        )
    return content


def interpolate_all(
    content: Mapping[str, Any], variables: Mapping[str, str], problems: Problems
) -> dict[str, Any]:
    """Every value interpolated; keys are left alone, as Compose does."""
    return {key: _walk(value, variables, problems, str(key)) for key, value in content.items()}


def _walk(value: Any, variables: Mapping[str, str], problems: Problems, path: str) -> Any:
    if isinstance(value, dict):
        return {key: _walk(one, variables, problems, f"{path}/{key}") for key, one in value.items()}
    if isinstance(value, list):
        return [_walk(one, variables, problems, f"{path}/{n}") for n, one in enumerate(value)]
    return _text(value, variables, problems, path) if isinstance(value, str) else value


def _text(text: str, variables: Mapping[str, str], problems: Problems, path: str) -> str:
    try:
        return interpolate(text, variables)
    except UnsetVariableError as error:
        accepted = "rollway_variables in the inventory, or a default like ${NAME:-value}"
        problems.add(path, str(error), accepted=accepted)
    except ValueError as error:
        problems.add(path, str(error))
    return ""
