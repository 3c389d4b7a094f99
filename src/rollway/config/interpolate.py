"""Compose's interpolation, from an explicit mapping and never from the caller's environment.

Rules: the Compose specification, "Interpolation": `$$`, `$V`, `${V}`, and in braces `:-` `-`
`:?` `?` `:+` `+`, nested.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")


class UnsetVariableError(ValueError):
    """Raised when a variable without a default is not set; the user sets or defaults it."""


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """The text with its variables; ValueError says what is wrong with it."""
    output, position = [], 0
    while position < len(text):
        start = text.find("$", position)
        if start < 0:
            break
        output.append(text[position:start])
        value, position = _expand(text, start, variables)
        output.append(value)
    return "".join(output) + text[position:]


def _expand(text: str, start: int, variables: Mapping[str, str]) -> tuple[str, int]:
    following = text[start + 1 : start + 2]
    if following == "$":
        return "$", start + 2
    if following == "{":
        end = _closing_brace(text, start + 2)
        return _braced(text[start + 2 : end], variables), end + 1
    match = _NAME.match(text, start + 1)
    if not match:
        raise ValueError(f"a lone $ in {text!r}; write $$ for a dollar sign")
    return _required(match[0], variables), match.end()


def _closing_brace(text: str, start: int) -> int:
    depth = 1
    for position in range(start, len(text)):
        if text.startswith("${", position):
            depth += 1
        elif text[position] == "}":
            depth -= 1
        if depth == 0:
            return position
    raise ValueError(f"a ${{ without }} in {text!r}")


def _braced(inside: str, variables: Mapping[str, str]) -> str:
    match = _NAME.match(inside)
    if not match:
        raise ValueError(f"${{{inside}}} names no variable")
    name, rest = match[0], inside[match.end() :]
    if not rest:
        return _required(name, variables)
    operator = next((one for one in _OPERATORS if rest.startswith(one)), None)
    if operator is None:
        raise ValueError(f"${{{inside}}} is no interpolation of Compose")
    return _apply(name, operator, rest[len(operator) :], variables)


def _apply(name: str, operator: str, word: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name)
    is_set = bool(value) if operator.startswith(":") else value is not None
    if operator.endswith("+"):
        return interpolate(word, variables) if is_set else ""
    if is_set:
        return str(value)
    if operator.endswith("?"):
        said = interpolate(word, variables)
        raise UnsetVariableError(f"the variable {name} is not set" + (f": {said}" if said else ""))
    return interpolate(word, variables)


def _required(name: str, variables: Mapping[str, str]) -> str:
    if name not in variables:
        raise UnsetVariableError(f"the variable {name} is not set")
    return variables[name]


def names_in(text: str) -> set[str]:
    """The variables that a text names, whether or not they would be used."""
    plain = text.replace("$$", "")
    return set(re.findall(rf"\$\{{?({_NAME.pattern})", plain))


def escape(text: str) -> str:
    """The text as it must stand in a file that Compose interpolates again."""
    return text.replace("$", "$$")
