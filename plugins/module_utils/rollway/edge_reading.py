"""What an edge serves, in the call that acquires it: one more would cost its time on every run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .edge_steps import run_edge_step
from .edge_store import Paths
from .haproxy_socket import MASTER_SOCKET


def edge_reading(app: str, backend: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the reading under `edge`; with `ok` and `problem` where it cannot be had.

    So it is where another application already answers at an address of `backend`.
    """
    asked = {
        "app": app,
        "step": "read",
        "root": Paths().root,
        "config_dir": Paths().config,
        "master_socket": MASTER_SOCKET,
        "backend": backend,
    }
    edge = run_edge_step(asked, check=True, diff=False)
    return {"edge": edge} if edge["ok"] else {"edge": edge, "ok": False, "problem": edge["problem"]}
