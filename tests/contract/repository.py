"""Reads the repository as it is: files that git tracks or would track."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def files(*patterns: str) -> list[Path]:
    """Files in git, and new ones that are not ignored, whose path matches."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return sorted(path for path in paths if path.is_file())


def named(path: Path) -> str:
    """Its path in the repository."""
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> int:
    """How many lines it has."""
    return len(path.read_text(encoding="utf-8").splitlines())


def console_lines(page: Path) -> list[str]:
    """The commands that a page shows: what stands behind `$ ` in its blocks of a console."""
    blocks = _CONSOLE.findall(page.read_text(encoding="utf-8"))
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def loaded(path: Path) -> Any:
    """The YAML of a file; Ansible's own tags are read as plain text."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


def imports(path: Path) -> Iterator[str]:
    """Absolute names of modules that a Python file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads `!vault` and the like as text."""


_Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))
