"""The host-side unit as files: this very package, copied, and the command that starts it."""

from __future__ import annotations

import compileall
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from .facts import LAUNCHER
from .files import write_atomic

LIBRARY = Path("/usr/local/lib/rollway")
PACKAGE = "rollway_host"
START = f"""\
#!/usr/bin/python3
# Installed by Rollway's role release_host; the code lies in {LIBRARY / PACKAGE}.
import sys

sys.modules["ssl"] = None  # http.client does without: nothing here speaks TLS, and it takes a while
sys.path.insert(0, "{LIBRARY}")
from {PACKAGE}.host_unit import main

sys.exit(main())
"""


def wanted_files() -> dict[Path, bytes]:
    """Return what is to be installed, by path.

    The package is the one that runs now, which may well lie in a zip file: Ansible sends it so.
    """
    sources = [item for item in resources.files(__package__).iterdir() if item.name[-3:] == ".py"]
    files = {LIBRARY / PACKAGE / item.name: item.read_bytes() for item in sources}
    return {**files, LAUNCHER: START.encode()}


def differing(wanted: Mapping[Path, bytes]) -> list[Path]:
    """Return the files that are missing or have another content or mode."""
    return [path for path, content in wanted.items() if not _is_there(path, content)]


def leftovers(wanted: Mapping[Path, bytes]) -> list[Path]:
    """Return modules of an earlier version that are no longer part of the package."""
    return [path for path in (LIBRARY / PACKAGE).glob("*.py") if path not in wanted]


def install(wanted: Mapping[Path, bytes]) -> None:
    """Write and compile the files, the command last, so that it never starts half a package."""
    (LIBRARY / PACKAGE).mkdir(parents=True, exist_ok=True)
    for path, content in wanted.items():
        write_atomic(path, content, mode=_mode(path))
    for path in leftovers(wanted):
        path.unlink()
    compileall.compile_dir(LIBRARY / PACKAGE, quiet=1)


def _is_there(path: Path, content: bytes) -> bool:
    if not path.is_file() or path.stat().st_mode & 0o777 != _mode(path):
        return False
    return path.read_bytes() == content


def _mode(path: Path) -> int:
    return 0o755 if path == LAUNCHER else 0o644
