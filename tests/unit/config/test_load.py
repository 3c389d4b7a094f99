from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.config.load import load_app
from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import HOSTS, REGISTRY, api, compose, load

FILE = "apps/iris/compose.yml"
NEXT = f"next: edit {FILE} (docs/compose.md)"


def error_of(folder: Path, content: Any, **options: Any) -> str:
    with pytest.raises(RollwayError) as caught:
        load(folder, content, **options)
    assert caught.value.exit_code == exits.USAGE
    return str(caught.value)


def test_an_application_is_loaded(tmp_path: Path) -> None:
    config = load(tmp_path, compose(services={"worker": api(command="work")}))
    assert config.classes == {"api": "web", "worker": "worker"}
    assert config.compose["services"]["api"]["image"] == f"{REGISTRY}/iris:1.0"
    assert config.of_class("web", "worker") == ["api", "worker"]
    assert config.hosts == HOSTS
    assert config.notes == []


def test_an_application_may_have_no_http_service(tmp_path: Path) -> None:
    content = {"services": {"mail": api()}}
    config = load(tmp_path, content)
    assert config.classes == {"mail": "worker"}
    assert config.settings.http is None


def test_the_inventory_sets_variables(tmp_path: Path) -> None:
    content = compose(services={"api": api(environment={"MODE": "${MODE}", "PASSED": None})})
    config = load(tmp_path, content, variables={"MODE": "full", "PASSED": "$x"})
    assert config.service("api")["environment"] == {"MODE": "full", "PASSED": "$x"}


def test_the_shell_sets_no_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODE", "full")
    content = compose(services={"api": api(environment={"MODE": "${MODE}", "HOME": None})})
    assert error_of(tmp_path, content) == (
        f"{FILE}: services/api/environment/MODE: the variable MODE is not set; "
        "accepted: a default like ${NAME:-value}, or rollway_variables in the inventory "
        f"(group_vars/all.yml); {NEXT}"
    )


def test_a_name_without_value_is_not_taken_from_the_host(tmp_path: Path) -> None:
    content = compose(services={"api": api(environment=["HOME"])})
    assert error_of(tmp_path, content).startswith(
        f"{FILE}: services/api/environment/HOME: the variable HOME is not set; accepted: "
    )


def test_keys_are_not_interpolated(tmp_path: Path) -> None:
    content = compose(services={"api": api(labels={"$KEY": "a"})})
    assert load(tmp_path, content).service("api")["labels"] == {"$KEY": "a"}


@pytest.mark.parametrize("name", ["REGISTRY", "ROLLWAY_VERSION"])
def test_an_inventory_cannot_set_what_every_release_sets(tmp_path: Path, name: str) -> None:
    assert error_of(tmp_path, compose(), variables={name: "x"}) == (
        f"rollway_variables/{name}: the name is taken: every release sets it; "
        "accepted: another name; next: edit the inventory (rollway_registry names the registry)"
    )


def test_problems_are_shown_together(tmp_path: Path) -> None:
    content = compose(
        services={"api": api(container_name="a", helthcheck={}), "db": {"image": "postgres:16"}},
        x_rollway={"htp": 1},
    )
    assert error_of(tmp_path, content).splitlines() == [
        f"{FILE}: 3 problems",
        (
            "  services/api/container_name: 'a' cannot be released; "
            "accepted: leave it out: two slots of one host would claim it"
        ),
        "  services/api/helthcheck: unknown key; accepted: healthcheck",
        f"  x-rollway/htp: unknown key; accepted: http; {NEXT}",
    ]


WHOLE = [
    ("no YAML", "services: [", f"{FILE}: it is not YAML: while parsing a flow node"),
    ("a list", "- a\n", f"{FILE}: it has no services; accepted: a mapping `services`"),
    ("nothing", "", f"{FILE}: it has no services"),
    ("no service", "services: {}\n", f"{FILE}: it has no services"),
    (
        "a key twice",
        "services:\n  api: {image: a}\n  api: {image: b}\n",
        f"{FILE}: it is not YAML: line 3: the key 'api' stands there twice; next: edit {FILE}",
    ),
    (
        "a service that is a text",
        "services:\n  api: image\n  b: {image: 'a:${ROLLWAY_VERSION}'}\n",
        f"{FILE}: services/api: 'image'; accepted: a mapping",
    ),
    (
        "no service of the release",
        "services:\n  api: {image: nginx}\n",
        (
            f"{FILE}: no service is released: none has ${{ROLLWAY_VERSION}} in its image; "
            "accepted: image: ${REGISTRY}/NAME:${ROLLWAY_VERSION:-dev} in at least one service"
        ),
    ),
    (
        "a version that is only spelled out",
        "services:\n  api: {image: 'nginx:$$ROLLWAY_VERSION'}\n",
        f"{FILE}: no service is released",
    ),
    (
        "the character NUL",
        'services:\n  api: {image: "a:${ROLLWAY_VERSION}\\0{ROLLWAY_FILES}\\0"}\n',
        f"{FILE}: services/api/image: it holds the character NUL",
    ),
]


@pytest.mark.parametrize(
    ("text", "message"), [case[1:] for case in WHOLE], ids=[case[0] for case in WHOLE]
)
def test_files_that_are_no_application(tmp_path: Path, text: str, message: str) -> None:
    assert error_of(tmp_path, text).startswith(message)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RollwayError) as caught:
        _load_by_name(tmp_path, "iris")
    assert str(caught.value) == (
        f"{FILE}: there is no such file; accepted: a Compose file; next: write {FILE}"
    )


def test_a_file_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "iris").mkdir()
    (tmp_path / "iris/docker-compose.yml").write_text("services: {}")
    with pytest.raises(RollwayError) as caught:
        _load_by_name(tmp_path, "iris")
    assert caught.value.next == "rename docker-compose.yml to compose.yml"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    assert error_of(tmp_path, "#" * (1024 * 1024 + 1)).startswith(f"{FILE}: it is too large")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "iris").mkdir()
    (tmp_path / "iris/compose.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RollwayError, match="it is not YAML: 'utf-8' codec can't decode"):
        _load_by_name(tmp_path, "iris")


NAMES = ["../etc", "a/b", "..", "a b", "a;b", "$(id)", "{{ 7*7 }}", "-a", "a\n", "", "A" * 70]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_names_that_would_lead_elsewhere_are_refused_first(tmp_path: Path, name: str) -> None:
    with pytest.raises(RollwayError):
        _load_by_name(tmp_path, name)
    with pytest.raises(RollwayError):
        load_app(tmp_path, "iris", variables={}, version=name, registry="r", app_hosts={})


def _load_by_name(folder: Path, app: str) -> None:
    load_app(folder, app, variables={}, version="1", registry="r", app_hosts=HOSTS)
