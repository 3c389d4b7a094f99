"""The release that a host keeps, with another number of replicas of one service.

It is made here, since texts and files may hold secrets and stay on the host. The Compose text is
our own rendering (rollway.release.text): keys sorted, two spaces a level, one line a value. What
comes out is what the controller renders from a file with that number, to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .drift_files import content_hash
from .manifest import WEB, Manifest, without_contents
from .names import variable_part
from .paths import AppPaths
from .ports import Need
from .problem import Problem
from .releases import load_manifest
from .state import load_state

SCALED = "scaled"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")  # a key that YAML would read as such

Content = Mapping[str, Any]
Lines = list[str]


@dataclass(frozen=True)
class Scale:
    """A service, and how many replicas of it each app host is to run."""

    service: str
    replicas: int

    @classmethod
    def from_json(cls, value: Content) -> Scale:
        """Return what a run asks for; Problem where the name or the number is none."""
        need = Need.from_json({"name": value["service"], "replicas": value["replicas"]})
        return cls(need.service, need.replicas)

    def containers(self, replicas: int) -> Lines:
        """Return the names of so many replicas in the Compose text."""
        return [f"{self.service}-{number}" for number in range(1, replicas + 1)]


def offers(paths: AppPaths, scale: Scale) -> dict[str, dict[str, Any]]:
    """Return, for each release in a slot, what the service is there, and the release it becomes.

    Of that only what may leave the host; none where the service has no number of its own.
    """
    found: dict[str, dict[str, Any]] = {}
    for release in sorted(load_state(paths).releases_in_slots()):
        content = load_manifest(paths, release).content
        kind = kind_of(content, scale.service)
        one = scaled(content, scale) if _service(content, scale.service) else None
        found[release] = {"kind": kind, "release": without_contents(one) if one else None}
    return found


def needs_of(offered: Mapping[str, Content], scale: Scale) -> list[Need]:
    """Return the ports that the service will have, where the edge sends requests to it."""
    services = [_service(one["release"] or {}, scale.service) for one in offered.values()]
    has_ports = any(one and one["class"] == WEB and one.get("port") for one in services)
    return [Need(scale.service, scale.replicas)] if has_ports else []


def kind_of(content: Content, service: str) -> str | None:
    """Return the class of a service in a release; None where there is no such service."""
    one = _service(content, service)
    if one:
        return "singleton" if one.get("singleton") else str(one["class"])
    accessories = content.get("accessories") or {}
    if any(each["name"] == service for each in accessories.get("services") or ()):
        return "accessory"
    return "job" if any(each["name"] == service for each in content.get("jobs") or ()) else None


def scaled_manifest(paths: AppPaths, asked: Content, *, release: str, created: str) -> Manifest:
    """Return the release that `asked` makes of one that is kept, under its own id.

    Problem where it is not the one that was planned.
    """
    content = scaled(load_manifest(paths, asked["release"]).content, Scale.from_json(asked))
    if content["hash"] != asked["hash"]:
        raise Problem(
            str(paths.release(asked["release"])),
            f"becomes another release: hash {content['hash'][:12]}",
            f"hash {str(asked['hash'])[:12]}, as it was planned",
            "the same command again",
        )
    return Manifest.from_json({**content, "id": release, "created": created})


def scaled(content: Content, scale: Scale) -> dict[str, Any]:
    """Return a manifest with that many replicas; itself where it has so many already.

    Its jobs stay behind: the release that it comes from has done them. Problem where the service
    is not in it.
    """
    service = _service(content, scale.service)
    if service is None:
        raise Problem(f"services/{scale.service}", "no service of a slot", "a service of the slots")
    if service["replicas"] == scale.replicas:
        return dict(content)
    names = scale.containers(scale.replicas)
    changed = {**service, "replicas": scale.replicas, "containers": names}
    kept = {key: value for key, value in content.items() if key != "jobs"}
    new = {
        **kept,
        "services": [changed if one is service else one for one in content["services"]],
        "compose": _text(str(content["compose"]), scale, before=list(service["containers"])),
        SCALED: {**(content.get(SCALED) or {}), scale.service: scale.replicas},
    }
    return {**new, "hash": content_hash(new)}


def _service(content: Content, name: str) -> dict[str, Any] | None:
    return next((one for one in content.get("services") or () if one["name"] == name), None)


def _text(text: str, scale: Scale, *, before: Lines) -> str:
    """Rewrite the services of a rendered project: the replicas, and who depends on them."""
    sections = _items(text.removesuffix("\n").split("\n"), level=0)
    head, *body = sections.get("services") or [""]
    services = _items(body, level=1)
    if before[0] not in services:
        raise Problem(
            f"compose.yml/services/{before[0]}",
            "not in the text of the release",
            "a text as Rollway writes it",
            "./invoke deploy",
        )
    renumbered = _renumbered(services, scale, before)
    blocks = [_with_dependencies(block, scale, before) for block in renumbered.values()]
    sections["services"] = [head, *_flat(blocks)]
    return "\n".join([*_flat(sections.values()), ""])


def _with_dependencies(block: Lines, scale: Scale, before: Lines) -> Lines:
    """Let a service that waits for one of the replicas wait for all that there will be."""
    keys = _items(block[1:], level=2)
    head, *body = keys.get("depends_on") or [""]
    waited = _items(body, level=3)
    if before[0] not in waited:
        return block
    keys["depends_on"] = [head, *_flat(_renumbered(waited, scale, before).values())]
    return [block[0], *_flat(keys.values())]


def _renumbered(items: Mapping[str, Lines], scale: Scale, before: Lines) -> dict[str, Lines]:
    """Leave out surplus replicas, and add missing ones as copies of the first."""
    first, names = items[before[0]], scale.containers(scale.replicas)
    others = {name: lines for name, lines in items.items() if name not in before}
    ours = {
        name: items.get(name) or _copy(first, name, scale.service, number)
        for number, name in enumerate(names, start=1)
    }
    return dict(sorted({**others, **ours}.items()))


def _copy(first: Lines, name: str, service: str, number: int) -> Lines:
    """The first replica under another name, and at the port of its own."""
    head, *body = first
    indent = head[: len(head) - len(head.lstrip())]
    key = f"'{name}'" if _DATE.fullmatch(name) else name
    old, new = (f'published: "${{{_variable(service, one)}}}"' for one in (1, number))
    ours = (line.replace(old, new) if line.strip() == old else line for line in body)
    return [f"{indent}{key}:", *ours]


def _variable(service: str, number: int) -> str:
    return f"ROLLWAY_PORT_{variable_part(service)}_{number}"


def _items(lines: Lines, *, level: int) -> dict[str, Lines]:
    """Cut the lines of a mapping into its items; what does not begin one belongs to the last."""
    found: dict[str, Lines] = {}
    key = ""
    for line in lines:
        if _begins(line, level):
            key = line.strip().partition(":")[0].strip("'\"")
        found.setdefault(key, []).append(line)
    return found


def _begins(line: str, level: int) -> bool:
    indent = 2 * level
    return line[:indent].strip() == "" and line[indent : indent + 1] not in ("", " ", "-")


def _flat(parts: Iterable[Lines]) -> Lines:
    return [line for part in parts for line in part]
