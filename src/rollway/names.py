"""Names that come from people: checked against an allow-list before they reach a path or a host."""

from __future__ import annotations

import re
from typing import Final

from rollway.errors import RollwayError

_SHORT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SHORT_SAYS: Final = "1 to 40 of a-z 0-9 _ -, the first a letter or digit"
_VERSION: Final = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VERSION_SAYS: Final = "1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit, no '..'"
_RELEASE: Final = re.compile(r"[1-9][0-9]{0,8}-(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RELEASE_SAYS: Final = "<counter>-<version>, as status and history show it"
_PROJECT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PROJECT_SAYS: Final = "1 to 63 of a-z 0-9 _ -, the first a letter or digit"
_RUN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")
_RUN_SAYS: Final = "1 to 80 of A-Z a-z 0-9 -, the first a letter or digit"
_HOST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,252}")
_HOST_SAYS: Final = "1 to 253 of A-Z a-z 0-9 . _ : -, the first a letter or digit"


def app_name(value: str) -> str:
    """Returns the name of an app when it is one; it names a folder and Compose projects."""
    return _checked(value, _SHORT, where="app", says=_SHORT_SAYS)


def env_name(value: str) -> str:
    """Returns the name of an environment when it is one; a folder of `inventories/`."""
    return _checked(value, _SHORT, where="env", says=_SHORT_SAYS)


def service_name(value: str) -> str:
    """Returns the name of a Compose service when Rollway can serve it."""
    return _checked(value, _SHORT, where="service", says=_SHORT_SAYS)


def version_name(value: str, *, where: str = "version") -> str:
    """Returns a version when it is one; it becomes an image tag and a folder's name.

    `where` is what the error names: the option or variable that held it.
    """
    return _checked(value, _VERSION, where=where, says=_VERSION_SAYS)


def release_id(value: str) -> str:
    """Returns a release's id when it is one: `12-v1.4.0`."""
    return _checked(value, _RELEASE, where="release", says=_RELEASE_SAYS)


def host_name(value: str, *, where: str) -> str:
    """Returns an inventory host's name when it is one; an address of IPv6 is one, too.

    `where` is the option that held it, for the error.
    """
    return _checked(value, _HOST, where=where, says=_HOST_SAYS)


def project_name(value: str) -> str:
    """Returns the name of a Compose project when it is one."""
    return _checked(value, _PROJECT, where="--project", says=_PROJECT_SAYS)


def run_id(value: str, *, where: str = "run") -> str:
    """Returns the id of a run when it is one; it names a folder of the records.

    `where` is what the error names: the option or variable that held it.
    """
    return _checked(value, _RUN, where=where, says=_RUN_SAYS)


def _checked(value: str, pattern: re.Pattern[str], *, where: str, says: str) -> str:
    if pattern.fullmatch(value):
        return value
    raise RollwayError(where, f"found {value!r}", says)
