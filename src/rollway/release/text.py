"""Writes Compose text: every dollar sign is literal but those of our own variables."""

from __future__ import annotations

from typing import Any

import yaml

from rollway.config.interpolate import escape
from rollway.config.slot_variables import CLOSE, OPEN


class _Quoted(str):
    """A value of text, always written in double quotes: YAML 1.1 and 1.2 differ on plain ones."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Write what two places share twice: the text shall be read by people."""
        return True


def _write_quoted(dumper: _Dumper, value: _Quoted) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')


_Dumper.add_representer(_Quoted, _write_quoted)


def compose_text(content: Any) -> str:
    """The content as YAML that Compose interpolates only where a slot's variable stands.

    Keys are sorted: the same content is the same text, and so the same release.
    """
    return str(
        yaml.dump(
            _escaped(content),
            Dumper=_Dumper,
            sort_keys=True,
            allow_unicode=True,
            width=float("inf"),
        )
    )


def _escaped(value: Any) -> Any:
    """Values only: Compose leaves keys as they are."""
    if isinstance(value, dict):
        return {key: _escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return _Quoted(_escape_text(value)) if isinstance(value, str) else value


def _escape_text(text: str) -> str:
    return escape(text).replace(OPEN, "${").replace(CLOSE, "}")
