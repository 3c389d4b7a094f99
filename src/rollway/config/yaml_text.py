"""YAML as Compose reads it, and nothing that a reader would be surprised by.

PyYAML follows YAML 1.1, where `22:22` is 1342, `no` is false and `2024-01-01` a date. Compose reads
YAML 1.2 (gopkg.in/yaml.v3), where all of these are text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from rollway.config.problems import shown

LARGEST_NODES = 50_000
HALF = "half a character (a surrogate)"
_LONGEST_INT = 80  # 64 bits, their prefix and what may stand between them
DEEPEST = 60


class _Loader(yaml.SafeLoader):
    """Safe, YAML 1.2, and a key that stands twice is an error instead of a silent loss."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's
    """None of YAML 1.1's; ours are added below."""

    def compose_mapping_node(self, anchor: Any) -> Any:
        """Check keys as they are written: merges (`<<`) may bring a key a second time."""
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError(f"line {line}: a key is not a text")
            if not is_text(key.value):
                raise yaml.YAMLError(f"line {line}: the key {key.value!r} holds {HALF}")
            if key.value in seen:
                raise yaml.YAMLError(f"line {line}: the key {key.value!r} stands there twice")
            seen.add(key.value)
        return node


_RULES = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9_]*|0o?[0-7]+|0x[0-9a-fA-F]+|0b[01]+)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
)
for _tag, _pattern, _first in _RULES:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first)
    )


_SURROGATE = re.compile("[\\ud800-\\udfff]")
_ODD_TAGS = ("binary", "omap", "pairs", "set", "timestamp")
_LARGEST = 2**64


def _checked(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """A value as its tag says; a number of more than 64 bits is text, as written."""
    kind = node.tag.rpartition(":")[2]
    if not _PATTERNS[kind].fullmatch(node.value):
        raise yaml.YAMLError(f"line {node.start_mark.line + 1}: {shown(node.value)} is no {kind}")
    if kind == "int" and len(node.value) > _LONGEST_INT:
        return node.value
    value = _CONSTRUCTORS[kind](loader, node)
    return node.value if kind == "int" and abs(value) >= _LARGEST else value


def _refuse(loader: _Loader, node: yaml.Node) -> Any:
    return loader.construct_undefined(node)


_CONSTRUCTORS: dict[str, Callable[[_Loader, yaml.ScalarNode], Any]] = {
    "bool": _Loader.construct_yaml_bool,
    "int": _Loader.construct_yaml_int,
    "float": _Loader.construct_yaml_float,
}
_PATTERNS = {tag: re.compile(pattern) for tag, pattern, _ in _RULES}
for _tag in _CONSTRUCTORS:
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _checked)
for _tag in _ODD_TAGS:
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _refuse)


def is_text(value: str) -> bool:
    """Can it be written at all? An escape of YAML may spell half a character."""
    return not _SURROGATE.search(value)


def parse_yaml(text: str) -> Any:
    """The data of one YAML document; ValueError says in one line what is wrong with it."""
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    _check_size(content)
    return content


def _check_size(content: Any) -> None:
    """Aliases can spell a small file that unfolds without end."""
    pending, count = [(content, 0)], 0
    while pending:
        node, depth = pending.pop()
        count += 1
        if count > LARGEST_NODES or depth > DEEPEST:
            raise ValueError(f"it unfolds to more than {LARGEST_NODES} values or {DEEPEST} levels")
        children = node.values() if isinstance(node, dict) else node
        if isinstance(node, dict | list):
            pending += [(child, depth + 1) for child in children]
