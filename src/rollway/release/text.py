"""Writes Compose text: every dollar sign is literal but those of our own variables."""

from __future__ import annotations

from typing import Any

import yaml

from rollway.config.interpolate import escape

_OPEN, _CLOSE = "\x00{", "}\x00"


def variable(name: str) -> str:
    """A variable that a host's slot fills in; YAML input can never hold its marks."""
    return f"{_OPEN}{name}{_CLOSE}"


def compose_text(content: Any) -> str:
    """The content as YAML that Compose interpolates only where `variable` stands."""
    return yaml.safe_dump(_escaped(content), sort_keys=False, allow_unicode=True, width=1000)


def _escaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {_escape_text(str(key)): _escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return _escape_text(value) if isinstance(value, str) else value


def _escape_text(text: str) -> str:
    return escape(text).replace(_OPEN, "${").replace(_CLOSE, "}")
