"""A host on which a run goes on step by step."""

from __future__ import annotations

from typing import Any

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

WEB = [{"name": "api", "replicas": 1}]
FIRST, SECOND, THIRD = "1-1.0.0", "2-1.1.0", "3-1.2.0"


def begin(host: FakeHost, release: str, slot: str, *, run: str = "run-x") -> dict[str, Any]:
    """Acquire and stage with start; return what further steps need."""
    acquired = host.step("acquire", run=a_run(run), services=WEB)
    common = {"run": a_run(run), "generation": acquired["generation"], "slot": slot}
    common["staged"] = host.step("stage", **common, manifest=a_manifest(release), then_start=True)
    return common
