"""What a release would change on a host, without a value that may be a secret leaving it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from .hiding import SERVICES, may_show, parts
from .manifest import Manifest
from .paths import AppPaths
from .releases import read_release
from .state import load_state

Content = Mapping[str, Any]
Variables = dict[tuple[str, str], str]

HIDDEN, HIDDEN_BEFORE, HIDDEN_NOW = "(hidden)", "(hidden, as before)", "(hidden, changed)"


def differences(paths: AppPaths, manifest: Manifest) -> dict[str, Any]:
    """Compare a manifest with the release that serves: variables, files, and the Compose text."""
    state = load_state(paths)
    serving = state.slots[state.active].release if state.active else None
    before: Content = {}
    if serving:
        before = read_release(paths.release(serving)) or {}
    return {
        "release": serving,
        "environment": _environment(before, manifest.content),
        "files": _files(before, manifest.content),
        "compose": _compose(before, manifest.content),
    }


def variables(text: str) -> Variables:
    """Return the variables of a rendered Compose text, by service and name."""
    return {
        (part.place[1], part.place[3]): part.value
        for part in parts(text)
        if part.place[0] == SERVICES and part.place[2:3] == ("environment",) and part.place[3:]
    }


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
    known = {part.place: part.lines for part in parts(old)}
    lines = difflib.unified_diff(
        list(_masked(old, known)),
        list(_masked(new, known)),
        fromfile="serving",
        tofile="planned",
        lineterm="",
    )
    return "".join(f"{line}\n" for line in lines)


def _masked(text: str, known: Mapping[tuple[str, ...], tuple[str, ...]]) -> Iterable[str]:
    for part in parts(text):
        if part.is_shown:
            yield from part.lines
        else:
            is_as_before = known.get(part.place) == part.lines
            yield part.hidden(HIDDEN_BEFORE if is_as_before else HIDDEN_NOW)


def _all_variables(content: Content) -> Variables:
    return variables(_texts(content))


def _texts(content: Content) -> str:
    accessories = content.get("accessories") or {}
    return f"{content.get('compose') or ''}{accessories.get('compose') or ''}"


def _word(old: str | None, new: str | None) -> str:
    if old is None:
        return "added"
    return "removed" if new is None else "changed"
