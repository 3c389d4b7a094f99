"""Volumes, env files, configs and secrets of one service: what names a file takes it along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollway.config.problems import Problems
from rollway.release.files import ReleaseFiles
from rollway.release.text import variable


@dataclass
class Mounts:
    """Renders what a service mounts; `path` is the service's, for errors."""

    files: ReleaseFiles
    problems: Problems
    path: str

    def volumes(self, entries: Any) -> list[dict[str, Any]]:
        """Every mount in the long spelling, relative binds pointing into the release."""
        return [
            self._volume(entry, f"{self.path}/volumes/{number}")
            for number, entry in enumerate(entries or [])
        ]

    def env_files(self, entries: Any) -> list[Any]:
        """Env files of the release, in their order."""
        listed = [entries] if isinstance(entries, str) else entries or []
        rendered = []
        for number, entry in enumerate(listed):
            name = str(entry.get("path") if isinstance(entry, dict) else entry)
            inside = self.files.add(name, f"{self.path}/env_file/{number}", mode="0400")
            rendered.append(_in_release(inside))
        return rendered

    def sources(self, kind: str, entries: Any) -> list[dict[str, Any]]:
        """Configs or secrets of a service, in the long spelling."""
        return [
            dict(entry) if isinstance(entry, dict) else {"source": str(entry)}
            for entry in entries or []
        ]

    def _volume(self, entry: Any, path: str) -> dict[str, Any]:
        mount = dict(entry) if isinstance(entry, dict) else _long_spelling(str(entry))
        source = str(mount.get("source", ""))
        if mount["type"] == "bind" and source.startswith("~"):
            self.problems.add(path, f"{source!r} depends on a user", accepted="an absolute path")
        elif mount["type"] == "bind" and not source.startswith("/"):
            mount["source"] = _in_release(self.files.add(source, path))
        return mount


def _in_release(inside: str | None) -> str:
    return f"{variable('ROLLWAY_FILES')}/{inside}"


def _long_spelling(text: str) -> dict[str, Any]:
    """`source:target:mode` as a mapping; a source with a slash or dot in front is a path."""
    parts = text.split(":")
    if len(parts) == 1:
        return {"type": "volume", "target": text}
    source, target, *options = parts
    kind = "bind" if source[:1] in {"/", ".", "~"} else "volume"
    mount: dict[str, Any] = {"type": kind, "source": source, "target": target}
    flags = set(",".join(options).split(","))
    if "ro" in flags:
        mount["read_only"] = True
    if flags & {"z", "Z"} and kind == "bind":
        mount["bind"] = {"selinux": "Z" if "Z" in flags else "z"}
    return mount
