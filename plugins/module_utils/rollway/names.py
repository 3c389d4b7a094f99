"""Names a host accepts; whatever becomes a path, a unit or an argument passes here first."""

from __future__ import annotations

import ipaddress
import re
from pathlib import PurePosixPath

from .problem import Problem

SLOTS = ("blue", "green")
JOBS, ACCESSORIES = "jobs", "accessories"
"""What their projects and values are called beside those of the slots."""
APP = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
SERVICE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}")
RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
IMAGE = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:/@\[\]-]{0,254}")
PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
VOLUME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}")


def _matching(where: str, value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value) or ".." in value:
        raise Problem(where, f"found {value!r}", f"a name like {pattern.pattern}, without '..'")
    return value


def app_name(value: object) -> str:
    """Return `value` when it names an application."""
    return _matching("app", value, APP)


def slot_name(value: object, where: str = "slot") -> str:
    """Return `value` when it is blue or green."""
    if value not in SLOTS:
        raise Problem(where, f"found {value!r}", "blue or green")
    return str(value)


def other_slot(slot: str) -> str:
    """Return the slot beside `slot`."""
    return SLOTS[1 - SLOTS.index(slot)]


def service_name(value: object) -> str:
    """Return `value` when it is a Compose service name."""
    return _matching("service", value, SERVICE)


def release_id(value: object) -> str:
    """Return `value` when it is a release id such as 17-1.4.0."""
    return _matching("release_id", value, RELEASE)


def run_id(value: object) -> str:
    """Return `value` when it names a run."""
    return _matching("run/id", value, RUN)


def image_reference(value: object) -> str:
    """Return `value` when it is an image reference, with a digest or with a tag."""
    return _matching("image", value, IMAGE)


def project_name(value: object) -> str:
    """Return `value` when it names a Compose project."""
    return _matching("project", value, PROJECT)


def volume_name(value: object) -> str:
    """Return `value` when it names a volume."""
    return _matching("volume", value, VOLUME)


def address_literal(value: object, where: str = "address") -> str:
    """Return `value` when it is an IPv4 or IPv6 literal."""
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError:
        raise Problem(
            where,
            f"found {value!r}",
            "an IPv4 or IPv6 address",
            "set rollway_address for this host in the inventory",
        ) from None


def relative_path(value: object) -> PurePosixPath:
    """Return `value` as a path that stays below the folder it is joined to."""
    path = PurePosixPath(str(value))
    parts = str(value).split("/")
    if path.is_absolute() or not str(value) or any(part in ("", ".", "..") for part in parts):
        raise Problem("manifest/files", f"found path {value!r}", "a relative path without '..'")
    if "\0" in str(value):
        raise Problem("manifest/files", "found a path with a NUL byte", "a plain path")
    return path


def variable_part(name: str) -> str:
    """Return `name` as part of a variable's name: upper case, dashes and dots as underscores."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
