"""One module call without Ansible's own transport: the installed package does it.

The caller names the package it means by a digest; another one refuses, and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .arguments import COMPOSE_RELEASE, HAPROXY_BACKEND, complete
from .call import HostTools
from .problem import Problem

OTHER_PACKAGE = 75  # the exit code; sysexits.h calls it a temporary failure


def package_digest(folder: Path) -> str:
    """Return a hash of the sources of a package, names and contents."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def is_this_package(digest: str) -> bool:
    """Whether `digest` is that of the package that runs now."""
    return package_digest(Path(__file__).parent) == digest


def take(text: str, tools: HostTools) -> str:
    """Return the result of the call in `text`, both JSON.

    The call is an object with `module`, `arguments`, `check` and `diff`.
    """
    call = json.loads(text)
    try:
        result = _MODULES[call["module"]](call, tools)
    except Problem as problem:
        result = {"ok": False, "problem": problem.data, "changed": False}
    return json.dumps(result)


def _compose_release(call: dict[str, Any], tools: HostTools) -> dict[str, Any]:
    from .steps import run_step

    params = complete(COMPOSE_RELEASE, call["arguments"])
    return run_step(params, tools=tools, check=call["check"], diff=call["diff"])


def _haproxy_backend(call: dict[str, Any], _tools: HostTools) -> dict[str, Any]:
    from .edge_steps import run_edge_step

    params = complete(HAPROXY_BACKEND, call["arguments"])
    return run_edge_step(params, check=call["check"], diff=call["diff"])


_MODULES: dict[str, Callable[[dict[str, Any], HostTools], dict[str, Any]]] = {
    "compose_release": _compose_release,
    "haproxy_backend": _haproxy_backend,
}
