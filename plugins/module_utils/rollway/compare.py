"""What a release would change on a host, without a value that may be a secret leaving it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .files import read_json
from .manifest import Manifest
from .paths import AppPaths
from .state import load_state

Content = Mapping[str, Any]
Variables = dict[tuple[str, str], str]

HIDDEN, HIDDEN_BEFORE, HIDDEN_NOW = "(hidden)", "(hidden, as before)", "(hidden, changed)"
LONGEST_SHOWN = 48
_SECRET_NAME = re.compile(
    r"pass|secret|token|key|credential|auth|private|salt|dsn|cert|cookie|session|signature",
    re.IGNORECASE,
)
_LOOKS_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=_.-]{16,}")
# Our own rendering: keys sorted, two spaces a level, one line a value (rollway.release.text).
_SERVICE = re.compile(r"  ([a-z0-9][a-z0-9_-]*):$")
_VARIABLE = re.compile(r"      ([^\s:][^:]*): (.*)$")


def differences(paths: AppPaths, manifest: Manifest) -> dict[str, Any]:
    """Compare a manifest with the release that serves: variables, files, and the Compose text."""
    state = load_state(paths)
    serving = state.slots[state.active].release if state.active else None
    before: Content = {}
    if serving:
        before = read_json(paths.release(serving) / "release.json") or {}
    return {
        "release": serving,
        "environment": _environment(before, manifest.content),
        "files": _files(before, manifest.content),
        "compose": _compose(before, manifest.content),
    }


def variables(text: str) -> Variables:
    """Return the variables of a rendered Compose text, by service and name."""
    found: Variables = {}
    for place, _, name, value in _walk(text):
        if name:
            found[place, name] = value
    return found


def may_show(name: str, value: str) -> bool:
    """Say whether a variable's value may be shown; what looks like a secret counts as one."""
    bare = value.strip("\"'")
    return not (
        _SECRET_NAME.search(name)
        or len(bare) > LONGEST_SHOWN
        or "@" in bare
        or _LOOKS_RANDOM.fullmatch(bare)
    )


def _environment(before: Content, now: Content) -> list[dict[str, Any]]:
    old, new = _all_variables(before), _all_variables(now)
    return [
        _change(service, name, old.get((service, name)), new.get((service, name)))
        for service, name in sorted({*old, *new})
        if old.get((service, name)) != new.get((service, name))
    ]


def _change(service: str, name: str, old: str | None, new: str | None) -> dict[str, Any]:
    shown = [None if one is None else one if may_show(name, one) else HIDDEN for one in (old, new)]
    return {
        "service": service,
        "name": name,
        "change": _word(old, new),
        "before": shown[0],
        "after": shown[1],
    }


def _files(before: Content, now: Content) -> list[dict[str, str]]:
    old, new = _digests(before), _digests(now)
    return [
        {"path": path, "change": _word(old.get(path), new.get(path))}
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ]


def _digests(content: Content) -> dict[str, str]:
    return {str(one["path"]): str(one["sha256"]) for one in content.get("files") or ()}


def _compose(before: Content, now: Content) -> str:
    """Return a unified diff of the rendered texts, values that may be secrets hidden."""
    old, new = (_texts(content) for content in (before, now))
    known = _all_variables(before)
    lines = difflib.unified_diff(
        list(_masked(old, known, is_new=False)),
        list(_masked(new, known, is_new=True)),
        fromfile="serving",
        tofile="planned",
        lineterm="",
    )
    return "".join(f"{line}\n" for line in lines)


def _masked(text: str, known: Variables, *, is_new: bool) -> Iterable[str]:
    for place, line, name, value in _walk(text):
        if not name or may_show(name, value):
            yield line
            continue
        has_changed = is_new and known.get((place, name)) != value
        yield f"      {name}: {HIDDEN_NOW if has_changed else HIDDEN_BEFORE}"


def _walk(text: str) -> Iterable[tuple[str, str, str, str]]:
    """Yield each line with its service, and name and value where it sets a variable."""
    service, inside = "", False
    for line in text.splitlines():
        match = _SERVICE.fullmatch(line)
        if match:
            service, inside = match[1], False
        elif not line.startswith("      "):
            inside = line == "    environment:"
        found = _VARIABLE.fullmatch(line) if inside else None
        yield (service, line, found[1], found[2]) if found else (service, line, "", "")


def _all_variables(content: Content) -> Variables:
    return variables(_texts(content))


def _texts(content: Content) -> str:
    accessories = content.get("accessories") or {}
    return f"{content.get('compose') or ''}{accessories.get('compose') or ''}"


def _word(old: str | None, new: str | None) -> str:
    if old is None:
        return "added"
    return "removed" if new is None else "changed"
