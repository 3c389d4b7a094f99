"""Containers of an application, against what its record says stands in each project."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import compose
from .call import Call
from .compare import Variables, variables
from .containers import SERVICE_LABEL
from .engine import PROJECT_LABEL, Json
from .finding import Finding
from .manifest import WEB, WORKER, Manifest
from .names import JOBS, SLOTS
from .releases import accessories_file, compose_file
from .singletons import workers_here
from .state import EMPTY, RUNNING, WARM, State

APP_LABEL, KIND_LABEL = "io.rollway.app", "io.rollway.service"
RELEASE_LABEL, SLOT_LABEL = "io.rollway.release", "io.rollway.slot"
ACCESSORIES = "accessories"
_VARIABLE = re.compile(r"\$\$|\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True)
class Seen:
    """A container as the engine has it."""

    name: str
    service: str
    kind: str
    state: str
    image: str
    image_id: str
    release: str
    slot: str
    environment: Mapping[str, str]

    @classmethod
    def from_inspect(cls, found: Json) -> Seen:
        """Return the container in the engine's answer to `inspect`."""
        config = found["Config"]
        labels = config.get("Labels") or {}
        pairs = (one.partition("=") for one in config.get("Env") or ())
        return cls(
            name=found["Name"].lstrip("/"),
            service=labels.get(SERVICE_LABEL, ""),
            kind=labels.get(KIND_LABEL, ""),
            state=found["State"]["Status"],
            image=str(config.get("Image") or ""),
            image_id=str(found.get("Image") or ""),
            release=labels.get(RELEASE_LABEL, ""),
            slot=labels.get(SLOT_LABEL, ""),
            environment={name: value for name, _, value in pairs},
        )


@dataclass(frozen=True)
class Wanted:
    """What the record says of one project: `must_run` and `must_rest` are Compose services.

    `place` is the slot and the release that its containers were made for.
    """

    project: compose.Project
    services: Collection[str]
    must_run: Collection[str]
    must_rest: Collection[str]
    images: Mapping[str, str]
    variables: Variables
    says: str
    place: tuple[str, str] | None = None


@dataclass(frozen=True)
class Containers:
    """Compares one project after the other."""

    call: Call

    def of_slot(
        self, state: State, slot: str, manifest: Manifest | None, *, is_settled: bool
    ) -> Iterator[Finding]:
        """Compare a slot; while a run is at work or held, workers may stand on either side."""
        recorded = state.slots[slot]
        seen = self._seen(slot)
        if recorded.state == EMPTY:
            says = f"nothing: the slot {slot} is recorded as empty"
            yield from (_extra(one, says) for one in seen)
        elif manifest:
            wanted = self._of_slot(state, slot, manifest, is_settled=is_settled)
            yield from self._compare(wanted, seen)

    def of_accessories(self, manifest: Manifest | None, host: str) -> Iterator[Finding]:
        """Compare the accessories that belong on this host with those that stand there."""
        accessories = manifest.accessories if manifest else None
        services = accessories.on(host) if accessories else []
        seen = self._seen(ACCESSORIES)
        if not manifest or not accessories or not services:
            yield from (_extra(one, "no accessory on this host") for one in seen)
            return
        content = manifest.content["accessories"]
        wanted = Wanted(
            self._project(ACCESSORIES, accessories_file(self.call.paths.release(manifest.id))),
            services,
            must_run=services,
            must_rest=(),
            images=content.get("images") or {},
            variables=variables(accessories.compose),
            says=f"an accessory of {manifest.id}",
        )
        yield from self._compare(wanted, seen)

    def _of_slot(self, state: State, slot: str, manifest: Manifest, *, is_settled: bool) -> Wanted:
        recorded, is_active = state.slots[slot].state, state.active == slot
        web, workers = manifest.containers(WEB), manifest.containers(WORKER)
        ours = workers_here(manifest, state)  # others of the fleet's only ones run elsewhere
        theirs = [name for name in workers if name not in ours]
        is_up = recorded in (RUNNING, WARM)
        return Wanted(
            self._project(slot, compose_file(self.call.paths.release(manifest.id))),
            services=[*web, *workers],
            must_run=[*(web if is_up else ()), *(ours if is_active and is_settled else ())],
            must_rest=(workers if recorded == WARM else theirs) if is_settled else (),
            images=manifest.content["images"],
            variables=variables(manifest.compose),
            says=f"{manifest.id} in {slot}, recorded as {recorded}",
            place=(slot, manifest.id),
        )

    def _project(self, key: str, file: Path) -> compose.Project:
        paths = self.call.paths
        return compose.Project(paths.project(key), file, paths.slot_env(key))

    def _seen(self, key: str) -> list[Seen]:
        engine = self.call.tools.engine
        listed = engine.containers(self.call.paths.project(key))
        found = (engine.inspect(item["Id"]) for item in listed)
        seen = [Seen.from_inspect(one) for one in found if one]
        return sorted(seen, key=lambda one: one.name)

    def _compare(self, wanted: Wanted, seen: list[Seen]) -> Iterator[Finding]:
        services = {one.service for one in seen}
        for service in wanted.must_run:
            if service not in services:
                where = f"{wanted.project.name}/{service}"
                yield Finding("container", where, "missing", wanted.says, _up(wanted, service))
        for one in seen:
            is_known = one.service in wanted.services
            if not is_known or one.name != f"{wanted.project.name}-{one.service}-1":
                yield _extra(one, wanted.says)
            else:
                yield from self._container(wanted, one)

    def _container(self, wanted: Wanted, one: Seen) -> Iterator[Finding]:
        again = _up(wanted, one.service)
        if wanted.place and (one.slot, one.release) != wanted.place:
            found = f"made for {one.release or 'no release'} in {one.slot or 'no slot'}"
            accepted = f"{wanted.place[1]} in {wanted.place[0]}"
            yield Finding("release", one.name, found, accepted, again)
        if one.service in wanted.must_run and one.state != "running":
            yield Finding("container", one.name, one.state, f"running: {wanted.says}", again)
        if one.service in wanted.must_rest and one.state == "running":
            accepted = f"stopped: a worker of {wanted.says}"
            yield Finding("container", one.name, "running", accepted, f"docker stop {one.name}")
        image = wanted.images.get(one.kind)
        if image and not self._is_image(one, image):
            yield Finding("image", one.name, one.image or one.image_id, image, again)
        for name in _other_values(wanted, one):
            where = f"{one.name}/environment/{name}"
            yield Finding("environment", where, "another value", "the release's own", again)

    def _is_image(self, one: Seen, reference: str) -> bool:
        """By digest where the release has one: repositories may be named differently."""
        digest = reference.partition("@")[2]
        if one.image == reference or not digest:
            return one.image == reference
        return digest in {
            each.partition("@")[2] for each in self.call.tools.engine.image_digests(one.image_id)
        }


def stray_containers(call: Call) -> Iterator[Finding]:
    """Containers that carry the application's label and stand in none of its projects."""
    ours = {call.paths.project(key) for key in (*SLOTS, ACCESSORIES, JOBS)}
    for item in call.tools.engine.containers():
        labels = item.get("Labels") or {}
        if labels.get(APP_LABEL) == call.paths.app and labels.get(PROJECT_LABEL, "") not in ours:
            name = item["Names"][0].lstrip("/")
            accepted, away = f"one of {', '.join(sorted(ours))}", f"docker rm --force {name}"
            yield Finding("container", name, "it is in no slot", accepted, away)


def _extra(one: Seen, says: str) -> Finding:
    found = f"a container too many, {one.state}"
    return Finding("container", one.name, found, says, f"docker rm --force {one.name}")


def _up(wanted: Wanted, service: str) -> str:
    arguments = compose.up_arguments(wanted.project, [service], pull="never")
    return shlex.join(["docker", "compose", *arguments])


def _other_values(wanted: Wanted, one: Seen) -> list[str]:
    """Names of variables whose value is not the release's; values stay on the host."""
    file = wanted.project.env_file
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    known = {name: value for name, _, value in (line.partition("=") for line in lines)}
    return [
        name
        for (service, name), text in sorted(wanted.variables.items())
        if service == one.service
        and (value := _value(text, known)) is not None
        and one.environment.get(name) != value
    ]


def _value(text: str, known: Mapping[str, str]) -> str | None:
    """The value of a rendered variable; None where it is no text that both sides write alike."""
    if not text.startswith('"'):
        return None
    try:
        plain = str(json.loads(text))
    except ValueError:  # an escape that YAML has and JSON has not
        return None
    return _VARIABLE.sub(lambda found: known.get(found[1] or "", "") if found[1] else "$", plain)
