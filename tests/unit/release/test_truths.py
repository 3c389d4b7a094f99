"""Truths mean what Compose takes them for, at each place where Rollway reads one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rollway.config.truths import is_true, is_truth
from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import api, build, compose, rendered, write

YES = [True, "true", "True", "y", "yes", "Yes", "on", "ON", "${E:-yes}"]
NO = [False, "false", "n", "no", "off", "OFF", "${E:-no}"]
NONE = ["1", 1, 0, "maybe", "", "${E:-}", [], 1.5]


@pytest.mark.parametrize("value", YES[:-1], ids=repr)
def test_yes(value: Any) -> None:
    assert is_truth(value)
    assert is_true(value)


@pytest.mark.parametrize("value", NO[:-1], ids=repr)
def test_no(value: Any) -> None:
    assert is_truth(value)
    assert not is_true(value, unset=True)


def test_nothing_is_what_the_caller_says() -> None:
    assert (is_true(None), is_true(None, unset=True)) == (False, True)


def with_volume(**keys: Any) -> dict[str, Any]:
    return compose(services={"api": api(volumes=["rows:/d"])}, volumes={"rows": keys})


@pytest.mark.parametrize("value", YES, ids=repr)
def test_an_external_volume_is_the_one_that_hosts_have(tmp_path: Path, value: Any) -> None:
    manifest = build(tmp_path, with_volume(external=value, name="pg"))
    assert manifest["volumes"] == []
    found = yaml.safe_load(manifest["compose"])["volumes"]
    assert found == {"rows": {"external": True, "name": "pg"}}
    found = rendered(tmp_path, with_volume(external=value))["volumes"]
    assert found == {"rows": {"external": True, "name": "rows"}}


@pytest.mark.parametrize("value", [*NO, None], ids=repr)
def test_any_other_volume_is_rollways_own(tmp_path: Path, value: Any) -> None:
    assert build(tmp_path, with_volume(external=value))["volumes"] == ["iris_rows"]


def test_composes_older_form_of_an_external_volume(tmp_path: Path) -> None:
    found = rendered(tmp_path, with_volume(external={"name": "pg"}))["volumes"]
    assert found == {"rows": {"external": True, "name": "pg"}}


BIND = {"type": "bind", "source": "/d", "target": "/d"}
PLACES: list[tuple[str, str, dict[str, Any]]] = [
    ("a volume", "volumes/rows/external", {"volumes": {"rows": {"external": ...}}}),
    ("a network", "networks/front/external", {"networks": {"front": {"external": ...}}}),
    ("a config", "configs/c/external", {"configs": {"c": {"external": ...}}}),
    ("a secret", "secrets/s/external", {"secrets": {"s": {"external": ...}}}),
    ("a mount", "services/api/volumes/0/read_only", {"volumes": [{**BIND, "read_only": ...}]}),
    ("an env file", "services/api/env_file/0/required", {"env_file": [{"required": ...}]}),
    (
        "what a service waits for",
        "services/api/depends_on/db/required",
        {"depends_on": {"db": {"required": ...}}},
    ),
    ("a health check", "services/api/healthcheck/disable", {"healthcheck": {"disable": ...}}),
    ("a power", "services/api/privileged", {"privileged": ...}),
]


def filled(content: Any, value: Any) -> Any:
    if isinstance(content, dict):
        return {key: filled(one, value) for key, one in content.items()}
    if isinstance(content, list):
        return [filled(one, value) for one in content]
    return value if content is ... else content


@pytest.mark.parametrize("value", NONE, ids=repr)
@pytest.mark.parametrize("case", PLACES, ids=[case[0] for case in PLACES])
def test_what_is_no_truth_is_refused(
    tmp_path: Path, case: tuple[str, str, dict[str, Any]], value: Any
) -> None:
    _, path, put = case
    keys = filled(put, value)
    content = compose(services={"api": api(**keys)}) if "services" in path else compose(**keys)
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, content)
    seen = "" if isinstance(value, str) and "$" in value else value
    assert f"{path}: {seen!r}; accepted: true or false" in str(caught.value)


@pytest.mark.parametrize("path", ["networks/front", "configs/c", "secrets/s"])
def test_what_is_refused_when_true_is_refused_as_yes(tmp_path: Path, path: str) -> None:
    kind, name = path.split("/")
    with pytest.raises(RollwayError, match=f"{path}/external: 'yes' cannot be released"):
        build(tmp_path, compose(**{kind: {name: {"external": "yes"}}}))


def test_an_env_file_that_is_required_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(RollwayError, match=r"env_file/0: 'gone\.env' is not there"):
        rendered(tmp_path, with_env_file("on"))
    assert "env_file" not in rendered(tmp_path, with_env_file("off"))["services"]["api-1"]


def with_env_file(required: str) -> dict[str, Any]:
    return compose(services={"api": api(env_file=[{"path": "gone.env", "required": required}])})


def test_what_may_be_missing_is_no_problem(tmp_path: Path) -> None:
    waits = {"db": {"condition": "service_started", "required": "no"}}
    project = rendered(tmp_path, compose(services={"api": api(depends_on=waits)}))
    assert "depends_on" not in project["services"]["api-1"]


def test_a_health_check_that_is_off_is_none(tmp_path: Path) -> None:
    check = {"test": ["CMD", "true"], "disable": "yes"}
    manifest = build(tmp_path, compose(services={"api": api(healthcheck=check)}))
    assert manifest["services"][0]["has_healthcheck"] is False


def test_no_power_is_not_said(tmp_path: Path) -> None:
    notes = {
        word: build(tmp_path, compose(services={"api": api(privileged=word)}))["notes"]
        for word in ("yes", "no")
    }
    said = "services/api/privileged: 'yes' gives it power over the host"
    assert (said in notes["yes"], notes["no"]) == (True, [])


def test_a_folder_that_is_not_read_only_is_said(tmp_path: Path) -> None:
    write(tmp_path, "conf/a")
    mount = {"type": "bind", "source": "./conf", "target": "/c", "read_only": "no"}
    notes = build(tmp_path, compose(services={"api": api(volumes=[mount])}))["notes"]
    assert "services/api/volumes/0: ./conf is a file of the release, mounted read-only" in notes


@pytest.mark.parametrize(("word", "data"), [("yes", []), ("no", ["/d"])])
def test_an_accessory_writes_to_what_is_not_read_only(
    tmp_path: Path, word: str, data: list[str]
) -> None:
    db = {"image": "db:1", "expose": ["5432"], "volumes": [{**BIND, "read_only": word}]}
    told = {"services": {"db": {"class": "accessory", "hosts": "app-1"}}}
    manifest = build(tmp_path, compose(services={"db": db}, x_rollway=told))
    assert manifest["accessories"]["data"] == {"db": data}
