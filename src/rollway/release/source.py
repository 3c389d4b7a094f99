"""Where a release comes from: the facts of version control that its manifest names."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rollway.errors import RollwayError

_BRANCH_VARIABLES = ("GITHUB_HEAD_REF", "BRANCH_NAME", "GIT_BRANCH", "GITHUB_REF_NAME")
"""Jenkins and GitHub check out a commit without a branch, and tell its name."""
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
_ABBREVIATED = 12
_LONGEST_VERSION = 48
_URL = re.compile(r"(?:https?|ssh|git)://(?:[^@/]*@)?(?P<rest>.+)")
_SCP = re.compile(r"(?:[A-Za-z0-9._-]+@)?(?P<host>[A-Za-z0-9.-]{2,}):(?P<path>[^/].*)")


@dataclass(frozen=True)
class Source:
    """A folder in version control.

    `commit` is the last one that changed the folder, `committed` its time (RFC 3339), `author`
    `Name <address>`, `branch` empty where nothing names one. `version` is `git describe` of that
    commit; while the folder has changes of its own, a hash of its content follows. `url` is where
    the repository comes from, without a login; the folder's path in it where that is not known.
    """

    commit: str
    branch: str
    author: str
    dirty: bool
    version: str
    committed: str
    url: str


def describe(app_dir: Path, *, environment: Mapping[str, str] = os.environ) -> Source:
    """Read the facts; RollwayError where the folder is not under version control."""
    commit = _git(app_dir, "log", "-1", "--format=%H", "--", ".")
    if not commit:
        raise RollwayError(
            str(app_dir),
            "no commit of this repository has touched it",
            accepted="a folder under version control",
            next=f"git add {app_dir.name} && git commit",
        )
    author, committed = _git(app_dir, "log", "-1", "--format=%aN <%aE>%n%cI", commit).split("\n")
    author = author.encode(errors="replace").decode()  # bytes of another encoding become ?
    is_dirty = bool(_git(app_dir, "status", "--porcelain", "--untracked-files=all", "--", "."))
    return Source(
        commit=commit,
        branch=_branch(app_dir, environment),
        author=author,
        dirty=is_dirty,
        version=_version(app_dir, commit, is_dirty=is_dirty),
        committed=committed,
        url=_url(app_dir),
    )


def _version(app_dir: Path, commit: str, *, is_dirty: bool) -> str:
    """A tag of a registry: letters, digits, dots and dashes."""
    described = _git(app_dir, "describe", "--tags", "--always", f"--abbrev={_ABBREVIATED}", commit)
    version = re.sub(r"[^A-Za-z0-9._-]|\.(?=\.)", "-", described).lstrip("._-")
    if not version or len(version) > _LONGEST_VERSION:
        version = commit[:_ABBREVIATED]
    return f"{version}-dirty-{_content_hash(app_dir)}" if is_dirty else version


def _branch(app_dir: Path, environment: Mapping[str, str]) -> str:
    """The branch checked out; without one, what the CI system says, or a tag."""
    checked_out = _git(app_dir, "rev-parse", "--abbrev-ref", "HEAD")
    if checked_out != "HEAD":
        return checked_out
    named = next(filter(None, map(environment.get, _BRANCH_VARIABLES)), "")
    return (
        named.removeprefix("origin/")
        or _git(app_dir, "tag", "--points-at", "HEAD").partition("\n")[0]
    )


def _content_hash(app_dir: Path) -> str:
    """Eight hex digits over what git does not ignore: names, modes and contents."""
    kinds = ("--cached", "--others", "--exclude-standard")
    listed = _git(app_dir, "ls-files", "-z", *kinds, "--", ".")
    digest = hashlib.sha256()
    for name in sorted(set(filter(None, listed.split("\0")))):
        digest.update(name.encode(errors="surrogateescape") + b"\0" + _file_hash(app_dir / name))
    return digest.hexdigest()[:8]


def _file_hash(path: Path) -> bytes:
    """A fixed length, so that no two lists of files read the same; a lost file counts as lost."""
    if path.is_symlink():
        return hashlib.sha256(b"link" + os.fsencode(path.readlink())).digest()
    if not path.is_file():
        return bytes(32)
    is_program = bool(path.stat().st_mode & 0o100)
    return hashlib.sha256((b"program" if is_program else b"file") + path.read_bytes()).digest()


def _url(app_dir: Path) -> str:
    """The remote `origin` without a login; a remote on this machine says nothing to others."""
    remotes = _git(app_dir, "remote").split()
    remote = _git(app_dir, "remote", "get-url", "origin") if "origin" in remotes else ""
    if match := _URL.fullmatch(remote):
        return f"{remote.partition('://')[0]}://{match['rest']}"
    if match := _SCP.fullmatch(remote):
        return f"ssh://{match['host']}/{match['path']}"
    return _git(app_dir, "rev-parse", "--show-prefix").rstrip("/") or app_dir.resolve().name


def _git(app_dir: Path, *arguments: str) -> str:
    if not app_dir.is_dir():
        raise RollwayError(str(app_dir), "there is no such folder", next=f"ls {app_dir.parent}")
    try:
        done = subprocess.run(
            ["git", "-c", "i18n.logOutputEncoding=UTF-8", *arguments],
            cwd=app_dir,
            env=_environment(),
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except FileNotFoundError as error:
        raise RollwayError("git", "it is not installed", next="apt-get install git") from error
    except subprocess.CalledProcessError as error:
        raise _refusal(app_dir, str(error.stderr)) from error
    return done.stdout.rstrip("\n")


def _environment() -> dict[str, str]:
    """Not the repository of a hook that called us; messages as we know them; no locks taken."""
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    return {**inherited, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}


def _refusal(app_dir: Path, said: str) -> RollwayError:
    lines = said.strip().splitlines()
    if "dubious ownership" in said:
        found, remedy = "git distrusts it: another user owns it", f"chown -R $USER {app_dir}"
    elif "not a git repository" in said:
        found, remedy = "it is not in a git repository", "git init && git add . && git commit"
    else:
        found, remedy = lines[0] if lines else "git failed", "git status"
    return RollwayError(str(app_dir), found, accepted="a folder in a git repository", next=remedy)
