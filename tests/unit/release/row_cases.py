"""What a case of the table of keys looks like."""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

from tests.unit.release.app_fixtures import compose

ABSENT = "absent"
FILES = "${ROLLWAY_FILES}"
API = "services.api-1"


class Case(NamedTuple):
    """A value at a place of the file, and what stands at a place of the rendered one."""

    row: str
    put: str
    value: Any
    place: str
    expected: Any
    beside: dict[str, Any] | None = None


class Refusal(NamedTuple):
    """A value at a place of the file, and the error."""

    row: str
    put: str
    value: Any
    message: str
    beside: dict[str, Any] | None = None


def kept(key: str, value: Any, group: str = "") -> Case:
    """A key of the service `api` that stays as it is; a text is a text, whatever it looks like."""
    path = f"{group}.{key}" if group else key
    return Case(f"services.*.{path}", f"services.api.{path}", value, f"{API}.{path}", value)


def gone(key: str, value: Any) -> Case:
    """A key of the service `api` that hosts do not see."""
    return Case(f"services.*.{key}", f"services.api.{key}", value, f"{API}.{key}", ABSENT)


def refused(key: str, value: Any, instead: str) -> Refusal:
    """A key of the service `api` that cannot be released."""
    message = f"services/api/{key.replace('.', '/')}: {value!r} cannot be released"
    return Refusal(
        f"services.*.{key}", f"services.api.{key}", value, f"{message}; accepted: {instead}"
    )


TOO_NEW = "it needs a newer Compose than hosts must have (2.24.4)"
BOTH_SLOTS = "leave it out: two slots of one host would claim it"
SHARED = "on a shared one releases answer for each other"
VOLUME_ON_HOSTS = "`external: true`, and a volume made on the hosts"

WORKER = {"services": {"cache": {"image": "redis:7"}}}
AS_WEB = {**WORKER, "x-rollway": {"services": {"cache": {"class": "web"}}}}
DEPENDS = "services.api.depends_on.cache"
DEPENDS_AT = f"{API}.depends_on.cache-1"
NET = {"networks": {"front": {}}, "services": {"api": {"networks": ["front"]}}}
DATA: dict[str, Any] = {"volumes": {"data": {}}}
MOUNT = "services.api.volumes"
MOUNT_AT = f"{API}.volumes.0"
CONFIG = {"configs": {"app": {"file": "app.conf"}}}
SECRET = {"secrets": {"key": {"file": "key.pem"}}}
GRANTED_CONFIG = {"services": {"api": {"configs": ["app"]}}}
GRANTED_SECRET = {"services": {"api": {"secrets": ["key"]}}}


def merged(one: Any, other: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return {key: merged(one.get(key), other.get(key, one.get(key))) for key in {**one, **other}}


def content_of(case: Case | Refusal) -> dict[str, Any]:
    """The file with the value at its place, and what has to stand beside it."""
    parts = case.put.split(".")
    put = reduce(lambda below, part: {part: below}, reversed(parts), case.value)
    whole: dict[str, Any] = merged(merged(compose(), case.beside or {}), put)
    return whole
