"""The step `stage`: everything a release needs is brought to the host; what runs is not touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from .call import Call
from .engine import EngineProblem
from .files import exclusive
from .manifest import Manifest
from .owner import owned
from .parallel import each
from .problem import Problem
from .releases import is_sealed, is_written, seal_release, write_release
from .state import CANDIDATE, Release

ATTEMPTS = 3
RETRY_SECONDS = 0.5  # doubled each time
# What asking again cannot mend, as registries and the engine put it.
HOPELESS = ("not found", "unauthorized", "denied", "manifest unknown", "no basic auth", "x509")


@dataclass(frozen=True)
class RegistryAuth:
    """A login that is sent with pulls from its own registry only, and never stored."""

    server: str
    username: str
    password: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> RegistryAuth | None:
        if not value or not value.get("username"):
            return None
        return cls(str(value["serveraddress"]), str(value["username"]), str(value["password"]))

    def for_image(self, reference: str) -> dict[str, str] | None:
        """Return the login as the engine wants it, if the image lies in this registry."""
        if not reference.startswith(f"{self.server}/"):
            return None
        return {
            "username": self.username,
            "password": self.password,
            "serveraddress": self.server,
        }


def stage(
    call: Call, manifest: Manifest, *, auth: RegistryAuth | None, host: str
) -> dict[str, Any]:
    """Write the release and pull its images; a second time there is nothing to do."""
    state = call.fence()
    written = is_written(call.paths, manifest)
    if written and not call.check and not is_sealed(call.paths, manifest.id):
        call.fence()
        seal_release(call.paths, manifest.id)
        call.changed = True
    known = state.releases.get(manifest.id)
    missing = _missing(call, manifest, host)
    if written and known and not missing:
        return {"pulled": []}
    call.changed = True
    if call.check:
        return {"pulled": missing}
    state = call.enter("stage", manifest.id)
    if not written:
        with call.timed("files"), exclusive(call.paths.images_mutex):
            call.fence()
            write_release(call.paths, manifest)
            # from now on it counts, whatever another application has just pruned
            missing = _missing(call, manifest, host)
    if known is None:  # before the pull: what fails then is on record, like what it wrote
        entry = Release(
            manifest.version, manifest.hash, CANDIDATE, manifest.created, manifest.commit
        )
        call.save(owned(call, state).with_release(manifest.id, entry))
    with call.timed("pull"):
        each(missing, lambda image: _pull(call, image, auth))
    return {"pulled": missing}


def _missing(call: Call, manifest: Manifest, host: str) -> list[str]:
    engine = call.tools.engine
    return [image for image in _images(manifest, host) if not engine.has_image(image)]


def _images(manifest: Manifest, host: str) -> list[str]:
    accessories = manifest.accessories
    extra = accessories.images if accessories and accessories.on(host) else ()
    return list(dict.fromkeys((*manifest.images, *extra)))


def _pull(call: Call, image: str, auth: RegistryAuth | None) -> None:
    """Pull an image, trying again where the registry may only be busy or away for a moment."""
    login = auth.for_image(image) if auth else None
    for attempt in range(1, ATTEMPTS + 1):
        call.fence()
        try:
            call.tools.engine.pull(image, login)
        except EngineProblem as error:
            if attempt == ATTEMPTS or _is_hopeless(error):
                raise _no_image(image, error, attempt) from error
            call.tools.clock.sleep(RETRY_SECONDS * 2 ** (attempt - 1))
        else:
            return


def _is_hopeless(error: EngineProblem) -> bool:
    found = error.data["found"].lower()
    return error.status == HTTPStatus.NOT_FOUND or any(words in found for words in HOPELESS)


def _no_image(image: str, error: EngineProblem, attempt: int) -> Problem:
    tries = "" if attempt == 1 else f" ({attempt} attempts)"
    return Problem(
        f"image {image}",
        f"cannot be pulled{tries}: {error.data['found']}",
        "an image the registry has, and a login it accepts",
        "check rollway_registry and its login in the inventory, then deploy again",
    )
