"""Allow-lists for every name that a person may type: they become paths, labels and arguments."""

from __future__ import annotations

import re

from rollway.errors import RollwayError

_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_VERSION = re.compile(r"[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]{0,63}")
_RELEASE = re.compile(r"[0-9]{1,9}-[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")

_WORD_RULE = "1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit"
_VERSION_RULE = (
    "1 to 64 of letters, digits, . - and _, beginning with a letter or digit, without two dots"
)


def app_name(value: str) -> str:
    """The name, if an application may have it."""
    return _checked("app", value, _WORD, _WORD_RULE)


def env_name(value: str) -> str:
    """The name, if an environment may have it."""
    return _checked("env", value, _WORD, _WORD_RULE)


def service_name(value: str) -> str:
    """The name, if a service may have it."""
    return _checked("service", value, _WORD, _WORD_RULE)


def version_name(value: str) -> str:
    """The version, if a release may have it: a tag of a registry."""
    return _checked("version", value, _VERSION, _VERSION_RULE)


def release_id(value: str) -> str:
    """The id, if it is `<counter>-<version>`."""
    return _checked("release", value, _RELEASE, "<number>-<version>, as `status` shows it")


def host_name(value: str) -> str:
    """The name, if an inventory's host may have it."""
    return _checked("host", value, _HOST, "1 to 63 of letters, digits, . - and _")


def run_id(value: str) -> str:
    """The id, if a run may have it: it names a folder."""
    return _checked("run", value, _RUN, "1 to 80 of letters, digits and -")


def _checked(kind: str, value: str, pattern: re.Pattern[str], rule: str) -> str:
    if not pattern.fullmatch(value):
        raise RollwayError(f"--{kind}", f"{value!r} is not a name for it", accepted=rule)
    return value
