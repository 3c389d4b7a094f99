"""Parses `x-rollway`; what Pydantic found becomes sentences with a path."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from rollway.config.model import Http, Rollout, Service, XRollway
from rollway.config.problems import Problems, neighbours

_KEYS: dict[str, type[BaseModel]] = {"http": Http, "rollout": Rollout, "services": Service}


def parse_x_rollway(content: Any, problems: Problems) -> XRollway:
    """The settings; every problem is noted, and then the result has only defaults."""
    try:
        return XRollway.model_validate(content)
    except ValidationError as error:
        for one in error.errors():
            _note(one, problems)
        return XRollway()


def _note(error: Any, problems: Problems) -> None:
    location = [str(part) for part in error["loc"] if part not in {"int", "str"}]
    path = "/".join(["x-rollway", *location])
    if error["type"] == "extra_forbidden":
        problems.add(path, "unknown key", accepted=neighbours(location[-1], _known(location)))
    elif error["type"] == "missing":
        problems.add(path, "it is missing")
    else:
        message = error["msg"].removeprefix("Value error, ")
        shown = "" if "Value error" in error["msg"] else f"{error['input']!r}: "
        problems.add(path, f"{shown}{message[0].lower()}{message[1:]}")


def _known(location: list[str]) -> list[str]:
    model: type[BaseModel] = XRollway
    if len(location) > 1:
        model = _KEYS.get(location[0], XRollway)
    return [field.alias or name for name, field in model.model_fields.items()]
