"""Volumes and env files of one service: what names a file takes it along."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from rollway.config.problems import Problems
from rollway.config.truths import is_true
from rollway.release.files import PRIVATE, ReleaseFiles

_PROPAGATION = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
_BIND = {
    **{one: ("propagation", one) for one in _PROPAGATION},
    **{one: ("selinux", one) for one in ("z", "Z")},
}
_IGNORED = {"rw", "cached", "delegated", "consistent"}
_LITERAL = re.compile(r"\s*'[^']*'\s*(?:#.*)?")


@dataclass
class Mounts:
    """Renders what a service mounts; `path` is the service's, for errors."""

    files: ReleaseFiles
    problems: Problems
    path: str
    notes: list[str] = field(default_factory=list)

    def volumes(self, entries: Any) -> list[dict[str, Any]]:
        """Every mount in the long spelling, relative binds pointing into the release."""
        return [
            self._volume(entry, f"{self.path}/volumes/{number}")
            for number, entry in enumerate(entries or [])
        ]

    def env_files(self, entries: Any) -> list[str]:
        """Env files of the release, in their order."""
        listed = [entries] if isinstance(entries, str) else entries or []
        places = [
            self._env_file(entry, f"{self.path}/env_file/{number}")
            for number, entry in enumerate(listed)
        ]
        return [place for place in places if place]

    def _env_file(self, entry: Any, path: str) -> str | None:
        name = str(entry.get("path") if isinstance(entry, dict) else entry)
        required = not isinstance(entry, dict) or is_true(entry.get("required"), unset=True)
        if not required and not (self.files.app_dir / name).exists():
            return None
        content = self.files.read(name, path)
        if content is None:
            return None
        self._check_dollars(content, name, path)
        return self.files.add_tree(name, "env", path, mode=PRIVATE)

    def _check_dollars(self, content: bytes, name: str, path: str) -> None:
        """Compose would fill in a `$` of an env file from whatever the host has set."""
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            _, _, value = line.partition("=")
            if "$" in value and not line.lstrip().startswith("#") and not _LITERAL.fullmatch(value):
                self.problems.add(
                    path,
                    f"{name} has a $ in line {number}",
                    accepted="'…' around the value when it is literal, or `environment`",
                )

    def _volume(self, entry: Any, path: str) -> dict[str, Any]:
        mount = dict(entry) if isinstance(entry, dict) else self._long_spelling(str(entry), path)
        if not mount.get("target"):
            self.problems.add(path, "it has no target", accepted="source:target")
        if mount.setdefault("type", "volume") == "bind":
            self._bind(mount, path)
        return mount

    def _bind(self, mount: dict[str, Any], path: str) -> None:
        source = str(mount.get("source") or "")
        if source.startswith("~"):
            self.problems.add(path, f"{source!r} depends on a user", accepted="an absolute path")
        elif source.startswith("/"):
            if source.endswith("docker.sock"):
                self.notes.append(f"{path}: whoever has {source} owns the host")
        else:
            if not is_true(mount.get("read_only")):
                self.notes.append(f"{path}: {source} is a file of the release, mounted read-only")
            mount.update(source=self.files.add_tree(source, "binds", path), read_only=True)

    def _long_spelling(self, text: str, path: str) -> dict[str, Any]:
        """`source:target:mode` as a mapping; a source with a slash or dot in front is a path."""
        source, _, rest = text.partition(":")
        if not rest:
            return {"type": "volume", "target": text}
        target, _, options = rest.partition(":")
        kind = "bind" if source[:1] in {"/", ".", "~"} else "volume"
        mount = {"type": kind, "source": source, "target": target}
        return {**mount, **self._options(options, kind, path)}

    def _options(self, text: str, kind: str, path: str) -> dict[str, Any]:
        flags = set(filter(None, text.split(",")))
        known = {"ro", *_IGNORED, *({"nocopy"} if kind == "volume" else _BIND)}
        for flag in sorted(flags - known):
            accepted = ", ".join(sorted(known))
            self.problems.add(path, f"unknown option {flag!r}", accepted=accepted)
        bind = dict(_BIND[flag] for flag in sorted(flags) if flag in _BIND)
        options: dict[str, Any] = {"read_only": True} if "ro" in flags else {}
        options |= {"bind": bind} if bind and kind == "bind" else {}
        return options | ({"volume": {"nocopy": True}} if "nocopy" in flags & known else {})
