"""What a Compose file says about building: a recipe for each image of the released version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollway.build.dockerfile import declared_args
from rollway.config.compose_file import interpolate_all, read_compose
from rollway.config.interpolate import names_in
from rollway.config.problems import Problems
from rollway.release.reference import Reference, parse_reference

_KEYS = ("args", "context", "dockerfile", "labels", "target")


@dataclass(frozen=True)
class Recipe:
    """How one image is built. `image` is its name as the controller pushes it."""

    service: str
    image: Reference
    context: Path
    dockerfile: str = "Dockerfile"
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    """Names of the build arguments that the Dockerfile knows."""


def read_recipes(
    app_dir: Path, *, registry: str, version: str, variables: Mapping[str, str]
) -> list[Recipe]:
    """A recipe for each image that carries ${ROLLWAY_VERSION}; RollwayError lists all problems.

    A service built under another name is left out: a release does not ship it.
    """
    file = f"{app_dir.parent.name}/{app_dir.name}/compose.yml"
    raw = read_compose(app_dir / "compose.yml", file=file)
    problems = Problems(file)
    services = {name: one for name, one in raw["services"].items() if _is_released(one)}
    if not services:
        problems.add(
            "services",
            "none is built for a release",
            accepted="`build` and image: ${REGISTRY}/NAME:${ROLLWAY_VERSION:-dev} in one or more",
        )
    known = {**variables, "REGISTRY": registry, "ROLLWAY_VERSION": version}
    content = interpolate_all({"services": services}, known, problems)["services"]
    problems.end()
    recipes = [_recipe(app_dir, name, one, registry, problems) for name, one in content.items()]
    problems.end()
    return _each_image_once([recipe for recipe in recipes if recipe], problems)


def _is_released(service: Any) -> bool:
    """Is it built, under a name that carries the version?"""
    if not isinstance(service, dict) or not service.get("build"):
        return False
    return "ROLLWAY_VERSION" in names_in(str(service.get("image") or ""))


def _recipe(
    app_dir: Path, name: str, service: Mapping[str, Any], registry: str, problems: Problems
) -> Recipe | None:
    path = f"services/{name}/build"
    build = service["build"]
    build = {"context": build} if isinstance(build, str) else build
    if not isinstance(build, dict):
        problems.add(path, "not a mapping", accepted="a folder, or a mapping with `context`")
        return None
    for key in [key for key in build if key not in _KEYS]:
        problems.add(f"{path}/{key}", "cannot be built with", accepted=", ".join(_KEYS))
    if not str(service["image"]).startswith(f"{registry}/"):
        image = f"services/{name}/image"
        problems.add(
            image, f"{service['image']!r}", accepted="a name that begins with ${REGISTRY}/"
        )
    context = (app_dir / str(build.get("context", "."))).resolve()
    dockerfile = str(build.get("dockerfile") or "Dockerfile")
    if not _is_inside(context, dockerfile):
        problems.add(path, f"no {dockerfile} in {context}", accepted="a Dockerfile in the context")
    if len(problems.found):
        return None
    return Recipe(
        service=name,
        image=parse_reference(str(service["image"])),
        context=context,
        dockerfile=dockerfile,
        target=build.get("target"),
        args=_mapping(build.get("args"), f"{path}/args", problems),
        labels=_mapping(build.get("labels"), f"{path}/labels", problems),
        declared=declared_args((context / dockerfile).read_text(encoding="utf-8")),
    )


def _is_inside(context: Path, dockerfile: str) -> bool:
    path = (context / dockerfile).resolve()
    return path.is_relative_to(context) and path.is_file()


def _mapping(value: Any, path: str, problems: Problems) -> dict[str, str]:
    """Both of Compose's forms; an argument without a value is left to --build-arg."""
    if isinstance(value, list):
        value = dict(str(entry).split("=", 1) for entry in value if "=" in str(entry))
    if value is not None and not isinstance(value, dict):
        problems.add(path, "not a mapping", accepted="NAME: value, or a list of NAME=value")
        return {}
    return {str(name): _text(one) for name, one in (value or {}).items() if one is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _each_image_once(recipes: list[Recipe], problems: Problems) -> list[Recipe]:
    """Two services may run one image, if they build it in the same way."""
    by_image: dict[Reference, Recipe] = {}
    for recipe in recipes:
        first = by_image.setdefault(recipe.image, recipe)
        if _way(first) != _way(recipe):
            path = f"services/{recipe.service}/build"
            problems.add(path, f"differs from {first.service}'s, for the same image")
    problems.end()
    return list(by_image.values())


def _way(recipe: Recipe) -> tuple[Any, ...]:
    return recipe.context, recipe.dockerfile, recipe.target, dict(recipe.args), dict(recipe.labels)
