"""Parses `x-rollway`; what Pydantic found becomes sentences with a path."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from rollway.config.model import Http, Rollout, Service, XRollway
from rollway.config.problems import Problems, neighbours, shown

_KEYS: dict[str, type[BaseModel]] = {"http": Http, "rollout": Rollout, "services": Service}


def parse_x_rollway(content: Any, problems: Problems) -> XRollway:
    """The settings; every problem is noted, and then the result has only defaults."""
    try:
        return XRollway.model_validate(content)
    except ValidationError as error:
        for one in error.errors():
            _note(one, content, problems)
        return XRollway()


def _note(error: Any, content: Any, problems: Problems) -> None:
    location = _location(error, content)
    path = "/".join(["x-rollway", *location])
    if error["type"] == "extra_forbidden":
        problems.add(path, "unknown key", accepted=neighbours(location[-1], _known(location)))
    elif error["type"] == "missing":
        problems.add(path, "it is missing")
    else:
        said = "" if "Value error" in error["msg"] else f"{shown(error['input'])}: "
        problems.add(path, f"{said}{message_of(error)}")


def _location(error: Any, content: Any) -> list[str]:
    """The error's path without the names of types that Pydantic tried there, such as `str`."""
    found: list[str] = []
    for part in error["loc"]:
        is_key = isinstance(content, dict) and (part in content or error["type"] == "missing")
        if is_key or (isinstance(content, list) and isinstance(part, int)):
            found.append(str(part))
            content = content.get(part) if is_key else content[part]
    return found


def message_of(error: Any) -> str:
    """What Pydantic says of one value, as the end of a sentence."""
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"


def _known(location: list[str]) -> list[str]:
    model: type[BaseModel] = XRollway
    if len(location) > 1:
        model = _KEYS.get(location[0], XRollway)
    return [field.alias or name for name, field in model.model_fields.items()]
