"""Configs and secrets: each becomes a file of the release that belongs to its reader.

Compose mounts them as files and ignores uid, gid and mode; so the file on the host has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollway.config.compose_file import SET_IT
from rollway.config.problems import Problems, neighbours, shown
from rollway.config.sizes import is_count
from rollway.release.files import PRIVATE, Owner, ReleaseFiles

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_USER = re.compile(r"(?P<uid>[0-9]{1,10})(?::(?P<gid>[0-9]{1,10}))?")
_DEFAULT_MODE = {"configs": "0444", "secrets": PRIVATE}
_HIGHEST_MODE = 0o777


@dataclass
class Grants:
    """Renders the configs and secrets of one project; `used` are its top-level entries."""

    declared: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, str]
    files: ReleaseFiles
    problems: Problems
    used: dict[str, dict[str, Any]] = field(default_factory=lambda: {"configs": {}, "secrets": {}})
    notes: list[str] = field(default_factory=list)

    def of_service(self, kind: str, service: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
        """What one service gets, in the long spelling."""
        return [
            self._grant(kind, _long(entry), service.get("user"), f"{path}/{kind}/{number}")
            for number, entry in enumerate(service.get(kind) or [])
        ]

    def _grant(self, kind: str, entry: dict[str, Any], user: Any, path: str) -> dict[str, Any]:
        name = str(entry.get("source"))
        declared = self.declared.get(kind) or {}
        if name not in declared:
            found = f"there is no {name!r} in `{kind}`"
            self.problems.add(path, found, accepted=neighbours(name, declared))
            return {}
        owner, mode = self._owner(kind, entry, user, path), self._mode(kind, entry, path)
        source = self._file(kind, name, owner, mode)
        return {"source": source, "target": str(entry.get("target") or name)}

    def _file(self, kind: str, name: str, owner: Owner, mode: str) -> str:
        """One file for each owner and mode; returns the name of its top-level entry."""
        plain = owner == Owner() and mode == _DEFAULT_MODE[kind]
        used = name if plain else f"{name}-{owner.uid or 0}-{owner.gid or 0}-{mode}"
        content = self._content(kind, name)
        if used not in self.used[kind] and content is not None:
            place = self.files.add_content(f"{kind}/{used}", content, mode=mode, owner=owner)
            self.used[kind][used] = {"file": place}
        return used

    def _content(self, kind: str, name: str) -> bytes | None:
        path = f"{kind}/{name}"
        if not _NAME.fullmatch(name):
            self.problems.add(path, "it cannot be a file's name", accepted=_NAME.pattern)
            return None
        source = self.declared[kind][name] or {}
        if source.get("content") is not None:
            return str(source["content"]).encode()
        if source.get("file") is not None:
            return self.files.read(str(source["file"]), f"{path}/file")
        variable = source.get("environment")
        if variable in self.variables:
            return self.variables[str(variable)].encode()
        if variable is None:
            self.problems.add(path, "it has no content", accepted="file or environment")
        else:
            found = f"the variable {variable} is not set"
            self.problems.add(f"{path}/environment", found, accepted=SET_IT)
        return None

    def _owner(self, kind: str, entry: Mapping[str, Any], user: Any, path: str) -> Owner:
        """By `uid` and `gid`, or else the service's user; configs are for everybody."""
        told = {key: self._number(entry, key, path) for key in ("uid", "gid")}
        if kind == "configs" or any(value is not None for value in told.values()):
            return Owner(told["uid"], told["gid"])
        if user is None:
            self.notes.append(f"{path}: only root can read it; set `uid` for another user")
            return Owner()
        match = _USER.fullmatch(str(user))
        if not match:
            found = f"its reader, user {shown(user)}, is not a number"
            self.problems.add(path, found, accepted="a number in `user`, or `uid` here")
            return Owner()
        uid, gid = int(match["uid"]), match["gid"]
        return Owner(uid or None, int(gid) if gid else None)

    def _number(self, entry: Mapping[str, Any], key: str, path: str) -> int | None:
        if entry.get(key) is None:
            return None
        if not is_count(str(entry[key])):
            self.problems.add(f"{path}/{key}", shown(entry[key]), accepted="a number")
            return None
        return int(str(entry[key]))

    def _mode(self, kind: str, entry: Mapping[str, Any], path: str) -> str:
        """YAML's 0440 is a number already; the text "0440" is octal too."""
        given = entry.get("mode")
        if given is None:
            return _DEFAULT_MODE[kind]
        octal = isinstance(given, str) and re.fullmatch(r"0?o?[0-7]{3,4}", given)
        mode = int(str(given).replace("o", ""), 8) if octal else given
        if not isinstance(mode, int) or isinstance(mode, bool) or not 0 <= mode <= _HIGHEST_MODE:
            self.problems.add(f"{path}/mode", shown(given), accepted='a mode like "0440"')
            return _DEFAULT_MODE[kind]
        return f"{mode:04o}"


def _long(entry: Any) -> dict[str, Any]:
    return dict(entry) if isinstance(entry, dict) else {"source": entry}
