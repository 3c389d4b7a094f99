"""A plain Compose project comes under Rollway with its data, under load, or stays as it was."""

from __future__ import annotations

import contextlib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from rollway import exits
from tests.integration import toy
from tests.integration.fault_fleet import GOOD, build, kill_family, versions
from tests.integration.lab_fleet import ROOT, Lab
from tests.integration.plain_shop import PORT, PROJECT, ROW, UPLOAD, Shop, plain_shop
from tests.load import traffic

pytestmark = pytest.mark.lab

FIRST, NEVER = GOOD[0], "v-never"
ADOPT = (f"--version={FIRST}", f"--project={PROJECT}")
ACCESSORY = "iris-accessories-db-1"


@pytest.fixture(scope="module")
def bare(lab: Lab) -> Iterator[Lab]:
    """The lab without the application, before and afterwards."""
    build(lab, FIRST)
    _clear(lab)
    yield lab
    _clear(lab)


@pytest.fixture
def shop(bare: Lab) -> Iterator[tuple[Lab, Shop]]:
    """The project runs on every host, and Rollway knows nothing of the application."""
    with plain_shop(bare, FIRST) as (env, found):
        yield env, found
        _clear(bare)


def _clear(lab: Lab) -> None:
    """Take the application away, where an edge or a host has it."""
    status = lab.status()
    has_servers = any(edge["servers"] for edge in status["edges"])
    if not has_servers and not any(host["release"] for host in status["hosts"]):
        return
    ran = lab.invoke("remove", "--app=iris", "--yes")
    assert ran.returncode == exits.DONE, ran.stderr


def _adopt(lab: Lab, *options: str, code: int = exits.DONE) -> str:
    ran = lab.invoke("adopt", *ADOPT, *options)
    assert ran.returncode == code, ran.stderr
    return ran.stderr + ran.stdout


def _ids(lab: Lab, found: Shop) -> list[dict[str, str]]:
    return [found.containers(host) for host in lab.hosts]


def _plain_url(lab: Lab) -> str:
    return f"http://{toy.settings(lab)['rollway_address']}:{PORT}"


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/v2/models/iris", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def _check_data(lab: Lab) -> None:
    """Each host's release has that host's own data."""
    for host in lab.hosts:
        web = lab.on(host, "docker", "ps", "--filter=name=iris-blue-api", "--format={{.Names}}")
        assert lab.on(host, "docker", "exec", web.strip(), "cat", UPLOAD).strip() == host
        assert lab.on(host, "docker", "exec", ACCESSORY, "cat", ROW).strip() == host


def test_it_asks_and_takes_the_place_with_the_data_and_loses_nothing(
    shop: tuple[Lab, Shop],
) -> None:
    """First beside the old web containers, then without them."""
    env, found = shop
    _asks_first_and_a_check_changes_nothing(env, found)
    before = [found.volumes(host) for host in env.hosts]
    web = [one["api"] for one in _ids(env, found)]
    with traffic(_plain_url(env), versions={FIRST}) as report:
        said = _adopt(env, "--yes", "--keep")
    assert report.lost == []
    assert "kept: shop-api-1" in said
    assert _ids(env, found) == [{"api": one} for one in web]
    assert env.hosts[0] in found.rows(env.hosts[0], web[0])  # by the name it always had
    assert versions(env) == [FIRST] * 3
    _check_data(env)
    with traffic(env.url, versions={FIRST}) as report:
        _adopt(env)
    assert report.lost == []
    assert _ids(env, found) == [{}] * 3
    assert [found.networks(host) for host in env.hosts] == [""] * 3
    assert [found.volumes(host) for host in env.hosts] == before
    _check_data(env)
    assert "already under Rollway" in _adopt(env)


@pytest.mark.long
def test_a_version_that_is_bad_leaves_everything_as_it_was(shop: tuple[Lab, Shop]) -> None:
    env, found = shop
    build(env, NEVER, FAULT="never_ready")
    before = _ids(env, found), [found.volumes(host) for host in env.hosts]
    with traffic(_plain_url(env), versions={FIRST}) as report:
        ran = env.invoke("adopt", f"--version={NEVER}", f"--project={PROJECT}", "--yes")
    assert ran.returncode == exits.FAILED, ran.stderr
    assert "the containers of project shop run as before" in ran.stderr
    assert report.lost == []
    assert (_ids(env, found), [found.volumes(host) for host in env.hosts]) == before
    for host in env.hosts:
        assert env.on(host, "docker", "ps", "--quiet", "--filter=label=io.rollway.app=iris") == ""
        assert host in found.rows(host, found.containers(host)["api"])
    assert env.status()["locks"] == []


def _asks_first_and_a_check_changes_nothing(env: Lab, found: Shop) -> None:
    before = _ids(env, found)
    shown = _adopt(env, "--check")
    assert "app-1: shop_rows at /rows of db: taken over as it is" in shown
    asked = _adopt(env, code=exits.USAGE)
    assert "shop-db-1 stops, and db of the release starts on its volumes" in asked
    nowhere = env.invoke("adopt", f"--version={FIRST}", "--project=elsewhere")
    assert (nowhere.returncode, f"accepted: {PROJECT}" in nowhere.stderr) == (exits.REFUSED, True)
    assert _ids(env, found) == before


@pytest.mark.long
def test_a_volume_of_another_name_is_refused(bare: Lab) -> None:
    with plain_shop(bare, FIRST, is_named=False) as (env, found):
        before = _ids(env, found)
        said = _adopt(env, "--yes", code=exits.REFUSED)
        assert "shop-db-1 has it at /rows, where the release would have iris_rows" in said
        assert "write volumes: {rows: {name: shop_rows}}" in said
        assert _ids(env, found) == before


@pytest.mark.long
@pytest.mark.parametrize("way", ["on", "back"])
def test_a_run_that_was_killed_goes_on_or_back(shop: tuple[Lab, Shop], way: str) -> None:
    env, found = shop
    before = _ids(env, found)
    with _begun(env) as process:
        _until(lambda: ACCESSORY in env.on(env.hosts[0], "docker", "ps", "--format={{.Names}}"))
        kill_family(process)
    if way == "on":
        _adopt(env, "--yes")
        assert versions(env) == [FIRST] * 3
        _check_data(env)
        assert _ids(env, found) == [{}] * 3
    else:
        ran = env.invoke("abort")
        assert ran.returncode == exits.DONE, ran.stderr
        assert _ids(env, found) == before
        assert _status(env.url) == 503
    assert env.status()["locks"] == []


@pytest.mark.long
def test_ansible_alone_gives_the_same(shop: tuple[Lab, Shop]) -> None:
    env, found = shop
    told = {"version": FIRST, "project": PROJECT, "yes": "true"}
    ran = env.playbook("adopt", *(f"--extra-vars=rollway_{key}={told[key]}" for key in told))
    assert ran.returncode == 0, ran.stdout
    assert _ids(env, found) == [{}] * 3
    _check_data(env)


@contextlib.contextmanager
def _begun(lab: Lab) -> Iterator[subprocess.Popen[bytes]]:
    words = ["adopt", f"--env={lab.env}", *ADOPT, "--yes"]
    process = subprocess.Popen(
        [str(ROOT / "invoke"), *words],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            kill_family(process)


def _until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
