"""Builds one version of an application: decide what is missing, build it, push it, record it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from rollway import exits, names
from rollway.build import context, record
from rollway.build.dockerfile import check_known, chosen_args, parse_args
from rollway.build.engine import Engine, Progress
from rollway.build.labels import INPUTS, image_labels
from rollway.build.recipe import Recipe, read_recipes
from rollway.build.record import Built, Image
from rollway.build.target import Target
from rollway.errors import RollwayError
from rollway.release.registry_client import RegistryClient
from rollway.release.source import Source, describe

_IN_MEMORY = 64 << 20


@dataclass(frozen=True)
class Order:
    """What is to be built, from which source, for which registry."""

    app: str
    version: str
    env: str
    source: Source
    target: Target
    args: Mapping[str, str]
    keep_existing: bool


def build_version(  # noqa: PLR0913 - keyword-only: one place that says all about a build
    app_dir: Path,
    *,
    env: str,
    target: Target,
    builds_dir: Path,
    progress: Progress,
    version: str = "",
    build_args: Sequence[str] = (),
    keep_existing: bool = False,
) -> Built:
    """Build and push every image of a version, and record it.

    `version` is by default the folder's own (git describe), `build_args` are `NAME=value`. A
    version is never built twice: from the same inputs nothing is done, from others RollwayError
    (exit 6); with `keep_existing` what is there stays, whatever it was made from.
    """
    started = time.monotonic()
    source = describe(app_dir)
    order = Order(
        app=names.app_name(app_dir.name),
        version=names.version_name(version or source.version),
        env=env,
        source=source,
        target=target,
        args=parse_args(build_args),
        keep_existing=keep_existing,
    )
    images = _build_images(order, app_dir, progress)
    seconds = round(time.monotonic() - started, 3)
    built = Built(order.app, order.version, env, source, images, order.args, seconds)
    if any(image.is_new for image in images) or not record.path_of(built, builds_dir).exists():
        record.save(built, builds_dir)
    return built


def _build_images(order: Order, app_dir: Path, progress: Progress) -> tuple[Image, ...]:
    """Look at all of them first, so that a refusal comes before any change."""
    recipes = read_recipes(
        app_dir,
        registry=order.target.controller,
        version=order.version,
        variables=order.target.variables,
    )
    check_known(order.args, [recipe.declared for recipe in recipes])
    registry = order.target.client()
    found = [(recipe, _existing(order, recipe, registry)) for recipe in recipes]
    return tuple(there or _build(order, r, registry, progress) for r, there in found)


def _existing(order: Order, recipe: Recipe, registry: RegistryClient) -> Image | None:
    """The image that has this version already; RollwayError when it was made from other inputs."""
    repository = _repository(order, recipe)
    digest = registry.digest(repository, order.version)
    if digest is None:
        return None
    made_from = registry.labels(repository, order.version).get(INPUTS, "")
    if not order.keep_existing and made_from != _inputs(order, recipe):
        raise _taken(order, repository)
    return Image(recipe.service, _hosts_name(order, repository), digest, made_from, is_new=False)


def _inputs(order: Order, recipe: Recipe) -> str:
    with _packed(recipe) as (archive, _):
        return context.inputs_hash(recipe, archive, _args(order, recipe))


def _build(order: Order, recipe: Recipe, registry: RegistryClient, progress: Progress) -> Image:
    repository, args = _repository(order, recipe), _args(order, recipe)
    engine = Engine()
    with _packed(recipe) as (archive, count):
        inputs = context.inputs_hash(recipe, archive, args)
        labels = image_labels(
            order.source,
            title=repository,
            version=order.version,
            inputs=inputs,
            now=datetime.now(UTC),
        )
        progress(f"{repository}: builds {order.version} from {count} files")
        engine.build(recipe, archive, args=args, labels=labels, progress=progress)
    progress(f"{repository}: pushes {order.version} to {order.target.controller}")
    engine.push(recipe, login=order.target.login(), progress=progress)
    digest = registry.digest(repository, order.version)
    if digest is None:
        raise _lost(order, repository)
    return Image(recipe.service, _hosts_name(order, repository), digest, inputs, is_new=True)


@contextmanager
def _packed(recipe: Recipe) -> Iterator[tuple[IO[bytes], int]]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as archive:
        yield archive, context.pack(recipe, archive)


def _args(order: Order, recipe: Recipe) -> dict[str, str]:
    """The file's own, then the environment's, then those of the command line."""
    merged = {**recipe.args, **order.target.build_args, **order.args}
    return chosen_args(merged, recipe.declared)


def _repository(order: Order, recipe: Recipe) -> str:
    return recipe.image.name.removeprefix(f"{order.target.controller}/")


def _hosts_name(order: Order, repository: str) -> str:
    return f"{order.target.registry}/{repository}:{order.version}"


def _taken(order: Order, repository: str) -> RollwayError:
    return RollwayError(
        f"{order.target.registry}/{repository}",
        f"the version {order.version} is in the registry, built from other files or arguments",
        accepted="a version names one content for ever: another version",
        next=f"./invoke build --env={order.env} --app={order.app} --version=ANOTHER, "
        f"or ./invoke deploy --env={order.env} --app={order.app} --version={order.version}",
        exit_code=exits.REFUSED,
    )


def _lost(order: Order, repository: str) -> RollwayError:
    return RollwayError(
        f"{order.target.registry}/{repository}",
        f"the version {order.version} was pushed and is not there",
        accepted="rollway_registry_controller naming the registry that is pushed to",
        next=f"check inventories/{order.env}",
        exit_code=exits.FAILED,
    )
