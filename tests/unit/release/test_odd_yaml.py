"""Whatever YAML spells at a key: a manifest that can be written, or an error with a path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import api, build, compose, write
from tests.unit.release.row_cases import content_of, merged
from tests.unit.release.rows_kept import GONE, KEPT
from tests.unit.release.rows_placed import PLACED

MARK = "@@"
RAW = {
    "thousands of digits": "9" * 5000,
    "thousands of hexadecimal digits": f"0x{'f' * 5000}",
    "thousands of digits as text": f'"{"9" * 5000}"',
    "a list of them": f"[{'9' * 5000}]",
    "digits of another script": '"٣"',
    "half a character": r'"\ud800"',
    "half a character in a list": r'["\ud800"]',
    "half a character in an operator": r'"${V2?\ud800}"',
    "half a character as a key": r'{"\ud800": 1}',
    "a tag that does not fit": "!!bool foo",
    "a tag that YAML 1.2 has not": "!!timestamp x",
    "names of types": "{str: 1, int: 1}",
    "no end": ".inf",
    "nearly no end": "'1e308'",
}
SETTINGS: list[str] = ["http", "http.port", "http.hosts", "rollout.waves", "rollout.max_failures"]
SETTINGS += ["rollout.bake_seconds", "rollout.min_serving", "services.str", "services.db.hosts"]
DEVICE = {"capabilities": ["gpu"], "device_ids": [], "count": 1, "driver": "nvidia"}


@cache
def texts() -> list[str]:
    return [text_of(content) for content in contents()]


def contents() -> Iterator[dict[str, Any]]:
    """A file for every key, the mark at it."""
    for case in {case.put: case for case in [*KEPT, *PLACED, *GONE]}.values():
        yield content_of(case._replace(value=MARK))
    for path in SETTINGS:
        yield merged(compose(), {"x-rollway": below(path, MARK)})
    for key in DEVICE:
        devices = [{**DEVICE, key: MARK}]
        deploy = {"resources": {"reservations": {"devices": devices}}}
        yield compose(services={"api": api(deploy=deploy)})
    for key in ("source", "target", "uid", "gid", "mode"):
        service = api(user=MARK, secrets=[{"source": "s", key: MARK}])
        yield compose(services={"api": service}, secrets={"s": {"file": "key.pem"}})
    yield compose(services={"str": MARK})
    yield {**compose(), "x-rollway": MARK}


def text_of(content: Any) -> str:
    return yaml.safe_dump(content, sort_keys=False)


def below(path: str, value: Any) -> dict[str, Any]:
    """The value at a path with dots."""
    whole = value
    for part in reversed(path.split(".")):
        whole = {part: whole}
    return dict(whole)


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
def test_no_yaml_ends_in_a_traceback(tmp_path: Path, raw: str) -> None:
    write(tmp_path, "key.pem")
    for text in texts():
        message = ""
        try:
            manifest = build(tmp_path, text.replace(f"'{MARK}'", raw), variables={"V": "v"})
            json.dumps(manifest, allow_nan=False, ensure_ascii=False).encode()
        except RollwayError as error:
            message = str(error)
        assert not message.encode() or message.startswith("apps/iris/compose.yml: "), message


NINES = "9" * 5000
THREE = "٣"
WITH_PATHS: list[tuple[str, Any, str]] = [
    ("deploy.replicas", NINES, "services/api/deploy/replicas: '999"),
    ("deploy.replicas", THREE, "services/api/deploy/replicas: '٣'"),
    ("healthcheck.retries", THREE, "services/api/healthcheck/retries: '٣'"),
    ("healthcheck.retries", 1e308, "retries: 1e+308 is not a whole number from 0"),
    ("stop_grace_period", f"{THREE}s", "services/api/stop_grace_period: '٣s'"),
    ("mem_limit", f"{THREE}g", "services/api/mem_limit: '٣g'"),
    ("ports", [f"{THREE}:8000"], "services/api/ports/0: '٣:8000'"),
    ("env_file", "\ud800", r"services/api/env_file: '\ud800' holds half a character"),
]


@pytest.mark.parametrize(("key", "value", "said"), WITH_PATHS, ids=[c[2] for c in WITH_PATHS])
def test_what_is_no_number_is_named(tmp_path: Path, key: str, value: Any, said: str) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, compose(services={"api": api(**below(key, value))}))
    assert said in str(caught.value)


HELD: list[tuple[str, dict[str, Any]]] = [
    ("secrets/s/file", {"file": "\ud800"}),
    ("configs/s/content", {"content": "\ud800"}),
]


@pytest.mark.parametrize(("path", "source"), HELD)
def test_half_a_character_is_named(tmp_path: Path, path: str, source: dict[str, Any]) -> None:
    content = compose(**{path.partition("/")[0]: {"s": source}})
    with pytest.raises(RollwayError, match=f"{path}: .* holds half a character"):
        build(tmp_path, content)


def test_half_a_character_of_the_inventory_is_named(tmp_path: Path) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, compose(), variables={"V": "\ud800"})
    assert str(caught.value) == (
        "rollway_variables/V: it holds half a character (a surrogate); next: edit the inventory"
    )


@pytest.mark.parametrize("key", ["uid", "gid"])
@pytest.mark.parametrize("value", [NINES, THREE])
def test_an_owner_is_a_number(tmp_path: Path, key: str, value: str) -> None:
    write(tmp_path, "key.pem")
    service = api(secrets=[{"source": "s", key: value}])
    with pytest.raises(RollwayError, match=f"services/api/secrets/0/{key}: "):
        build(tmp_path, compose(services={"api": service}, secrets={"s": {"file": "key.pem"}}))
