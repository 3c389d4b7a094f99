"""The target side on a real host: a real engine, real containers, a real registry."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from tests.integration import toy
from tests.integration.lab_fleet import Lab
from tests.integration.target_host import RECORDS, TargetHost, a_run

pytestmark = pytest.mark.lab(beside=True)

FIRST, SECOND, THIRD = "1-v1", "2-v2", "3-v3"
BLUE = {"toy-blue-api-1-1", "toy-blue-worker-1-1"}
GREEN = {"toy-green-api-1-1", "toy-green-worker-1-1"}
LONGEST_SECONDS = 120.0


@pytest.fixture
def host(lab: Lab) -> Iterator[TargetHost]:
    """The first app host of the lab, without the toy application."""
    found = TargetHost(lab, lab.hosts[0], toy.settings(lab)["rollway_address"])
    found.clear()
    yield found
    found.clear()


@pytest.fixture
def serving(host: TargetHost) -> TargetHost:
    """The host with its first release serving from blue."""
    host.deploy(FIRST, "blue")
    return host


def test_three_releases_take_turns_and_reuse_the_slots(serving: TargetHost) -> None:
    """The third one's services have no health check: they are ready when they stay up."""
    assert (serving.running(), serving.ask("blue")) == (BLUE, "v1")
    serving.deploy(SECOND, "green", old="blue")
    assert serving.running() == {"toy-blue-api-1-1", *GREEN}
    assert (serving.ask("blue"), serving.ask("green")) == ("v1", "v2")
    ports = serving.port("blue"), serving.port("green")
    serving.deploy(THIRD, "blue", old="green", has_check=False)
    assert serving.slots() == {"blue": (THIRD, "running"), "green": (SECOND, "warm")}
    assert (serving.ask("blue"), serving.ask("green")) == ("v3", "v2")
    assert (serving.port("blue"), serving.port("green")) == ports


def test_a_release_brings_its_files_values_and_volume(serving: TargetHost) -> None:
    inside = "docker exec toy-blue-api-1-1 python3 -c"
    assert serving.shell(f"""{inside} 'import os; print(os.environ["DOLLAR"])'""") == "a$b"
    assert serving.shell(f"""{inside} 'print(open("/app/key").read())'""") == "a$b"
    assert serving.shell(f"stat -c %a {RECORDS}/releases/{FIRST}/files/app/key") == "400"
    assert serving.shell(f"stat -c %a {RECORDS} {RECORDS}/releases/{FIRST}") == "700\n700"
    labels = "docker volume inspect toy_data --format '{{.Labels}}'"
    assert serving.shell(labels) == "map[io.rollway.app:toy]"


@pytest.mark.long(seconds=20)
def test_deploying_the_same_release_again_changes_no_container(serving: TargetHost) -> None:
    before = serving.shell("docker inspect toy-blue-api-1-1 --format '{{.State.StartedAt}}'")
    run = serving.acquire()
    again = serving.start(run, toy.manifest(serving.lab, FIRST), "blue")
    assert (again["ok"], again["changed"]) == (True, False)
    serving.conclude(run, "aborted", FIRST)
    after = serving.shell("docker inspect toy-blue-api-1-1 --format '{{.State.StartedAt}}'")
    assert before == after


@pytest.mark.long(seconds=20)
def test_a_stream_longer_than_the_drain_is_cut_and_counted(serving: TargetHost) -> None:
    _stream(serving, "blue", seconds=60)
    serving.deploy(SECOND, "green", old="blue")
    started = serving.deploy(THIRD, "blue", old="green")
    assert started["cut"] == {"toy-blue-api-1-1": 1}
    assert started["timings"]["drain"] < 20, "the drain is 10 s, and the stream takes 60"


def test_a_stream_and_a_silent_upgraded_connection_are_waited_for_before_their_slot_is_reused(
    serving: TargetHost,
) -> None:
    _stream(serving, "blue", seconds=6)
    talk = f"python3 -c '{_TALK}' {serving.address} {serving.port('blue')} 6"
    _begin(serving, talk, output="/tmp/talk", word="one")
    serving.deploy(SECOND, "green", old="blue")
    started = serving.deploy(THIRD, "blue", old="green")
    assert started["cut"] == {}
    assert serving.shell("wc -c < /tmp/stream") == "60"
    assert serving.shell("cat /tmp/talk") == "101\nv1 heard one\nv1 heard two"
    assert serving.ask("blue") == "v3"


def test_a_release_that_is_never_ready_leaves_the_host_as_it_was(serving: TargetHost) -> None:
    run = serving.acquire()
    bad = toy.manifest(serving.lab, SECOND, fault="never_ready")
    started = serving.start(run, bad, "green")
    assert started["problem"]["where"] == "toy-green/api-1"
    assert started["containers"][0]["log_tail"] == ["starting with fault never_ready"]
    assert "503" in started["containers"][0]["health_log"][-1]
    assert (serving.running(), serving.ask("blue")) == (BLUE, "v1")
    assert serving.conclude(run, "bad", SECOND)["ok"]
    assert serving.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}
    networks = serving.shell("docker network ls --format '{{.Name}}'").split()
    assert [name for name in networks if name.startswith("toy")] == ["toy-blue_default"]


@pytest.mark.long(seconds=20)
def test_a_crash_loop_is_found_although_nothing_checks_health(serving: TargetHost) -> None:
    run = serving.acquire()
    bad = toy.manifest(serving.lab, SECOND, fault="crash_loop", has_check=False)
    started = serving.start(run, bad, "green")
    assert "restarted" in started["problem"]["found"]
    assert "no model to load" in started["containers"][0]["log_tail"]
    assert started["timings"]["ready"] < 5, "it was found at its deadline only"
    assert serving.running() == BLUE


@pytest.mark.long(seconds=20)
def test_a_port_that_something_took_since_is_named(host: TargetHost) -> None:
    run = host.acquire()
    listener = f"python3 -c '{_LISTENER}' {host.port('blue')}"
    process = _begin(host, listener, output="/tmp/listener", word="listening")
    try:
        started = host.start(run, toy.manifest(host.lab, FIRST), "blue")
    finally:
        host.shell(f"kill {process}")
    assert started["problem"]["where"] == "toy-blue: docker compose up"
    assert "address already in use" in started["problem"]["found"]
    assert host.running() == set()


@pytest.mark.long(seconds=20)
def test_an_image_the_registry_does_not_have_is_named(serving: TargetHost) -> None:
    run = serving.acquire()
    wrong = toy.image(serving.lab, "v2").partition("@")[0] + "@sha256:" + "0" * 64
    started = serving.start(run, toy.manifest(serving.lab, SECOND, digest=wrong), "green")
    assert started["problem"]["where"] == f"image {wrong}"
    assert started["problem"]["found"].startswith("cannot be pulled: ")
    assert serving.running() == BLUE


def test_the_host_itself_ends_a_slot_that_was_warm_long_enough(serving: TargetHost) -> None:
    serving.deploy(SECOND, "green", old="blue", keep_warm=2)
    _wait(lambda: serving.slots()["blue"] == (None, "empty"))
    assert (serving.running(), serving.ask("green")) == (GREEN, "v2")


def test_a_failed_release_drains_without_a_controller(serving: TargetHost) -> None:
    run = serving.acquire()
    assert serving.start(run, toy.manifest(serving.lab, SECOND), "green")["ok"]
    _stream(serving, "green", seconds=5)
    assert serving.step("undo", **run, slot="green")["ok"]
    assert serving.slots()["green"] == (SECOND, "draining")
    assert serving.conclude(run, "bad", SECOND)["ok"]
    _wait(lambda: serving.slots()["green"] == (None, "empty"))
    assert serving.shell("wc -c < /tmp/stream") == "50"
    assert serving.running() == BLUE


def test_going_back_to_a_warm_slot_is_quick_and_starts_its_workers(serving: TargetHost) -> None:
    serving.deploy(SECOND, "green", old="blue")
    run = serving.acquire()
    place = {"slot": "blue", "address": serving.address}
    began = "docker inspect toy-blue-api-1-1 --format '{{.Id}} {{.State.StartedAt}}'"
    warm = serving.shell(began)
    started = serving.step("start", **run, release_id=FIRST, **place)
    assert started["ok"]
    assert not {"drain", "clear", "up", "ready"} & set(started["timings"])
    assert serving.shell(began) == warm
    serving.step("switch", **run, release_id=FIRST, slot="blue", old_slot="green")
    end = {"outcome": "good", "active_slot": "blue", "voids": [SECOND]}
    assert serving.step("conclude", **run, release_id=FIRST, **end)["ok"]
    assert serving.running() == {*BLUE, "toy-green-api-1-1"}


def test_an_accessory_outlives_the_releases_that_use_it(host: TargetHost) -> None:
    started_at = "docker inspect toy-accessories-db-1 --format '{{.State.StartedAt}}'"
    times = []
    for release, slot in ((FIRST, "blue"), (SECOND, "green")):
        content = toy.manifest(host.lab, release)
        run = host.acquire()
        started = host.start(run, toy.with_database(content, host.name, host.address), slot)
        assert started["ok"], started["problem"]
        host.conclude(run, "aborted", release)
        times.append(host.shell(started_at))
    assert times[0] == times[1]
    env = host.shell(f"cat {RECORDS}/slots/green.env")
    assert f"ROLLWAY_ACCESSORY_DB={host.address}" in env
    url = f"http://{host.address}:{toy.DATABASE_PORT}/"
    assert host.shell(f"curl -s {url}") == "v1"


@pytest.mark.long(seconds=20)
def test_a_start_that_was_killed_is_done_again(serving: TargetHost) -> None:
    run = serving.acquire()
    bad = toy.manifest(serving.lab, SECOND, fault="never_ready")
    step = subprocess.Popen(
        ["docker", "exec", f"rollway-{serving.lab.env}-{serving.name}", "sh", "-c", _KILLER]
    )
    with pytest.raises(AssertionError, match="exit 137"):
        serving.start(run, bad, "green")
    assert step.wait(30) == 0
    assert serving.slots()["green"] == (SECOND, "starting")
    assert serving.ask("blue") == "v1"
    next_run = serving.acquire(alive={"scan_ticks": 10, "processes": []})
    assert serving.start(next_run, toy.manifest(serving.lab, THIRD), "green")["ok"]
    assert serving.ask("green") == "v3"


@pytest.mark.long(seconds=20)
def test_a_second_run_is_refused_and_told_who_holds_the_lock(serving: TargetHost) -> None:
    serving.acquire()
    other = a_run("another", machine_id="elsewhere")
    result = serving.step("acquire", run=other)
    assert (result["ok"], result["outcome"]) == (False, "locked")
    assert result["lock"]["owner"] == "tests@here"


@pytest.mark.lab(beside=False)  # the others' containers end with the host
def test_after_a_reboot_only_what_is_on_record_serves(serving: TargetHost) -> None:
    serving.deploy(SECOND, "green", old="blue")
    run = serving.acquire()
    container = f"rollway-{serving.lab.env}-{serving.name}"
    subprocess.run(["docker", "restart", container], check=True, stdout=subprocess.PIPE)
    timers = "systemctl list-timers --all --no-legend || true"
    _wait(lambda: "rollway-reap-toy-blue.timer" in serving.shell(timers))
    _wait(lambda: serving.running() == {"toy-blue-api-1-1", *GREEN})
    _wait(lambda: (serving.ask("blue"), serving.ask("green")) == ("v1", "v2"))
    serving.conclude(run, "aborted", SECOND)


# Upgrades a connection, and says something at once and after a while.
_TALK = """
import socket, sys, time
address, port, seconds = sys.argv[1:]
connection = socket.create_connection((address, int(port)))
stream = connection.makefile("rw", newline="")
stream.write("GET / HTTP/1.1\\r\\nHost: toy\\r\\nConnection: Upgrade\\r\\nUpgrade: toy\\r\\n\\r\\n")
stream.flush()
print(stream.readline().split()[1])
while stream.readline().strip():
    pass
for pause, word in ((0, "one"), (float(seconds), "two")):
    time.sleep(pause)
    stream.write(word + "\\n")
    stream.flush()
    print(stream.readline().strip(), flush=True)
"""

_LISTENER = """
import socket, sys, time
server = socket.create_server(("", int(sys.argv[1])))
print("listening", flush=True)
time.sleep(600)
"""

# Waits until the start is past `up`, then kills the module as a lost host would lose it.
_KILLER = f"""
for _ in $(seq 600); do
  if grep -q '"starting"' {RECORDS}/state.json && docker ps -q --filter=name=^toy-green | grep -q .
  then
    # the step holds the mutex, and only its process does
    inode=$(stat -c %i {RECORDS}/mutex)
    kill -KILL $(grep ":$inode " /proc/locks | awk '{{print $5}}')
    exit 0
  fi
  sleep 0.05
done
exit 1
"""


def _stream(host: TargetHost, slot: str, *, seconds: int) -> None:
    """Begin an answer that takes so many seconds, with ten bytes in each."""
    url = f"http://{host.address}:{host.port(slot)}/stream/{seconds}"
    _begin(host, f"curl -sN {url}", output="/tmp/stream", word="x")


def _begin(host: TargetHost, command: str, *, output: str, word: str) -> str:
    """Start what goes on alone, and wait until its output has this word; its process."""
    start = f"nohup {command} >{output} 2>&1 & echo $!"
    wait = f"for _ in $(seq 600); do grep -q {word} {output} && exit; sleep 0.05; done; exit 1"
    return host.shell(f"rm -f {output}; {start}; {wait}")


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not until():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.3)
