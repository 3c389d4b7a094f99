"""The Docker Engine's HTTP API over its unix socket (https://docs.docker.com/engine/api/v1.44/)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from .engine_wire import decode_log, encode_auth, error_message, exit_codes, progress_errors
from .problem import Problem
from .unix_http import UnixTransport

SOCKET_PATH = "/var/run/docker.sock"
API = "/v1.44"  # of Engine 25, the oldest that Rollway accepts
PROJECT_LABEL = "com.docker.compose.project"
ANSWER_SECONDS = 60.0
SILENCE_SECONDS = 120.0  # how long a pull may report no progress

Json = dict[str, Any]


class EngineProblem(Problem):
    """Raised when the engine refuses a request; `status` is HTTP's, 0 without an answer."""

    def __init__(self, where: str, found: str, *, status: int = 0, command: str = "") -> None:
        super().__init__(where, found, next=command)
        self.status = status


class Engine(Protocol):
    """What the steps need of an engine; all lists are the engine's own JSON."""

    def version(self) -> Json:
        """Return /version, which every engine answers, however old."""

    def info(self) -> Json:
        """Return /info."""

    def containers(self, project: str | None = None) -> list[Json]:
        """Return all containers, or those of a Compose project, running or not."""

    def inspect(self, container: str) -> Json | None:
        """Return one container's details; None when it is gone."""

    def memory_used(self, container: str) -> int:
        """Return the bytes a container holds, without what the kernel may drop at once."""

    def log_tail(self, container: str, lines: int) -> list[str]:
        """Return the last lines a container wrote to stdout and stderr."""

    def last_exit(self, container: str) -> int | None:
        """Return the code a container last ended with, though it runs again; None if unknown."""

    def start(self, container: str) -> None:
        """Start a container that exists."""

    def stop(self, container: str, *, grace_seconds: float) -> None:
        """Stop a container, by force after its own grace, of which this is the length."""

    def keep_stopped(self, container: str) -> None:
        """Let a container that is being stopped stay so when the engine restarts."""

    def set_restart(self, container: str, policy: Mapping[str, Any]) -> None:
        """Give a container another restart policy, in the engine's own words."""

    def remove(self, container: str, *, keeps_volumes: bool = False) -> None:
        """Remove a container, with its anonymous volumes unless they are kept."""

    def rename(self, container: str, name: str) -> None:
        """Give a container another name."""

    def networks(self, project: str) -> list[Json]:
        """Return the networks of a Compose project."""

    def remove_network(self, network: str) -> None:
        """Remove a network."""

    def connect(self, network: str, container: str, aliases: Sequence[str]) -> None:
        """Let a container into a network, under these names beside its own."""

    def disconnect(self, network: str, container: str) -> None:
        """Take a container out of a network."""

    def has_image(self, reference: str) -> bool:
        """Say whether an image is here; a reference by digest only counts with that digest."""

    def image_digests(self, image: str) -> list[str]:
        """Return an image's references by digest, `repository@sha256:…`; none when it is gone."""

    def image_id(self, reference: str) -> str:
        """Return the id of the image that has this name now; '' when none has."""

    def image_bytes(self, reference: str) -> int:
        """Return the size of an image with all its layers; 0 when it is not here."""

    def layers_bytes(self) -> int:
        """Return what all images take together, each layer counted once."""

    def pull(self, reference: str, auth: Mapping[str, str] | None) -> None:
        """Pull an image and check that it is the one asked for."""

    def remove_image(self, reference: str) -> None:
        """Remove an image unless something uses it."""

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make a volume where it is missing; say whether it was."""

    def volumes(self, label: str) -> list[str]:
        """Return the names of the volumes with a label, `name=value`."""

    def remove_volume(self, name: str) -> None:
        """Remove a volume and what is in it; EngineProblem while a container uses it."""


class LocalEngine:
    """The engine behind a socket on this host; threads get a connection each."""

    def __init__(self, path: str = SOCKET_PATH) -> None:
        self._transport = UnixTransport(path)

    def version(self) -> Json:
        found: Json = self._json("/version", api="")
        return found

    def info(self) -> Json:
        found: Json = self._json("/info")
        return found

    def containers(self, project: str | None = None) -> list[Json]:
        query = urlencode({"all": "1", **_of_project(project)})
        found: list[Json] = self._json(f"/containers/json?{query}")
        return found

    def inspect(self, container: str) -> Json | None:
        path = f"/containers/{quote(container)}/json"
        found: Json | None = self._json(path, missing_ok=True)
        return found

    def memory_used(self, container: str) -> int:
        path = f"/containers/{quote(container)}/stats?stream=false&one-shot=true"
        found = (self._json(path, missing_ok=True) or {}).get("memory_stats") or {}
        told = found.get("stats") or {}
        cached = told.get("total_inactive_file", told.get("inactive_file", 0))  # cgroup v1, v2
        return max(0, int(found.get("usage", 0)) - int(cached))

    def log_tail(self, container: str, lines: int) -> list[str]:
        query = urlencode({"stdout": "1", "stderr": "1", "tail": str(lines)})
        body = self._call("GET", f"/containers/{quote(container)}/logs?{query}", missing_ok=True)
        return decode_log(body)[-lines:]

    def last_exit(self, container: str) -> int | None:
        about = {"container": [container], "event": ["die"]}
        times = {"since": "0", "until": f"{time.time():.6f}"}  # an end, so that the answer has one
        query = urlencode({**times, "filters": json.dumps(about)})
        codes = exit_codes(self._call("GET", f"/events?{query}").splitlines())
        return codes[-1] if codes else None

    def start(self, container: str) -> None:
        self._call("POST", f"/containers/{quote(container)}/start")

    def stop(self, container: str, *, grace_seconds: float) -> None:
        path = f"/containers/{quote(container)}/stop"
        self._call("POST", path, missing_ok=True, timeout=grace_seconds + ANSWER_SECONDS)

    def keep_stopped(self, container: str) -> None:
        self.set_restart(container, {"Name": "unless-stopped"})

    def set_restart(self, container: str, policy: Mapping[str, Any]) -> None:
        body = {"RestartPolicy": dict(policy)}
        self._call("POST", f"/containers/{quote(container)}/update", body=body, missing_ok=True)

    def remove(self, container: str, *, keeps_volumes: bool = False) -> None:
        query = urlencode({"v": int(not keeps_volumes), "force": 1})
        self._call("DELETE", f"/containers/{quote(container)}?{query}", missing_ok=True)

    def rename(self, container: str, name: str) -> None:
        self._call("POST", f"/containers/{quote(container)}/rename?{urlencode({'name': name})}")

    def networks(self, project: str) -> list[Json]:
        found: list[Json] = self._json("/networks?" + urlencode(_of_project(project)))
        return found

    def remove_network(self, network: str) -> None:
        self._call("DELETE", f"/networks/{quote(network)}", missing_ok=True)

    def connect(self, network: str, container: str, aliases: Sequence[str]) -> None:
        body = {"Container": container, "EndpointConfig": {"Aliases": list(aliases)}}
        self._call("POST", f"/networks/{quote(network)}/connect", body=body)

    def disconnect(self, network: str, container: str) -> None:
        body = {"Container": container, "Force": True}
        self._call("POST", f"/networks/{quote(network)}/disconnect", body=body, missing_ok=True)

    def has_image(self, reference: str) -> bool:
        image = self._json(f"/images/{quote(reference)}/json", missing_ok=True)
        return image is not None and _is_the_image(image, reference)

    def image_digests(self, image: str) -> list[str]:
        found = self._json(f"/images/{quote(image)}/json", missing_ok=True)
        return list((found or {}).get("RepoDigests") or ())

    def image_id(self, reference: str) -> str:
        found = self._json(f"/images/{quote(reference)}/json", missing_ok=True)
        return str((found or {}).get("Id") or "")

    def image_bytes(self, reference: str) -> int:
        found = self._json(f"/images/{quote(reference)}/json", missing_ok=True)
        return int((found or {}).get("Size") or 0)

    def layers_bytes(self) -> int:
        return int(self._json("/system/df?type=image").get("LayersSize") or 0)

    def pull(self, reference: str, auth: Mapping[str, str] | None) -> None:
        headers = {} if auth is None else {"X-Registry-Auth": encode_auth(auth)}
        path = "/images/create?" + urlencode({"fromImage": reference})
        progress = self._call("POST", path, headers=headers, timeout=SILENCE_SECONDS)
        errors = list(progress_errors(progress.splitlines()))
        if errors:
            raise EngineProblem(f"image {reference}", errors[-1])
        if not self.has_image(reference):
            found = "the engine holds another image than the one asked for"
            raise EngineProblem(f"image {reference}", found)

    def remove_image(self, reference: str) -> None:
        try:
            self._call("DELETE", f"/images/{quote(reference)}", missing_ok=True)
        except EngineProblem as error:
            if error.status != HTTPStatus.CONFLICT:  # a container still uses it
                raise

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> bool:
        if self._json(f"/volumes/{quote(name)}", missing_ok=True) is not None:
            return False
        self._call("POST", "/volumes/create", body={"Name": name, "Labels": dict(labels)})
        return True

    def volumes(self, label: str) -> list[str]:
        query = urlencode({"filters": json.dumps({"label": [label]})})
        found = (self._json(f"/volumes?{query}") or {}).get("Volumes") or ()
        return sorted(str(one["Name"]) for one in found)

    def remove_volume(self, name: str) -> None:
        self._call("DELETE", f"/volumes/{quote(name)}", missing_ok=True)

    def _json(self, path: str, *, api: str = API, missing_ok: bool = False) -> Any:
        body = self._call("GET", path, api=api, missing_ok=missing_ok)
        return json.loads(body) if body else None

    def _call(  # noqa: PLR0913 - what an HTTP request is made of
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        api: str = API,
        missing_ok: bool = False,
        timeout: float = ANSWER_SECONDS,
    ) -> bytes:
        """Return the body of the answer, empty where `missing_ok` and there is no such thing."""
        try:
            answer = self._transport.send(
                method, api + path, body=body, headers=headers, timeout=timeout
            )
            content = answer.read()
        except (OSError, HTTPException) as error:
            self._transport.drop()
            found = f"the engine does not answer: {error}"
            raise EngineProblem(
                self._transport.path, found, command="systemctl status docker"
            ) from error
        if answer.status == HTTPStatus.NOT_FOUND and missing_ok:
            return b""
        if answer.status >= HTTPStatus.BAD_REQUEST:
            where = f"engine {method} {path.partition('?')[0]}"
            raise EngineProblem(where, error_message(content), status=answer.status)
        return content


def _of_project(project: str | None) -> dict[str, str]:
    if project is None:
        return {}
    return {"filters": json.dumps({"label": [f"{PROJECT_LABEL}={project}"]})}


def _is_the_image(image: Json, reference: str) -> bool:
    return "@" not in reference or reference in (image.get("RepoDigests") or ())
