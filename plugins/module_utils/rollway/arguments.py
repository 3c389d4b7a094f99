"""The arguments of the modules, in Ansible's words, and what takes Ansible's part without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .haproxy_socket import MASTER_SOCKET
from .problem import Problem

Spec = dict[str, dict[str, Any]]

SLOT = {"type": "str"}  # checked by the steps: it may also be null
COMPOSE_RELEASE: Spec = {
    "step": {
        "type": "str",
        "required": True,
        "choices": [
            *("acquire", "stage", "jobs", "start", "switch", "still", "place", "undo"),
            *("conclude", "history"),
            *("audit", "look", "freeze", "unlock", "drift", "prune", "doctor", "remove"),
        ],
    },
    "app": {"type": "str", "required": True},
    "root": {"type": "path", "default": "/var/lib/rollway"},
    "kind": {"type": "str", "choices": ["app", "edge"], "default": "app"},
    "run": {"type": "dict", "required": True},
    "generation": {"type": "int"},
    "mode": {"type": "str", "choices": ["lock", "read"], "default": "lock"},
    "alive": {"type": "dict"},
    "services": {"type": "list", "elements": "dict"},
    "images": {"type": "list", "elements": "str"},
    "needs": {"type": "dict"},
    "claims": {"type": "list", "elements": "int"},
    "backend": {"type": "dict"},
    "reads_edge": {"type": "bool", "default": False},
    "scale": {"type": "dict"},
    "release_id": {"type": "str"},
    # These three hold secrets. `no_log` on them would replace every equal text in the result, such
    # as a registry's name in an image: the module as a whole logs nothing instead, see `main`.
    "manifest": {"type": "dict", "no_log": False},
    "compare": {"type": "dict", "no_log": False},
    "registry_auth": {"type": "dict", "no_log": False},
    "jobs": {"type": "list", "elements": "str"},
    "takes_unknown": {"type": "list", "elements": "str"},
    "singletons": {"type": "list", "elements": "str"},
    "keeps": {"type": "dict"},
    "placed": {"type": "dict"},
    "then_start": {"type": "bool", "default": False},
    "anew": {"type": "bool", "default": False},
    "service": {"type": "str"},
    "volumes": {"type": "bool", "default": False},
    "adopt": {"type": "dict"},
    "slot": SLOT,
    "old_slot": SLOT,
    "address": {"type": "str"},
    "inventory_host": {"type": "str"},
    "accessory_addresses": {"type": "dict"},
    "drain_seconds": {"type": "float", "default": 30},
    "deadline_seconds": {"type": "float"},
    "stops_first": {"type": "bool", "default": False},
    "outcome": {"type": "str", "choices": ["good", "bad", "aborted", "held"]},
    "hold": {"type": "dict"},
    "done_jobs": {"type": "dict"},
    "active_slot": SLOT,
    "keep_warm_seconds": {"type": "float", "default": 300},
    "retention": {"type": "int", "default": 5},
    "count": {"type": "int", "default": 20},
    "target": {"type": "str"},
    "serves": {"type": "list", "elements": "str"},
    "edges_told": {"type": "bool", "default": False},
    "hosts": {"type": "list", "elements": "str"},
    "manifests": {"type": "dict"},
    "record": {"type": "dict"},
    "voids": {"type": "list", "elements": "str"},
}

HAPROXY_BACKEND: Spec = {
    "app": {"type": "str", "required": True},
    "step": {
        "type": "str",
        "choices": [
            *("apply", "load", "read", "settle", "remove", "drift", "maintain", "watch"),
        ],
        "default": "apply",
    },
    "backend": {"type": "dict"},
    "servers": {"type": "list", "elements": "dict"},
    "probe": {"type": "list", "elements": "str", "default": []},
    "probe_seconds": {"type": "float", "default": 2},
    "observe_seconds": {"type": "float", "default": 0},
    "release_servers": {"type": "list", "elements": "str", "default": []},
    "back": {"type": "list", "elements": "dict"},
    "looks": {"type": "int", "default": 1},
    "deadline_seconds": {"type": "float", "default": 60},
    "run_id": {"type": "str", "default": ""},
    "maintenance": {"type": "dict"},
    "run": {"type": "dict"},
    "generation": {"type": "int"},
    "env": {"type": "str", "default": ""},
    "lock_root": {"type": "path"},
    "master_socket": {"type": "path", "default": MASTER_SOCKET},
    "root": {"type": "path", "default": "/var/lib/rollway-edge"},
    "config_dir": {"type": "path", "default": "/etc/haproxy"},
}

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "path": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "dict": (dict,),
    "list": (list,),
}


def complete(spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every argument of `spec`, with defaults; Problem for one that does not fit it."""
    unknown = sorted(given.keys() - spec.keys())
    if unknown:
        raise Problem("arguments", f"unknown: {', '.join(unknown)}", ", ".join(sorted(spec)))
    return {name: _value(name, rule, given.get(name)) for name, rule in spec.items()}


def _value(name: str, rule: Mapping[str, Any], given: Any) -> Any:
    if given is None:
        if rule.get("required"):
            raise Problem(name, "not given", "a value")
        return rule.get("default")
    if not isinstance(given, _TYPES[rule["type"]]) or given not in rule.get("choices", [given]):
        raise Problem(name, f"{given!r}", str(rule.get("choices", rule["type"])))
    return given
