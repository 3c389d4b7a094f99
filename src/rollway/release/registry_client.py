"""What the controller asks a registry: the digest of a tag, the tags there are.

Protocol: OCI Distribution Specification 1.1, "Pull" and "Content discovery"; tokens as in the
Distribution project's token authentication.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from rollway import exits
from rollway.errors import RollwayError

if TYPE_CHECKING:
    import requests

_REFERENCE = re.compile(
    r"(?P<registry>[A-Za-z0-9.-]+(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?)/"
    r"(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_SECONDS = 10
_NAMED_VERSIONS = 10


@dataclass(frozen=True)
class Reference:
    """An image by its parts; `tag` is `latest` where neither tag nor digest was given."""

    registry: str
    repository: str
    tag: str
    digest: str | None = None


def parse_reference(text: str) -> Reference | None:
    """The parts of `registry/repository[:tag][@digest]`; None for a name without a registry."""
    match = _REFERENCE.fullmatch(text)
    if not match or not re.search(r"[.:\]]|^localhost$", match["registry"]):
        return None
    return Reference(
        match["registry"], match["repository"], match["tag"] or "latest", match["digest"]
    )


class RegistryClient:
    """One registry over HTTPS.

    `controller_address` is how it is reached from here, `registry` is how images name it; `ca` is
    a PEM file.
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
        self._address = controller_address
        self._registry = registry
        self._ca = ca
        self._login = (username, password or "") if username else None
        self._session: requests.Session | None = None

    def resolve(self, reference: str) -> str:
        """`registry/repository@sha256:…` for a tag of this registry; others stay as they are.

        Raises RollwayError (exit 6) when the tag is not there, and names those that are.
        """
        parsed = parse_reference(reference)
        if parsed is None or parsed.registry != self._registry:
            return reference
        digest = parsed.digest or self._digest(parsed)
        return f"{parsed.registry}/{parsed.repository}@{digest}"

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository, in the registry's order; none when it is unknown."""
        answer = self._request("GET", f"/v2/{repository}/tags/list", repository=repository)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return []
        self._check(answer, repository)
        return [str(tag) for tag in answer.json().get("tags") or []]

    def size_bytes(self, reference: str) -> int | None:
        """The size of the layers as they are pulled; None where it cannot be known."""
        parsed = parse_reference(reference)
        if parsed is None or parsed.registry != self._registry:
            return None
        answer = self._manifest("GET", parsed.repository, parsed.digest or parsed.tag)
        if answer.status_code != HTTPStatus.OK:
            return None
        layers: list[dict[str, Any]] = answer.json().get("layers") or []
        return sum(int(layer["size"]) for layer in layers) if layers else None

    def _digest(self, parsed: Reference) -> str:
        answer = self._manifest("HEAD", parsed.repository, parsed.tag)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise self._unknown(parsed)
        self._check(answer, parsed.repository)
        return str(answer.headers["Docker-Content-Digest"])

    def _unknown(self, parsed: Reference) -> RollwayError:
        known = self.tags(parsed.repository)
        return RollwayError(
            f"{self._registry}/{parsed.repository}",
            f"the version {parsed.tag} is not in the registry",
            accepted=", ".join(known[-_NAMED_VERSIONS:]) or "there are no versions yet",
            next=f"./invoke build --version={parsed.tag}, or deploy one of the known versions",
            exit_code=exits.REFUSED,
        )

    def _manifest(self, method: str, repository: str, tag: str) -> requests.Response:
        path = f"/v2/{repository}/manifests/{tag}"
        headers = {"Accept": ", ".join(_MANIFESTS)}
        return self._request(method, path, repository=repository, headers=headers)

    def _request(
        self, method: str, path: str, *, repository: str, headers: dict[str, str] | None = None
    ) -> requests.Response:
        answer = self._send(method, path, headers or {})
        challenge = answer.headers.get("WWW-Authenticate", "")
        if answer.status_code == HTTPStatus.UNAUTHORIZED and challenge.lower().startswith("bearer"):
            token = self._token(challenge, repository)
            answer = self._send(method, path, {**(headers or {}), "Authorization": token})
        return answer

    def _send(self, method: str, path: str, headers: dict[str, str]) -> requests.Response:
        import requests

        if self._session is None:
            self._session = requests.Session()
            self._session.trust_env = False  # a proxy or .netrc of the user is not meant for it
            self._session.verify = self._ca or True
        basic = None if "Authorization" in headers else self._login
        url = f"https://{self._address}{path}"
        try:
            return self._session.request(method, url, headers=headers, auth=basic, timeout=_SECONDS)
        except requests.RequestException as error:
            raise self._failed(_reason(error)) from error

    def _token(self, challenge: str, repository: str) -> str:
        import requests

        fields = dict(_CHALLENGE.findall(challenge))
        realm = fields.pop("realm", "")
        query = {"scope": f"repository:{repository}:pull", **fields}
        if not realm.startswith("https://"):
            raise self._failed(f"it names a token service that is not HTTPS: {realm!r}")
        try:
            answer = requests.get(realm, params=query, auth=self._login, timeout=_SECONDS)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise self._failed(_reason(error)) from error
        body = answer.json()
        return f"Bearer {body.get('token') or body.get('access_token')}"

    def _check(self, answer: requests.Response, repository: str) -> None:
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise self._failed(
                f"the login for {repository} was refused ({answer.status_code})",
                next_step="set rollway_registry_username and rollway_registry_password",
            )
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise self._failed(f"it answered {answer.status_code} for {repository}")

    def _failed(self, found: str, *, next_step: str = "") -> RollwayError:
        return RollwayError(
            f"registry {self._registry}",
            found,
            next=next_step or f"curl https://{self._address}/v2/ must answer from this machine",
            exit_code=exits.REFUSED,
        )


def _reason(error: Exception) -> str:
    """The innermost cause: the outer ones repeat the address and say little."""
    cause: BaseException = error
    while cause.__context__ is not None:
        cause = cause.__context__
    return f"it cannot be reached: {cause}"
