"""What `local` does by itself before a deploy: the embedded fleet, and the version to release."""

from __future__ import annotations

from rollway.cli import options
from rollway.cli.verb import say


def prepare_local(app: str, version: str) -> str:
    """Bring the embedded fleet up; without a version, build the application's commit."""
    from rollway.lab import ensure

    ensure(options.LOCAL, progress=say)
    return version or _build_commit(app)


def _build_commit(app: str) -> str:
    """The version that `git describe` gives the application's folder, built when it is absent."""
    from rollway.build import build_app
    from rollway.release.source import describe

    version = describe(options.APPS / app).version
    build_app(options.LOCAL, app, version, progress=say)
    return version
