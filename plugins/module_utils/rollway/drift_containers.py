"""Containers of an application, against what its record says stands in each project."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import compose
from .call import Call
from .compare import Variables, variables
from .containers import EVERYWHERE
from .engine import PROJECT_LABEL
from .finding import RESTART, Finding
from .manifest import WEB, WORKER, Manifest
from .names import ACCESSORIES, JOBS, SLOTS
from .network_drift import network_differences, networks_of
from .networks import all_back_if_it_fails, let_in, members, take_networks_away
from .problem import Problem
from .releases import accessories_file, compose_file, read_release
from .seen import APP_LABEL, Seen, seen_in
from .singletons import workers_here
from .slot import UP_SECONDS, compose_up
from .state import DRAINING, EMPTY, RUNNING, WARM, State

_VARIABLE = re.compile(r"\$\$|\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True)
class Wanted:
    """What the record says of one project: `must_run` and `must_rest` are Compose services.

    `place` is the slot and the release that its containers were made for, `networks` the names of
    those that each is in. `serves` get requests: in place they would lose some.
    """

    project: compose.Project
    services: Collection[str]
    must_run: Collection[str]
    must_rest: Collection[str]
    images: Mapping[str, str]
    variables: Variables
    says: str
    networks: Mapping[str, Collection[str]]
    place: tuple[str, str] | None = None
    serves: Collection[str] = ()


@dataclass(frozen=True)
class Containers:
    """Compares one project after the other; `kept` are the releases whose manifests are well."""

    call: Call
    address: str = ""
    kept: Collection[str] = ()

    def of_slot(
        self, state: State, slot: str, manifest: Manifest | None, *, is_settled: bool
    ) -> Iterator[Finding]:
        """Compare a slot; while a run is at work or held, workers may stand on either side."""
        recorded = state.slots[slot]
        seen = seen_in(self.call, slot)
        if recorded.state == EMPTY:
            says = f"nothing: the slot {slot} is recorded as empty"
            yield from (_extra(one, says) for one in seen)
        elif manifest and not is_leaving(self.call, state, slot):
            wanted = self._of_slot(state, slot, manifest, is_settled=is_settled)
            yield from self._compare(wanted, seen)
            yield from self._network_findings(wanted, manifest.compose)

    def of_accessories(self, manifest: Manifest | None, host: str) -> Iterator[Finding]:
        """Compare the accessories that belong on this host with those that stand there.

        One that was taken out of the file since stays until a person lets it go: a release that is
        kept may want it again.
        """
        accessories = manifest.accessories if manifest else None
        services = accessories.on(host) if accessories else []
        seen = []
        for one in seen_in(self.call, ACCESSORIES):
            if one.service in services or one.service not in self._known_accessories():
                seen.append(one)
            else:
                words = f"{one.name}: the release that defines accessories here has none such"
                self.call.remarks.append(f"{words}; next: docker rm --force {one.name}")
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
            networks=self._networks(ACCESSORIES, accessories.compose, services),
        )
        yield from self._compare(wanted, seen)
        yield from self._network_findings(wanted, accessories.compose)

    def _known_accessories(self) -> set[str]:
        found = (read_release(self.call.paths.release(one)) or {} for one in self.kept)
        parts = [one.get("accessories") or {} for one in found]
        return {str(each["name"]) for part in parts for each in part.get("services") or ()}

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
            networks=self._networks(slot, manifest.compose, [*web, *workers]),
            place=(slot, manifest.id),
            serves=web if is_active else (),
        )

    def _project(self, key: str, file: Path) -> compose.Project:
        paths = self.call.paths
        return compose.Project(paths.project(key), file, paths.slot_env(key))

    def _networks(self, key: str, text: str, services: Iterable[str]) -> dict[str, Collection[str]]:
        project, known = self.call.paths.project(key), networks_of(text)
        return {
            name: {f"{project}_{network}" for network in known.get(name, ())} for name in services
        }

    def _compare(self, wanted: Wanted, seen: list[Seen]) -> Iterator[Finding]:
        services = {one.service for one in seen}
        for service in wanted.must_run:
            if service not in services:
                where = f"{wanted.project.name}/{service}"
                words = ("missing", wanted.says, "makes it by the release's own file")
                yield Finding.mended("container", where, *words, self._upper(wanted, service))
        for one in seen:
            is_known = one.service in wanted.services
            if not is_known or one.name != f"{wanted.project.name}-{one.service}-1":
                yield _extra(one, wanted.says)
            else:
                yield from self._container(wanted, one)

    def _container(self, wanted: Wanted, one: Seen) -> Iterator[Finding]:
        if one.service in wanted.must_run and one.state != "running":
            words = (one.state, f"running: {wanted.says}", "starts it")
            anew = one.state not in ("exited", "created")
            mend = self._upper(wanted, one.service, anew=anew)
            yield Finding.mended("container", one.name, *words, mend)
        if one.service in wanted.must_rest and one.state == "running":
            accepted = f"stopped: a worker of {wanted.says}"
            yield Finding("container", one.name, "running", accepted, f"docker stop {one.name}")
        for kind, where, found, accepted in self._otherwise(wanted, one):
            if one.service in wanted.serves and one.state == "running":
                yield Finding(kind, where, found, accepted, verb=RESTART)
            else:
                runs = one.service in wanted.must_run
                mend = self._upper(wanted, one.service, anew=True) if runs else self._away(one.name)
                fix = "makes it anew" if runs else "removes it"
                yield Finding.mended(kind, where, found, accepted, fix, mend)

    def _otherwise(self, wanted: Wanted, one: Seen) -> Iterator[tuple[str, str, str, str]]:
        """What a container is made of, and should not be: kind, where, found, accepted."""
        if wanted.place and (one.slot, one.release) != wanted.place:
            found = f"made for {one.release or 'no release'} in {one.slot or 'no slot'}"
            yield "release", one.name, found, f"{wanted.place[1]} in {wanted.place[0]}"
        image = wanted.images.get(one.kind)
        if image and not self._is_image(one, image):
            yield "image", one.name, one.image or one.image_id, image
        for name in _other_values(wanted, one):
            yield (
                "environment",
                f"{one.name}/environment/{name}",
                "another value",
                "the release's own",
            )
        lacking = sorted({*wanted.networks.get(one.service, ())} - one.networks)
        if lacking and one.state == "running":
            yield "network", one.name, f"not in {', '.join(lacking)}", f"in it: {wanted.says}"
        away = sorted(one.addresses - {self.address, *EVERYWHERE})
        if away and self.address:
            yield "address", one.name, f"published at {', '.join(away)}", self.address

    def _network_findings(self, wanted: Wanted, text: str) -> Iterator[Finding]:
        project = wanted.project.name
        for key, name, found, accepted in network_differences(
            self.call.tools.engine, project, text
        ):
            inside = [one for one, names in wanted.networks.items() if name in names]
            if {*inside} & {*wanted.serves}:
                yield Finding("network", name, found, accepted, verb=RESTART)
            else:
                mend = self._renewer(wanted, key, [one for one in inside if one in wanted.must_run])
                fix = "makes it anew, and what is in it"
                yield Finding.mended("network", name, found, accepted, fix, mend)

    def _renewer(self, wanted: Wanted, key: str, services: list[str]) -> Callable[[], None]:
        def mend() -> None:
            known = members(self.call, wanted.project.name, {key}, anew=services)
            with all_back_if_it_fails(self.call, known):
                take_networks_away(self.call, wanted.project.name, {key})
                if services:
                    self._up(wanted, services, anew=True)
            let_in(self.call, (one for one in known if one.is_guest))

        return mend

    def _upper(self, wanted: Wanted, service: str, *, anew: bool = False) -> Callable[[], None]:
        return lambda: self._up(wanted, [service], anew=anew)

    def _up(self, wanted: Wanted, services: list[str], *, anew: bool) -> None:
        project = wanted.project
        done = compose_up(self.call, project, services, seconds=UP_SECONDS, anew=anew)
        if not done.is_ok:
            raise Problem(project.name, f"docker compose up: {done.last_words()}")

    def _away(self, name: str) -> Callable[[], None]:
        def mend() -> None:
            self.call.fence()
            self.call.tools.engine.remove(name, keeps_volumes=True)

        return mend

    def _is_image(self, one: Seen, reference: str) -> bool:
        """By digest where the release has one: repositories may be named differently.

        A name without one may be another image's by now.
        """
        digest = reference.partition("@")[2]
        engine = self.call.tools.engine
        if one.image == reference:
            return bool(digest) or engine.image_id(reference) in ("", one.image_id)
        if not digest:
            return False
        return digest in {each.partition("@")[2] for each in engine.image_digests(one.image_id)}


def is_leaving(call: Call, state: State, slot: str) -> bool:
    """Whether nobody returns to what stands in a slot: its time is over, or it drains.

    So does what a restart has left: the slot that serves has the same release.
    """
    recorded, active = state.slots[slot], state.slots[state.active] if state.active else None
    if slot == state.active or recorded.may_serve:
        return False
    if recorded.state == DRAINING or (active and active.release == recorded.release):
        return recorded.state in (WARM, DRAINING)
    is_over = recorded.deadline and recorded.deadline.seconds_left(call.tools.clock) <= 0
    return recorded.state == WARM and bool(is_over)


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
