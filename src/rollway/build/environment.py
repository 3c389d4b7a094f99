"""Builds for an environment of this repository, as its inventory says."""

from __future__ import annotations

from collections.abc import Sequence

from rollway.build.app import build_version
from rollway.build.engine import Progress
from rollway.build.record import Built
from rollway.build.target import load_target
from rollway.remote.playbook import ROOT


def build_app(
    env: str,
    app: str,
    version: str = "",
    *,
    progress: Progress,
    build_args: Sequence[str] = (),
    keep_existing: bool = True,
) -> Built:
    """Build a version for `inventories/<env>` unless its registry has it; returns its images.

    Without `keep_existing` a version that was built from other files is refused (exit 6).
    """
    return build_version(
        ROOT / "apps" / app,
        env=env,
        target=load_target(ROOT / "inventories" / env),
        builds_dir=ROOT / ".rollway" / "builds",
        progress=progress,
        version=version,
        build_args=build_args,
        keep_existing=keep_existing,
    )
