from __future__ import annotations

from pathlib import Path

import pytest

from rollway.build.recipe import read_recipes
from rollway.errors import RollwayError

IMAGE = "image: '${REGISTRY:-localhost:5000}/iris:${ROLLWAY_VERSION:-dev}'"


@pytest.fixture
def app_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "apps" / "iris"
    (folder / "worker").mkdir(parents=True)
    (folder / "Dockerfile").write_text("ARG BASE=x\nFROM ${BASE}\nARG FAULT\n")
    (folder / "worker" / "Dockerfile").write_text("FROM x\n")
    return folder


def write(app_dir: Path, *services: str) -> None:
    (app_dir / "compose.yml").write_text("services:\n" + "".join(f"  {one}\n" for one in services))


def read(app_dir: Path, *services: str) -> list[tuple[str, str, str, dict[str, str]]]:
    write(app_dir, *services)
    recipes = read_recipes(
        app_dir, registry="127.0.0.1:24006", version="1.4.0", variables={"BASE": "debian"}
    )
    return [
        (
            one.service,
            f"{one.image.name}:{one.image.tag}",
            one.context.relative_to(app_dir).as_posix(),
            dict(one.args),
        )
        for one in recipes
    ]


NAME = "127.0.0.1:24006/iris:1.4.0"
READ = [
    ("a folder", f"{{{IMAGE}, build: .}}", ("api", NAME, ".", {})),
    ("a folder below", f"{{{IMAGE}, build: ./worker}}", ("api", NAME, "worker", {})),
    (
        "a mapping without a context",
        f"{{{IMAGE}, build: {{args: {{A: b}}}}}}",
        ("api", NAME, ".", {"A": "b"}),
    ),
    (
        "arguments as a mapping",
        f"{{{IMAGE}, build: {{context: ., args: {{BASE: $BASE, N: 3, YES: true, LATER: null}}}}}}",
        ("api", NAME, ".", {"BASE": "debian", "N": "3", "YES": "true"}),
    ),
    (
        "arguments as a list",
        f"{{{IMAGE}, build: {{context: ., args: ['A=b=c', LATER]}}}}",
        ("api", NAME, ".", {"A": "b=c"}),
    ),
]


@pytest.mark.parametrize(
    ("service", "recipe"),
    [case[1:] for case in READ],
    ids=[case[0] for case in READ],
)
def test_reads(app_dir: Path, service: str, recipe: tuple[str, str, str, dict[str, str]]) -> None:
    assert read(app_dir, f"api: {service}") == [recipe]


def test_the_arguments_that_the_dockerfile_knows(app_dir: Path) -> None:
    write(app_dir, f"api: {{{IMAGE}, build: .}}")
    (recipe,) = read_recipes(app_dir, registry="r:1", version="1", variables={})
    assert recipe.declared == {"BASE", "FAULT"}


def test_services_that_no_release_builds_are_left_out(app_dir: Path) -> None:
    recipes = read(
        app_dir,
        f"api: {{{IMAGE}, build: .}}",
        "tool: {image: 'team/tool:3', build: .}",
        "unnamed: {build: .}",
        "db: {image: 'postgres:17'}",
    )
    assert [recipe[0] for recipe in recipes] == ["api"]


def test_two_services_of_one_image_are_built_once(app_dir: Path) -> None:
    recipes = read(app_dir, f"api: {{{IMAGE}, build: .}}", f"worker: {{{IMAGE}, build: .}}")
    assert [recipe[0] for recipe in recipes] == ["api"]


REFUSED = [
    (
        "nothing to build",
        ["db: {image: 'postgres:17'}"],
        (
            "services: none is built for a release; accepted: `build` and "
            "image: ${REGISTRY}/NAME:${ROLLWAY_VERSION:-dev} in one or more"
        ),
    ),
    (
        "a registry of its own",
        ["api: {image: 'ghcr.io/iris:${ROLLWAY_VERSION}', build: .}"],
        "services/api/image: 'ghcr.io/iris:1.4.0'; accepted: a name that begins with ${REGISTRY}/",
    ),
    (
        "a key that needs another builder",
        [f"api: {{{IMAGE}, build: {{context: ., ssh: [default]}}}}"],
        (
            "services/api/build/ssh: cannot be built with; "
            "accepted: args, context, dockerfile, labels, target"
        ),
    ),
    (
        "a Dockerfile outside of the context",
        [f"api: {{{IMAGE}, build: {{context: worker, dockerfile: ../Dockerfile}}}}"],
        "services/api/build: no ../Dockerfile in ",
    ),
    (
        "a context that is not there",
        [f"api: {{{IMAGE}, build: nowhere}}"],
        "services/api/build: no Dockerfile in ",
    ),
    (
        "one image built in two ways",
        [f"api: {{{IMAGE}, build: .}}", f"b: {{{IMAGE}, build: worker}}"],
        "services/b/build: differs from api's, for the same image",
    ),
    (
        "a variable that is not set",
        [f"api: {{{IMAGE}, build: {{context: ., args: {{A: $A}}}}}}"],
        "services/api/build/args/A: the variable A is not set",
    ),
]


@pytest.mark.parametrize(
    ("services", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refuses(app_dir: Path, services: list[str], message: str) -> None:
    with pytest.raises(RollwayError) as refusal:
        read(app_dir, *services)
    assert str(refusal.value).startswith(f"apps/iris/compose.yml: {message}")


def test_the_demo_can_be_built() -> None:
    demo = Path(__file__).resolve().parents[3] / "apps" / "iris"
    (recipe,) = read_recipes(demo, registry="r.example.com", version="1", variables={})
    assert recipe.declared == {"BASE_IMAGE", "VERSION", "FAULT", "FAULT_SECONDS", "FAULT_RATE"}
    assert recipe.args["VERSION"] == "1"
