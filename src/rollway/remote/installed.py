"""Module calls by the package that a host has installed: no code travels, nothing is compiled.

Ansible's own way of calling a module sends the module's code to every host with every call, and
each host compiles it: half a second a call for a fleet on two cores (decision 0006). A host whose
package is not the controller's gets the call in Ansible's way.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rollway.remote.playbook import ROOT

COMMAND = "/usr/local/sbin/rollway-host"
PACKAGE = ROOT / "plugins" / "module_utils" / "rollway"
MODULES = ROOT / "plugins" / "modules"
# not installed: 127, or 126 where it may not be started; another package: 75, or 2 when it is too
# old to know of calls
_NOT_THERE = frozenset((2, 75, 126, 127))


def command() -> str:
    """The shell's line that takes a call on stdin."""
    return shlex.join([COMMAND, "step", "--package", digest(PACKAGE)])


@cache
def digest(package: Path) -> str:
    """What `package_digest` of `module_utils/rollway/host_step` says of the same sources."""
    sources = sorted(package.glob("*.py"))
    texts = (part for path in sources for part in (path.name.encode(), path.read_bytes()))
    return hashlib.sha256(b"\0".join([*texts, b""])).hexdigest()


def call_text(module: str, arguments: Mapping[str, Any], *, check: bool, diff: bool) -> str:
    """What goes to stdin; secrets are among the arguments."""
    call = {"module": module, "arguments": dict(arguments), "check": check, "diff": diff}
    return json.dumps(call)


def result_of(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """A module result from the command's `rc`, `stdout` and `stderr`; None: ask in Ansible's way.

    A login shell may print before it: the result is the last line.
    """
    code = int(answer["rc"])
    if code in _NOT_THERE:
        return None
    lines = str(answer["stdout"]).splitlines()
    if code == 0 and lines and lines[-1].startswith("{"):
        return dict(json.loads(lines[-1]))
    said = str(answer["stderr"]).strip() or str(answer["stdout"]).strip()
    return {"failed": True, "changed": False, "msg": f"{COMMAND} step: exit {code}: {said[-2000:]}"}
