"""Requests to one registry: TLS, login, tokens, second tries; trouble becomes a sentence.

Protocol: Distribution's "Token Authentication Specification"; Basic where the registry asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from rollway import exits
from rollway.errors import RollwayError

if TYPE_CHECKING:
    import requests

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_SECONDS = (3.05, 10.0)
"""To connect, and between two bytes of an answer."""


class RegistrySession:
    """One registry over HTTPS, `address` being host[:port]; `ca` is a PEM file."""

    def __init__(
        self, address: str, *, ca: str | None, username: str | None, password: str | None
    ) -> None:
        self.address = address
        self._ca = _authority(ca)
        self._login = (username, password or "") if username else None
        self._tokens: dict[str, str] = {}
        self._opened: requests.Session | None = None

    def ask(
        self, method: str, path: str, *, repository: str, accept: Sequence[str] = ()
    ) -> requests.Response:
        """An answer, 404 included; RollwayError (exit 6) when there is none to be had."""
        headers = {"Accept": ", ".join(accept)} if accept else {}
        url = f"https://{self.address}{path}"
        answer = self._send(method, url, headers, token=self._tokens.get(repository))
        challenge = answer.headers.get("WWW-Authenticate", "")
        if answer.status_code == HTTPStatus.UNAUTHORIZED and challenge.lower().startswith("bearer"):
            self._tokens[repository] = self._token(challenge, repository)
            answer = self._send(method, url, headers, token=self._tokens[repository])
        self._check(answer, repository)
        return answer

    def trouble(self, found: str, *, next_step: str = "") -> RollwayError:
        """A refusal that names the registry; nothing was changed."""
        return RollwayError(
            f"registry {self.address}",
            found,
            next=next_step or f"curl https://{self.address}/v2/ must answer from this machine",
            exit_code=exits.REFUSED,
        )

    def _send(
        self, method: str, url: str, headers: dict[str, str], *, token: str | None
    ) -> requests.Response:
        import requests

        try:
            return self._session().request(
                method,
                url,
                headers=headers,
                auth=_authorization(self._login, token),
                timeout=_SECONDS,
                # Given here and not on the session, where REQUESTS_CA_BUNDLE would win.
                verify=self._ca or True,
                allow_redirects=True,
            )
        except (requests.RequestException, OSError) as error:
            raise self._no_answer(error) from error

    def _no_answer(self, error: Exception) -> RollwayError:
        import requests

        cause = _innermost(error)
        is_tls = isinstance(error, requests.exceptions.SSLError)
        # as ssl and urllib3 have it; a connection that is closed early is an SSLError, too
        if not (is_tls and isinstance(cause, ValueError)):
            return self.trouble(f"it cannot be reached: {cause}")
        return self.trouble(
            f"its certificate is not trusted: {cause}",
            next_step="set rollway_registry_ca to the PEM file of its authority",
        )

    def _session(self) -> requests.Session:
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry

        if self._opened is None:
            self._opened = requests.Session()
            self._opened.trust_env = not _is_loopback(self.address)
            again = Retry(
                total=2,
                connect=1,
                read=1,
                status=2,
                other=0,  # a certificate will not get better
                backoff_factor=0.2,
                status_forcelist=(429, 502, 503, 504),
                raise_on_status=False,
                respect_retry_after_header=False,
            )
            self._opened.mount("https://", HTTPAdapter(max_retries=again))
        return self._opened

    def _token(self, challenge: str, repository: str) -> str:
        """Ask the token service that the registry names; never over plain HTTP."""
        fields = dict(_CHALLENGE.findall(challenge))
        realm = fields.pop("realm", "")
        if urlsplit(realm).scheme != "https":
            raise self.trouble(f"it names a token service that is not HTTPS: {realm!r}")
        query = {"scope": f"repository:{repository}:pull"} | fields
        answer = self._send("GET", f"{realm}?{urlencode(query)}", {}, token=None)
        self._check(answer, repository)
        body = self.json_of(answer)
        return str(body.get("token") or body.get("access_token") or "")

    def json_of(self, answer: requests.Response) -> dict[str, Any]:
        """The JSON object of an answer."""
        try:
            body = answer.json()
        except ValueError as error:
            raise self.trouble("its answer is not JSON: is it a registry?") from error
        if not isinstance(body, dict):
            raise self.trouble("its answer is not a JSON object: is it a registry?")
        return body

    def _check(self, answer: requests.Response, repository: str) -> None:
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise self.trouble(
                f"the login for {repository} was refused ({answer.status_code})",
                next_step="set rollway_registry_username and rollway_registry_password",
            )
        is_expected = answer.ok or answer.status_code == HTTPStatus.NOT_FOUND
        if not is_expected:
            raise self.trouble(f"it answered {answer.status_code} for {repository}")


def _authority(ca: str | None) -> str | None:
    """RollwayError (exit 1) when the file is not there: requests would blame the registry."""
    if ca and not Path(ca).is_file():
        raise RollwayError(
            "rollway_registry_ca",
            f"there is no file {ca!r}",
            accepted="the PEM file of the authority that signed the registry's certificate",
            next="set it in the inventory (group_vars/all.yml)",
        )
    return ca


def _authorization(login: tuple[str, str] | None, token: str | None) -> Any:
    """Always something, so that requests looks for no login of its own in ~/.netrc."""
    from requests.auth import HTTPBasicAuth

    if login and not token:
        return HTTPBasicAuth(*login)
    return partial(_bear, {"Authorization": f"Bearer {token}"} if token else {})


def _bear(headers: dict[str, str], request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers.update(headers)
    return request


def _is_loopback(address: str) -> bool:
    """A proxy of the environment is for other machines."""
    host = urlsplit(f"//{address}").hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _innermost(error: BaseException) -> BaseException:
    """The innermost cause: the outer ones repeat the address and say little."""
    while error.__context__ is not None:
        error = error.__context__
    return error
