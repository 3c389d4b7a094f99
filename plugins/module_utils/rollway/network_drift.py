"""Networks of a project as its rendered file has them, against those that stand on the host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from .definition import keys_below
from .engine import Engine, Json
from .hiding import SERVICES, Part, parts
from .networks import key_of

_SWITCHES = {"internal": "Internal", "attachable": "Attachable", "enable_ipv6": "EnableIPv6"}
_MAPPINGS = {"driver_opts": "Options", "labels": "Labels"}
_TRUE = ("true", "yes", "on")
_PAIR = re.compile(r'\s+(?:- )?"?([^\s":=]+)"?(?:: |=)(.*)')
Found = tuple[str, str, str, str]  # the network in the file, its name here, found, accepted


def networks_of(text: str) -> dict[str, list[str]]:
    """Return the networks of each service of a rendered project."""
    return {
        part.place[1]: keys_below(part)
        for part in parts(text)
        if part.place[0] == SERVICES and part.place[2:] == ("networks",)
    }


def network_differences(engine: Engine, project: str, text: str) -> Iterator[Found]:
    """Compare what stands; one that is missing shows at the containers that should be in it."""
    declared: dict[str, dict[str, Part]] = {}
    for part in parts(text):
        if part.place[0] == "networks" and part.place[2:]:
            declared.setdefault(part.place[1], {})[part.place[2]] = part
    for network in sorted(engine.networks(project), key=lambda one: str(one["Name"])):
        key = key_of(project, network)
        for found, accepted in _differences(network, declared.get(key, {})):
            yield key, str(network["Name"]), found, accepted


def _differences(network: Json, wanted: Mapping[str, Part]) -> Iterator[tuple[str, str]]:
    for key, field in _SWITCHES.items():
        have, need = bool(network.get(field)), _value(wanted.get(key)).lower() in _TRUE
        if field in network and have != need:
            yield f"{key}: {str(have).lower()}", f"{key}: {str(need).lower()}"
    driver = _value(wanted.get("driver")) or "bridge"
    if network.get("Driver", driver) != driver:
        yield f"driver: {network['Driver']}", f"driver: {driver}"
    for key, field in _MAPPINGS.items():
        known, part = network.get(field) or {}, wanted.get(key)
        for name, value in (_pairs(part) if part and field in network else {}).items():
            if str(known.get(name)) != value:
                yield f"{key}/{name}: {known.get(name, '(not there)')}", f"{key}/{name}: {value}"


def _value(part: Part | None) -> str:
    return _plain(part.value) if part else ""


def _pairs(part: Part) -> dict[str, str]:
    found = (_PAIR.fullmatch(line) for line in part.lines[1:])
    return {match[1]: _plain(match[2]) for match in found if match}


def _plain(text: str) -> str:
    """Return a written value as Docker has it; dollar signs are doubled in the file."""
    whole = text if text.startswith('"') else text.rstrip('"')
    try:
        value = str(json.loads(whole)) if whole.startswith('"') else whole
    except ValueError:
        value = whole.strip('"')
    return value.replace("$$", "$")
