from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import api, build, compose, rendered, write

FILES = "${ROLLWAY_FILES}"


def content(secret: Any = "key", **service: Any) -> dict[str, Any]:
    return compose(
        services={"api": api(secrets=[secret], **service)},
        secrets={"key": {"file": "key.pem"}},
    )


OWNERS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("root, as nobody is named", content(), "key", {"mode": "0400"}),
    ("the service's user", content(user="1000"), "key-1000-0-0400", {"mode": "0400", "uid": 1000}),
    (
        "the service's user and group",
        content(user="1000:50"),
        "key-1000-50-0400",
        {"mode": "0400", "uid": 1000, "gid": 50},
    ),
    ("root by number", content(user="0"), "key", {"mode": "0400"}),
    (
        "the owner that is told",
        content({"source": "key", "uid": "33", "gid": 33, "mode": 0o440}, user="nobody"),
        "key-33-33-0440",
        {"mode": "0440", "uid": 33, "gid": 33},
    ),
    (
        "a mode as text",
        content({"source": "key", "mode": "0440"}),
        "key-0-0-0440",
        {"mode": "0440"},
    ),
]


@pytest.mark.parametrize(
    ("file", "source", "expected"), [case[1:] for case in OWNERS], ids=[case[0] for case in OWNERS]
)
def test_a_secret_belongs_to_its_reader(
    tmp_path: Path, file: dict[str, Any], source: str, expected: dict[str, Any]
) -> None:
    write(tmp_path, "key.pem", "s3cret$")
    manifest = build(tmp_path, file)
    (entry,) = manifest["files"]
    assert {key: entry[key] for key in ("mode", "uid", "gid") if key in entry} == expected
    assert entry["path"] == f"secrets/{source}"
    assert base64.b64decode(entry["content_base64"]) == b"s3cret$"
    project = rendered(tmp_path, file)
    assert project["secrets"] == {source: {"file": f"{FILES}/secrets/{source}"}}
    assert project["services"]["api-1"]["secrets"] == [{"source": source, "target": "key"}]


def test_one_secret_for_two_users_is_two_files(tmp_path: Path) -> None:
    write(tmp_path, "key.pem")
    file = content(user="1000")
    file["services"]["mail"] = api(user="2000", secrets=["key"])
    names = [one["path"] for one in build(tmp_path, file)["files"]]
    assert names == ["secrets/key-1000-0-0400", "secrets/key-2000-0-0400"]


def test_a_secret_only_for_root_is_noted(tmp_path: Path) -> None:
    write(tmp_path, "key.pem")
    assert (
        "services/api/secrets/0: only root can read it; set `uid` for another user"
        in build(tmp_path, content())["notes"]
    )


def test_a_secret_of_the_inventory_is_a_file(tmp_path: Path) -> None:
    file = {**content(), "secrets": {"key": {"environment": "API_KEY"}}}
    manifest = build(tmp_path, file, variables={"API_KEY": "P@$$w0rd"})
    assert base64.b64decode(manifest["files"][0]["content_base64"]) == b"P@$$w0rd"
    assert "P@$$w0rd" not in manifest["compose"]


def test_a_config_may_stand_in_the_file(tmp_path: Path) -> None:
    file = compose(
        services={"api": api(configs=[{"source": "app", "target": "/etc/app"}])},
        configs={"app": {"content": "mode = ${MODE}\nprice = $$5\n"}},
    )
    manifest = build(tmp_path, file, variables={"MODE": "full"})
    assert manifest["files"][0]["mode"] == "0444"
    assert base64.b64decode(manifest["files"][0]["content_base64"]) == b"mode = full\nprice = $5\n"


BAD: list[tuple[str, dict[str, Any], str]] = [
    (
        "a secret that is not declared",
        content("kee"),
        "services/api/secrets/0: there is no 'kee' in `secrets`; accepted: key",
    ),
    (
        "a user by name",
        content(user="nobody"),
        (
            "services/api/secrets/0: its reader, user 'nobody', is not a number; "
            "accepted: a number in `user`, or `uid` here"
        ),
    ),
    (
        "an owner by name",
        content({"source": "key", "uid": "nobody"}),
        "services/api/secrets/0/uid: 'nobody'; accepted: a number",
    ),
    (
        "a mode that is none",
        content({"source": "key", "mode": "rw"}),
        "services/api/secrets/0/mode: 'rw'; accepted: a mode like \"0440\"",
    ),
    (
        "a mode with too many bits",
        content({"source": "key", "mode": 0o4755}),
        'services/api/secrets/0/mode: 2541; accepted: a mode like "0440"',
    ),
    (
        "a variable that is not set",
        {**content(), "secrets": {"key": {"environment": "NO"}}},
        "secrets/key/environment: the variable NO is not set; accepted: a default like",
    ),
    (
        "no content",
        {**content(), "secrets": {"key": {}}},
        "secrets/key: it has no content; accepted: file or environment",
    ),
    (
        "a file outside",
        {**content(), "secrets": {"key": {"file": "../../etc/shadow"}}},
        "secrets/key/file: '../../etc/shadow' leads out of the application's folder",
    ),
    (
        "a name that is a path",
        {**content("../x"), "secrets": {"../x": {"file": "key.pem"}}},
        "secrets/../x: it cannot be a file's name; accepted: [A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    ),
]


@pytest.mark.parametrize(
    ("file", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_what_is_wrong_is_said(tmp_path: Path, file: dict[str, Any], message: str) -> None:
    write(tmp_path, "key.pem")
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, file)
    assert str(caught.value).startswith(f"apps/iris/compose.yml: {message}")
