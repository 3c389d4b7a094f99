"""What a verb is asked with, on disk as `invoke` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollway.rollout.inputs import Inputs


def inputs_for(tmp_path: Path, **changes: Any) -> Inputs:
    compose = tmp_path / "apps" / "iris" / "compose.yml"
    compose.parent.mkdir(parents=True, exist_ok=True)
    compose.write_text("services: {}\n")
    values: dict[str, Any] = {
        "verb": "rollback",
        "env": "staging",
        "app": "",
        "version": "",
        "to": "",
        "run_id": "run-1",
        "apps_dir": tmp_path / "apps",
        "runs_dir": tmp_path / "runs",
        "app_hosts": ["app-1"],
        "edges": ["edge-1"],
        "addresses": {"app-1": "192.0.2.11"},
        "registry": {},
        "variables": {},
        "url": "",
        "process": 1,
        "reads_only": False,
        "must_confirm": False,
        **changes,
    }
    return Inputs(**values)
