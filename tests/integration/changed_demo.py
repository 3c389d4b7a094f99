"""The demo with another Compose file, in a folder of applications of its own."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.integration.lab_fleet import ROOT


@contextlib.contextmanager
def changed_demo(change: Callable[[str], str]) -> Iterator[str]:
    """The folder, for `rollway_apps_dir`; it has no Dockerfile: images are those of the demo."""
    text = change((ROOT / "apps/iris/compose.yml").read_text())
    with tempfile.TemporaryDirectory() as apps:
        path = Path(apps, "iris", "compose.yml")
        path.parent.mkdir()
        path.write_text(text)
        commit(apps)
        yield apps


def commit(folder: str) -> None:
    """A release names the commit that its folder is of."""
    who = ["-c", "user.name=Rollway", "-c", "user.email=rollway@example.com"]
    for words in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "Begin"]):
        subprocess.run(["git", "-C", folder, *words], check=True)
