"""The release that a deploy asks for, from the application's files and the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rollway import exits, names
from rollway.errors import RollwayError

if TYPE_CHECKING:
    from rollway.rollout.inputs import Inputs


def candidate(inputs: Inputs, app: str) -> dict[str, Any]:
    """Build the manifest; `layers` beside it says what a host has to pull.

    Version control is asked in a thread of its own, while the registry answers.
    """
    from rollway.config.load import load_app
    from rollway.release import manifest, source

    registry = _registry_client(inputs.registry)
    address = str(inputs.registry.get("registry") or "")
    version = _version(inputs, app, registry)
    config = load_app(
        inputs.apps_dir,
        app,
        variables=inputs.variables,
        version=version,
        registry=address,
        app_hosts=inputs.addresses,
        groups=inputs.groups,
    )
    created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    resolve: Callable[[str], str] = registry.resolve if registry else _as_it_is
    with ThreadPoolExecutor(1) as beside:
        origin = beside.submit(source.describe, inputs.apps_dir / app)
        built = manifest.build(config, resolve=resolve, source={}, created=created)
        layers = _layers(registry, built) if registry else {}
        found = origin.result()
    facts = {name: getattr(found, name) for name in ("commit", "branch", "author", "dirty")}
    return {**built, "source": facts, "layers": layers}


def images_on(release: Mapping[str, Any], host: str) -> list[str]:
    """The images that a host needs for a release, those of its accessories among them."""
    accessories = release.get("accessories") or {}
    services = accessories.get("services", [])
    here = {one["name"] for one in services if host in one["hosts"]}
    extra = {name: image for name, image in accessories.get("images", {}).items() if name in here}
    return sorted({*release.get("images", {}).values(), *extra.values()})


def _layers(registry: Any, release: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Image → layer → compressed bytes, of the images that this registry has."""
    accessories = (release.get("accessories") or {}).get("images", {})
    images: Iterable[str] = {*release["images"].values(), *accessories.values()}
    found = {image: registry.layers(image) for image in sorted(images)}
    return {image: layers for image, layers in found.items() if layers is not None}


def _version(inputs: Inputs, app: str, registry: Any) -> str:
    if inputs.version:
        return names.version_name(inputs.version)
    known = registry.tags(app) if registry else []
    raise RollwayError(
        "--version",
        "no version was named",
        accepted=", ".join(known[-10:]) or "a version in the registry",
        next="pass --version=X (rollway_version=X for ansible-playbook)",
        exit_code=exits.USAGE,
    )


def _registry_client(registry: Mapping[str, str | None]) -> Any:
    from rollway.release.registry_client import RegistryClient

    address = registry.get("registry")
    if not address:
        return None
    return RegistryClient(
        registry.get("controller") or address,
        registry=address,
        ca=registry.get("ca") or None,
        username=registry.get("username") or None,
        password=registry.get("password") or None,
    )


def _as_it_is(reference: str) -> str:
    return reference
