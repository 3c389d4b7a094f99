"""A signal ends a run: what is recorded, what is said, and the exit code."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.cli import interruption, runs
from rollway.cli.runs import Wanted, conduct
from rollway.remote.playbook import Ended, Play
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet

HOSTS = ("app-1", "app-2", "app-3", "edge-1")
WHICH = "--env=local --app=iris"
ON_OR_BACK = f"./invoke deploy {WHICH} --version=b continues, ./invoke abort {WHICH} goes back"
Prepare = Callable[[Path], None]


def _asked(run_dir: Path) -> None:
    request().save(run_dir)


def _planned(run_dir: Path) -> None:
    _asked(run_dir)
    decide(request(), steady_fleet()).save(run_dir)


def _moved(run_dir: Path) -> None:
    """The first host started, and its traffic moved; the others have the release."""
    _planned(run_dir)
    journal = Journal(run_dir)
    journal.append(Event("stage", "app-1", result={"cut": {}}))
    for name in ("app-2", "app-3"):
        journal.append(Event("stage", name, result={"pulled": []}))
    servers = [
        {"host": host, "slot": slot, "admin_state": "ready"}
        for host, slot in (("app-1", "green"), ("app-2", "blue"), ("app-3", "blue"))
    ]
    journal.append(Event("shift", "edge-1", wave=0, result={"servers": servers}))


def _concluded(run_dir: Path) -> None:
    """Every host has its record; only the report was missing."""
    _planned(run_dir)
    for name in HOSTS:
        Journal(run_dir).append(Event("conclude", name))


def _ended(run_dir: Path) -> None:
    _planned(run_dir)
    content = {"outcome": "good", "exit": 0, "sentence": "done", "hosts": []}
    (run_dir / "result.json").write_text(json.dumps(content))


def _looked(run_dir: Path) -> None:
    request(reads_only=True).save(run_dir)


@pytest.fixture
def interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, list[Play], dict[str, Any]]]:
    """Runs a verb whose playbook comes as far as `prepare` says, and ends by a signal."""

    def run(
        prepare: Prepare | None = None,
        *,
        number: signal.Signals = signal.SIGTERM,
        lost: tuple[str, ...] = (),
        answers: bool = True,
        output: str = "plain",
        verb: str = "deploy",
    ) -> tuple[int, list[Play], dict[str, Any]]:
        recorded: list[Play] = []

        def play(wanted: Play) -> Ended:
            run_dir = tmp_path / str(wanted.extra_vars["rollway_run_id"])
            if prepare:
                prepare(run_dir)
            return Ended(-number, number)

        def record(wanted: Play) -> Ended:
            recorded.append(wanted)
            journal = Journal(tmp_path / str(wanted.extra_vars["rollway_run_id"]))
            for name in HOSTS if answers else ():
                found = {"msg": "timed out"} if name in lost else {}
                journal.append(Event("record", name, ok=name not in lost, result=found))
            return Ended(0)

        monkeypatch.setattr(runs, "run_playbook", play)
        monkeypatch.setattr(runs, "RUNS", tmp_path)
        monkeypatch.setattr(interruption, "run_playbook", record)
        wanted = Wanted(verb, "local", "iris", output=output)
        code = conduct(wanted, as_json=False, started=time.monotonic())
        path = next(tmp_path.iterdir()) / "result.json"
        return code, recorded, json.loads(path.read_text()) if path.exists() else {}

    return run


Run = Callable[..., tuple[int, list[Play], dict[str, Any]]]
CODES = [
    (signal.SIGINT, exits.INTERRUPTED),
    (signal.SIGTERM, exits.TERMINATED),
    (signal.SIGHUP, exits.TERMINATED),
]


@pytest.mark.parametrize(("number", "code"), CODES)
def test_every_host_records_it_and_the_end_says_where_things_stand(
    number: signal.Signals, code: int, interrupted: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    ended, recorded, result = interrupted(_moved, number=number)
    assert (ended, result["exit"], result["outcome"]) == (code, code, "aborted")
    assert [(play.playbook, play.is_brief) for play in recorded] == [("playbooks/record.yml", True)]
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == (
        f"interrupted by {number.name}: every host records that; once more ends it at once"
    )
    assert lines[1].startswith(
        f"aborted: interrupted by {number.name}; 2-b serves on app-1; 1-a serves on app-2, app-3 ("
    )
    assert lines[2:] == [
        "  app-1: 1-a → 2-b",
        "  app-2, app-3: 1-a, as before",
        "  api: a → b",
        "  app-1: stopped in shift",
        "  app-2, app-3: stopped in stage",
        f"  next: {ON_OR_BACK}",
    ]


def test_the_result_names_the_run_its_hosts_and_their_steps(interrupted: Run) -> None:
    _, recorded, result = interrupted(_moved)
    found = result["interrupted_run"]
    assert found["run"] == "run-1"
    assert (found["verb"], found["release"], found["signal"]) == ("deploy", "2-b", "SIGTERM")
    assert [(one["host"], one["step"], one["recorded"]) for one in found["hosts"]] == [
        ("app-1", "shift", True),
        ("app-2", "stage", True),
        ("app-3", "stage", True),
    ]
    assert (result["next"], recorded[0].environment) == (
        ON_OR_BACK,
        {"ANSIBLE_STDOUT_CALLBACK": "rollway", "ROLLWAY_OUTPUT": "plain"},
    )


def test_a_host_that_cannot_record_is_named(
    interrupted: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, result = interrupted(_moved, lost=("app-2", "edge-1"))
    assert code == exits.TERMINATED
    assert result["sentence"].endswith("; not recorded on app-2, edge-1")
    assert [one["recorded"] for one in result["interrupted_run"]["hosts"]] == [True, False, True]
    assert "  app-2: timed out" in capfd.readouterr().err.splitlines()


def test_a_run_without_a_plan_has_changed_nothing_and_is_recorded(interrupted: Run) -> None:
    code, recorded, result = interrupted(_asked)
    assert (code, result["outcome"], len(recorded)) == (exits.TERMINATED, "aborted", 1)
    assert result["sentence"] == "interrupted by SIGTERM before any change"
    assert result["next"] == f"./invoke deploy {WHICH} --version=b"


def test_an_adoption_names_its_project_again(interrupted: Run) -> None:
    def asked(run_dir: Path) -> None:
        adopt = {"project": "shop", "keep": False}
        request("adopt", manifest=manifest("b"), adopt=adopt).save(run_dir)

    _, recorded, result = interrupted(asked, verb="adopt")
    assert (len(recorded), result["outcome"]) == (1, "aborted")
    assert result["next"] == f"./invoke adopt {WHICH} --version=b --project=shop"


def test_a_recording_that_was_ended_has_recorded_nothing(interrupted: Run) -> None:
    _, _, result = interrupted(_asked, answers=False)
    assert result["sentence"].endswith(f"before any change; not recorded on {', '.join(HOSTS)}")
    assert not any(one["recorded"] for one in result["interrupted_run"]["hosts"])


def test_a_run_that_had_asked_nobody_says_so(
    interrupted: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    code, recorded, result = interrupted(number=signal.SIGINT)
    assert (code, recorded, result) == (exits.INTERRUPTED, [], {})
    assert capfd.readouterr().err.splitlines() == [
        "deploy: interrupted by SIGINT before any host was asked; next: the same command again"
    ]


def test_a_remove_is_done_again(interrupted: Run, capfd: pytest.CaptureFixture[str]) -> None:
    def removing(run_dir: Path) -> None:
        request("remove").save(run_dir)
        decide(request("remove"), steady_fleet()).save(run_dir)
        Journal(run_dir).append(Event("vacate", "edge-1", result={"changed": True}))

    code, recorded, result = interrupted(removing, verb="remove")
    assert (code, result["outcome"], len(recorded)) == (exits.TERMINATED, "aborted", 1)
    assert result["next"] == f"./invoke remove {WHICH} --yes"
    assert capfd.readouterr().err.splitlines()[-1] == f"  next: {result['next']}"


AT_THE_END = [
    pytest.param(_ended, 0, id="the result is written"),
    pytest.param(_concluded, 1, id="every host has its record"),
]


@pytest.mark.parametrize(("prepare", "count"), AT_THE_END)
def test_a_run_that_has_come_to_its_end_keeps_its_outcome(
    prepare: Prepare, count: int, interrupted: Run
) -> None:
    code, recorded, result = interrupted(prepare)
    assert (code, len(recorded)) == (result["exit"], count)
    assert result["outcome"] != "aborted"


def test_a_run_that_only_reads_has_nothing_to_record(interrupted: Run) -> None:
    assert interrupted(_looked) == (exits.TERMINATED, [], {})


def test_events_end_with_the_result_as_ever(
    interrupted: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    _, recorded, _ = interrupted(_moved, output="json")
    last = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert (last["event"], last["exit"], last["result"]["outcome"]) == ("result", 143, "aborted")
    assert recorded[0].environment["ROLLWAY_OUTPUT"] == "json"  # type: ignore[index]


def test_a_table_gives_way_to_lines(interrupted: Run) -> None:
    _, recorded, _ = interrupted(_moved, output="live")
    assert recorded[0].environment["ROLLWAY_OUTPUT"] == "plain"  # type: ignore[index]


def test_a_held_release_waits_for_a_person_as_before(interrupted: Run) -> None:
    def promoting(run_dir: Path) -> None:
        request("promote").save(run_dir)
        acquired = steady_fleet()
        both = {"1-a": manifest("a", id="1-a"), "2-b": manifest("b", id="2-b")}
        for event in acquired.values():
            event.result["hold"] = {"release": "2-b", "previous": "1-a"}
            event.result["manifests"] = both
        decide(request("promote"), acquired).save(run_dir)

    _, _, result = interrupted(promoting)
    assert result["next"] == f"./invoke promote {WHICH}, or ./invoke abort {WHICH}"


def test_a_scale_is_recorded_and_done_again(interrupted: Run) -> None:
    def asked(run_dir: Path) -> None:
        request("scale", service="api", replicas=3).save(run_dir)

    code, recorded, result = interrupted(asked, verb="scale")
    assert (code, result["outcome"], len(recorded)) == (exits.TERMINATED, "aborted", 1)
    assert result["next"] == f"./invoke scale {WHICH} --service=api --replicas=3"
