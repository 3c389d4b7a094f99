"""What an accessory is made of, in parts that have names: by these two releases are compared.

Compose's own hash of a service leaves out what its configs and secrets hold, and `up` takes a
network or a volume that is there as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .hiding import SERVICES, Part, parts
from .manifest import Manifest
from .names import relative_path

NETWORK = "network"
_GRANTS = {"configs": "config", "secrets": "secret"}
_FOLDERS = re.compile(r"accessories/(?:binds|env)/")
_FILE = re.compile(r"\$\{ROLLWAY_FILES\}/((?:[^\"\\]|\\.)*)")
_SOURCE = re.compile(r'\s*(?:- )?source: "?([^"]+)"?')
_KEY = re.compile(r""" {6}('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^\s'"].*?):(?: .*)?""")
_OWNED = re.compile(r"(.+?)-\d+-\d+-[0-7]{4}")  # a grant's name with its owner and mode


@dataclass(frozen=True)
class Definition:
    """An accessory: `text` is its own part of the file, `parts` are what it names, by name.

    Of a file a part holds the digest, so nothing here is to leave the host.
    """

    image: str
    text: str
    parts: Mapping[str, str]

    def changes(self, before: Definition) -> list[str]:
        """Return what differs, in words: `image`, `definition`, `config NAME`, `network NAME`."""
        found = ["image"] if self.image != before.image else []
        found += ["definition"] if self.text != before.text else []
        names = sorted({*self.parts, *before.parts})
        return [*found, *(one for one in names if self.parts.get(one) != before.parts.get(one))]


def definitions(manifest: Manifest | None) -> dict[str, Definition]:
    """Return every accessory of a release, by name; the same text and files give the same."""
    if manifest is None or manifest.accessories is None:
        return {}
    found = list(parts(manifest.accessories.compose))
    files = _digests(manifest.content)
    return {name: _definition(name, found, files) for name in manifest.accessories.hosts}


def networks_in(changes: Mapping[str, list[str]]) -> set[str]:
    """Return the networks that changes name."""
    words = (word for reasons in changes.values() for word in reasons)
    return {word.partition(" ")[2] for word in words if word.startswith(f"{NETWORK} ")}


def _definition(name: str, found: list[Part], files: Mapping[str, str]) -> Definition:
    own = {one.place[2:]: one for one in found if one.place[:2] == (SERVICES, name)}
    top = {one.place: one for one in found if one.place[:1] != (SERVICES,)}
    image = own.get(("image",))
    text = "\n".join(line for place, one in own.items() for line in _plain(place, one))
    named = dict(_named(own, top, files))
    return Definition(image.value if image else "", text, named)


def _plain(place: tuple[str, ...], part: Part) -> Iterator[str]:
    """Yield the lines of a part that is no other one's: of grants all but their sources."""
    if place[:1] in ((), ("image",)):
        return
    for line in part.lines:
        if place[0] not in _GRANTS or not _SOURCE.fullmatch(line):
            yield line


def _named(
    own: Mapping[tuple[str, ...], Part],
    top: Mapping[tuple[str, ...], Part],
    files: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    for place, part in own.items():
        key = place[0] if place else ""
        if key in _GRANTS:
            yield from _granted(key, part, top, files)
        if key in ("networks", "volumes"):
            names = keys_below(part) if key == "networks" else _volumes(part)
            yield from ((f"{key[:-1]} {name}", _block(top, key, name)) for name in names)
        for path in _paths("\n".join(part.lines)):
            yield f"file {_FOLDERS.sub('', path)}", _content(files, path)


def _volumes(part: Part) -> list[str]:
    found = map(_source, part.lines)
    return [one for one in found if one and not one.startswith(("/", "$"))]


def _granted(
    kind: str, part: Part, top: Mapping[tuple[str, ...], Part], files: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for source in filter(None, map(_source, part.lines)):
        entry = top.get((kind, source, "file"))
        path = next(iter(_paths(entry.value)), "") if entry else ""
        owned = _OWNED.fullmatch(source)
        yield f"{_GRANTS[kind]} {owned[1] if owned else source}", _content(files, path)


def _source(line: str) -> str:
    match = _SOURCE.fullmatch(line)
    return match[1] if match else ""


def keys_below(part: Part) -> list[str]:
    """Return the keys of a service's mapping, as of its networks."""
    found = (_KEY.fullmatch(line) for line in part.lines)
    return [match[1].strip("'\"") for match in found if match]


def _block(top: Mapping[tuple[str, ...], Part], section: str, name: str) -> str:
    """Return the top-level lines of a network or volume; '' where it has none of its own."""
    lines = [
        line for place, one in top.items() if place[:2] == (section, name) for line in one.lines
    ]
    head = f"  {name}: {{}}"
    return "\n".join(line for line in lines if line != head)


def _paths(text: str) -> list[str]:
    return [_unquoted(match) for match in _FILE.findall(text)]


def _unquoted(text: str) -> str:
    try:
        plain = str(json.loads(f'"{text}"'))
    except ValueError:  # an escape that YAML has and JSON has not
        plain = text
    return plain.replace("$$", "$")


def _digests(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of a release: what each holds, and who may read it."""
    kept = ("sha256", "mode", "uid", "gid")
    return {
        str(relative_path(one["path"])): json.dumps([one.get(key) for key in kept])
        for one in content.get("files") or ()
    }


def _content(files: Mapping[str, str], path: str) -> str:
    """Return one file, or all that lie below a folder."""
    found = {
        name: one for name, one in files.items() if name == path or name.startswith(f"{path}/")
    }
    return json.dumps(found, sort_keys=True)
