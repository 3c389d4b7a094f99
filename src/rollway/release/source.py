"""Where a release comes from: the facts of version control that its manifest names."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rollway.errors import RollwayError


@dataclass(frozen=True)
class Source:
    """A folder in version control.

    `version` is `git describe` of the commit that last changed it; while it has changes of its
    own, a hash of its content follows. `committed` is that commit's time, RFC 3339.
    """

    commit: str
    branch: str
    author: str
    dirty: bool
    version: str
    committed: str


def describe(app_dir: Path) -> Source:
    """Read the facts; RollwayError where the folder is not under version control."""
    commit = _git(app_dir, "log", "-1", "--format=%H", "--", ".")
    if not commit:
        raise RollwayError(
            str(app_dir),
            "no commit of this repository has touched it",
            accepted="a folder under version control",
            next=f"git add {app_dir.name} && git commit",
        )
    author, committed = _git(app_dir, "log", "-1", "--format=%an <%ae>%n%cI", commit).split("\n")
    is_dirty = bool(_git(app_dir, "status", "--porcelain", "--", "."))
    version = _git(app_dir, "describe", "--tags", "--always", commit).replace("/", "-")
    if is_dirty:
        version = f"{version}-dirty-{_content_hash(app_dir)}"
    return Source(commit, _branch(app_dir), author, is_dirty, version, committed)


def _branch(app_dir: Path) -> str:
    """CI systems check out a commit and tell the branch by a variable."""
    named = os.environ.get("BRANCH_NAME") or os.environ.get("GITHUB_REF_NAME")
    return named or _git(app_dir, "rev-parse", "--abbrev-ref", "HEAD")


def _content_hash(app_dir: Path) -> str:
    """Eight hex digits over the names and contents of what git does not ignore."""
    kinds = ("--cached", "--others", "--exclude-standard")
    listed = _git(app_dir, "ls-files", "-z", *kinds, "--", ".")
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed.split("\0"))):
        path = app_dir / name
        digest.update(name.encode() + b"\0")
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:8]


def _git(app_dir: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=app_dir,
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError as error:
        raise RollwayError("git", "it is not installed", next="apt-get install git") from error
    except subprocess.CalledProcessError as error:
        raise RollwayError(
            str(app_dir),
            error.stderr.strip().splitlines()[-1] if error.stderr.strip() else "git failed",
            accepted="a folder in a git repository",
            next="git init && git add . && git commit, or pass --version=X",
        ) from error
    return done.stdout.strip()
