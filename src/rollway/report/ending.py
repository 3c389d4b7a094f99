"""What a person reads last: what changed, where, how long, the address, the next command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rollway import exits
from rollway.rollout.trouble import said_of

DIGEST_CHARACTERS = 12
_NUMBERED = re.compile(r"(.*?)(\d+)")
_RANGE = 3  # hosts in a row from which on `first..last` is shorter
_CHANGED = {"good", "bad", "broken", "held", "aborted"}


def end_lines(result: Mapping[str, Any], *, seconds: float) -> list[str]:
    """The end of a run from its `result.json`."""
    said = result.get("sentence", "it ended without a plan")
    lines = [f"{result['outcome']}: {said} ({seconds:.1f} s)"]
    lines += [f"  {line}" for line in _changes(result)]
    stopped = result.get("interrupted_run") or {}
    lines += [f"  {line}" for line in step_lines(stopped.get("hosts") or ())]
    for problem in result.get("problems", []):
        lines += evidence(problem)
    lines += [f"  note: {note}" for note in result.get("notes") or []]
    if result["exit"] == exits.DONE and result.get("url"):
        lines.append(f"  url: {result['url']}")
    if result.get("next"):
        lines.append(f"  next: {result['next']}")
    return lines


def evidence(problem: Mapping[str, Any]) -> list[str]:
    """What failed on a host: its containers, the answers of their checks, their last lines."""
    found = [f"  {said_of(problem)}"]
    found += [f"    accepted: {problem['accepted']}"] if problem.get("accepted") else []
    for container in problem.get("containers") or []:
        found.append(f"    {container.get('name')}: {_state(container)}")
        found += [f"      check: {line}" for line in container.get("health_log") or []]
        found += [f"      {line}" for line in container.get("log_tail") or []]
    return found


def step_lines(hosts: Iterable[Mapping[str, Any]]) -> list[str]:
    """`app-1..app-3: stopped in stage`: how far the hosts of a run had come."""
    found: dict[str, list[str]] = {}
    for one in hosts:
        found.setdefault(one["step"], []).append(one["host"])
    return [f"{names_in_short(names)}: stopped in {step}" for step, names in found.items()]


def names_in_short(names: Iterable[str]) -> str:
    """`app-1..app-3, db`: numbered names in a row become a range."""
    rows = [list(row) for _, row in groupby(_numbered(names), key=lambda one: one[0])]
    return ", ".join(_range([name for _, name in row]) for row in rows)


def _changes(result: Mapping[str, Any]) -> list[str]:
    """Hosts by what they served and serve, and the images that changed."""
    if result["outcome"] not in _CHANGED:
        return []
    told = [host for host in result["hosts"] if "before" in host]  # a remove brings no release
    silent = [host["host"] for host in told if not host.get("answers", True)]
    heard = [host for host in told if host["host"] not in silent]
    served = {host["host"]: (host["before"], host["release"]) for host in heard}
    moves = list(dict.fromkeys(served.values()))
    if all(before == now for before, now in moves):
        return []
    lines = [
        f"{names_in_short(name for name, one in served.items() if one == move)}: {_move(*move)}"
        for move in moves
    ]
    lines += [f"{names_in_short(silent)}: no answer"] if silent else []
    return [*lines, *_images(result.get("previous_images") or {}, result.get("images") or {})]


def _move(before: str | None, now: str | None) -> str:
    if before == now:
        return f"{now or 'nothing'}, as before"
    return f"{before} → {now or 'nothing'}" if before else f"{now}, the first"


def _images(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for service, image in now.items():
        old = before.get(service)
        if old != image:
            yield f"{service}: {f'{_short(old)} → ' if old else ''}{_short(image)}"


def _short(image: str) -> str:
    """The beginning of the digest, as `docker images --digests` readers know it."""
    return image.rpartition(":")[2][:DIGEST_CHARACTERS] if "@" in image else image


def _state(container: Mapping[str, Any]) -> str:
    parts = [str(container[key]) for key in ("state", "health") if container.get(key)]
    parts += [f"exit code {container['exit_code']}"] if container.get("exit_code") else []
    parts += [f"restarts {container['restarts']}"] if container.get("restarts") else []
    parts += ["out of memory"] if container.get("oom") else []
    return ", ".join(parts)


def _numbered(names: Iterable[str]) -> Iterator[tuple[tuple[str, int], str]]:
    """Each name with what it shares with its neighbours in a row: the stem, and number - place."""
    for place, name in enumerate(names):
        match = _NUMBERED.fullmatch(name)
        yield ((match[1], int(match[2]) - place) if match else (name, -place)), name


def _range(names: Sequence[str]) -> str:
    return f"{names[0]}..{names[-1]}" if len(names) >= _RANGE else ", ".join(names)
