"""What the controller asks a registry: the digest of a tag, the tags there are, sizes, labels.

Protocol: OCI Distribution Specification 1.1, "Pull" and "Content discovery".
"""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from typing import Any

from rollway import exits
from rollway.errors import RollwayError
from rollway.release.reference import Reference, parse_reference
from rollway.release.registry_session import RegistrySession

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_NAMED_VERSIONS = 10
_MOST_PAGES = 50


class RegistryClient:
    """One registry.

    `registry` is how images name it, `controller_address` how it is reached from here; either may
    carry a folder (`harbor.example.com/team`). `ca` is a PEM file.
    """

    def __init__(
        self,
        controller_address: str,
        *,
        registry: str,
        ca: str | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        host, _, folder = controller_address.strip("/").partition("/")
        self._registry = registry.strip("/")
        self._folder = f"{folder}/" if folder else ""
        self._session = RegistrySession(host, ca=ca, username=username, password=password)

    def resolve(self, reference: str) -> str:
        """`registry/repository@sha256:…` for a tag of this registry.

        References of other registries stay as they are. RollwayError (exit 6) names the known
        versions when the tag is not there.
        """
        parsed = parse_reference(reference)
        repository = self._repository(parsed)
        if repository is None:
            return reference
        digest = parsed.digest or self.digest(repository, parsed.selector)
        if digest is None:
            raise self._unknown(repository, parsed.selector)
        return f"{parsed.name}@{digest}"

    def digest(self, repository: str, tag: str) -> str | None:
        """The digest of a tag of `registry/repository`; None when it is not there."""
        answer = self._manifest("HEAD", repository, tag)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        told = answer.headers.get("Docker-Content-Digest")
        return str(told) if told else self._computed_digest(repository, tag)

    def tags(self, repository: str) -> list[str]:
        """The tags of `registry/repository`, numbers in them by value: 1.9 before 1.10.

        None at all when the repository is unknown. Registries do not tell when a tag was made.
        """
        path: str | None = f"/v2/{self._folder}{repository}/tags/list"
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            if path is None:
                break
            answer = self._session.ask("GET", path, repository=self._folder + repository)
            if answer.status_code == HTTPStatus.NOT_FOUND:
                break
            found += [str(tag) for tag in self._session.json_of(answer).get("tags") or []]
            path = _next_page(answer.links.get("next", {}).get("url"))
        return sorted(set(found), key=_by_numbers)

    def layers(self, reference: str) -> dict[str, int] | None:
        """Layer → compressed bytes, as they are pulled; of several platforms the largest.

        None for another registry's image, and for one that is not there.
        """
        parsed = parse_reference(reference)
        repository = self._repository(parsed)
        if repository is None:
            return None
        manifests = self._image_manifests(repository, parsed.selector)
        found = [{str(one["digest"]): int(one["size"]) for one in m["layers"]} for m in manifests]
        return max(found, key=lambda layers: sum(layers.values()), default=None)

    def size_bytes(self, reference: str) -> int | None:
        """The compressed layers of an image together; None where they are not known."""
        layers = self.layers(reference)
        return None if layers is None else sum(layers.values())

    def labels(self, repository: str, tag: str) -> dict[str, str]:
        """The labels of an image of `registry/repository`; none when it is not there."""
        for manifest in self._image_manifests(repository, tag):
            path = f"/v2/{self._folder}{repository}/blobs/{manifest['config']['digest']}"
            answer = self._session.ask("GET", path, repository=self._folder + repository)
            return dict(self._session.json_of(answer).get("config", {}).get("Labels") or {})
        return {}

    def _repository(self, parsed: Reference) -> str | None:
        """The repository within this registry; None for an image of another."""
        prefix = f"{self._registry}/"
        return parsed.name.removeprefix(prefix) if parsed.name.startswith(prefix) else None

    def _image_manifests(self, repository: str, selector: str) -> list[dict[str, Any]]:
        """The manifests of the platforms; without attestations, which have no platform."""
        answer = self._manifest("GET", repository, selector)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return []
        body = self._session.json_of(answer)
        if "manifests" not in body:
            return [body] if "layers" in body and "config" in body else []
        entries = [entry for entry in body["manifests"] if _is_image(entry)]
        return [m for e in entries for m in self._image_manifests(repository, e["digest"])]

    def _computed_digest(self, repository: str, tag: str) -> str:
        """For registries that do not tell it: the digest is the hash of the manifest's bytes."""
        content = self._manifest("GET", repository, tag).content
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    def _manifest(self, method: str, repository: str, selector: str) -> Any:
        name = self._folder + repository
        path = f"/v2/{name}/manifests/{selector}"
        return self._session.ask(method, path, repository=name, accept=_INDEXES + _MANIFESTS)

    def _unknown(self, repository: str, tag: str) -> RollwayError:
        known = self.tags(repository)
        return RollwayError(
            f"{self._registry}/{repository}",
            f"the version {tag} is not in the registry",
            accepted=", ".join(known[-_NAMED_VERSIONS:]) or "there are no versions yet",
            next=f"./invoke build --version={tag}, or deploy one of the known versions",
            exit_code=exits.REFUSED,
        )


def _is_image(entry: dict[str, Any]) -> bool:
    return bool(entry.get("platform", {}).get("os") != "unknown")


def _next_page(url: str | None) -> str | None:
    """Only the path of the link: a registry behind a proxy may name itself wrongly."""
    return "/" + url.split("://")[-1].partition("/")[2] if url and "://" in url else url


def _by_numbers(tag: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"[0-9]+|[^0-9]+", tag)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
