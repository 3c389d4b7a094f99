from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.cli import runs
from rollway.cli.runs import Wanted, conduct, run_release
from rollway.errors import RollwayError
from rollway.remote.playbook import Ended, Play

RESULT = {
    "outcome": "good",
    "exit": 0,
    "sentence": "2-b serves on 3 hosts",
    "hosts": [],
    "url": "http://edge",
    "next": "./invoke rollback",
}
ERROR = {"where": "apps/iris", "found": "broken", "accepted": "", "next": "", "exit": 6}


@pytest.fixture
def plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Play]]:
    """Lets a playbook write a record of its run instead of running; returns what was run."""

    def prepare(name: str, content: dict[str, Any], *, code: int = 0) -> list[Play]:
        seen: list[Play] = []

        def run(play: Play) -> Ended:
            seen.append(play)
            run_dir = tmp_path / str(play.extra_vars["rollway_run_id"])
            (run_dir / name).write_text(json.dumps(content))
            for number in play.descriptors:
                os.write(number, b'{"event": "started"}\n')
            return Ended(code)

        monkeypatch.setattr(runs, "run_playbook", run)
        monkeypatch.setattr(runs, "RUNS", tmp_path)
        return seen

    return prepare


def _conduct(output: str, *, as_json: bool = False, **wanted: Any) -> int:
    started = time.monotonic()
    return conduct(
        Wanted("deploy", "local", "iris", output=output, **wanted), as_json=as_json, started=started
    )


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_plain_ends_with_lines_on_stderr(
    plays: Callable[..., list[Play]], capfd: pytest.CaptureFixture[str]
) -> None:
    seen = plays("result.json", RESULT)
    assert _conduct("plain") == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "  next: ./invoke rollback"
    assert "\x1b" not in err
    assert seen[0].descriptors == ()
    assert seen[0].environment == {"ANSIBLE_STDOUT_CALLBACK": "rollway", "ROLLWAY_OUTPUT": "plain"}


def test_events_have_stdout_for_themselves_and_the_result_is_the_last(
    plays: Callable[..., list[Play]], capfd: pytest.CaptureFixture[str]
) -> None:
    seen = plays("result.json", RESULT)
    assert _conduct("json", as_json=True) == 0
    events = _lines(capfd.readouterr().out)
    assert [event["event"] for event in events] == ["started", "result"]
    assert (events[-1]["ok"], events[-1]["exit"], events[-1]["result"]) == (True, 0, RESULT)
    environment = seen[0].environment or {}
    assert environment["ROLLWAY_EVENTS_DESCRIPTOR"] == str(seen[0].descriptors[0])


def test_a_refusal_is_a_result_event_too(
    plays: Callable[..., list[Play]], capfd: pytest.CaptureFixture[str]
) -> None:
    plays("error.json", ERROR, code=2)
    assert _conduct("json") == 6
    event = _lines(capfd.readouterr().out)[-1]
    assert (event["ok"], event["exit"], event["said"]) == (False, 6, "apps/iris: broken")
    assert event["problem"] == ERROR


@pytest.mark.parametrize("code", [0, 4], ids=["Ansible ran nothing", "Ansible itself failed"])
def test_a_run_without_any_record_is_unexpected(
    code: int, plays: Callable[..., list[Play]], capfd: pytest.CaptureFixture[str]
) -> None:
    seen = plays("notes.json", {}, code=code)
    assert _conduct("json") == exits.UNEXPECTED
    run = seen[0].extra_vars["rollway_run_id"]
    found = f"ansible-playbook ended with {code}, and the run {run} left no result"
    out, err = capfd.readouterr()
    assert err.splitlines()[-1] == (
        f"playbooks/deploy.yml: {found}; accepted: a result, or the reason of a refusal; "
        "next: ./invoke status --env=local --app=iris --verbose"
    )
    event = _lines(out)[-1]
    assert (event["ok"], event["exit"]) == (False, exits.UNEXPECTED)
    assert event["said"] == f"playbooks/deploy.yml: {found}"


def test_a_playbook_without_a_record_is_named_as_its_file(
    plays: Callable[..., list[Play]], capfd: pytest.CaptureFixture[str]
) -> None:
    seen = plays("notes.json", {})
    run_release(Wanted("lock.acquire", "local", "iris"))
    assert seen[0].playbook == "playbooks/lock_acquire.yml"
    assert capfd.readouterr().err.startswith("playbooks/lock_acquire.yml: ")


TYPED = [
    pytest.param("rollway_reason", "--reason", id="a reason"),
    pytest.param("rollway_plan_path", "--plan", id="a saved plan"),
]


@pytest.mark.parametrize(("name", "option"), TYPED)
def test_a_text_that_is_not_utf_8_is_refused_before_ansible(
    name: str, option: str, plays: Callable[..., list[Play]]
) -> None:
    seen = plays("result.json", RESULT)
    with pytest.raises(RollwayError) as caught:
        run_release(Wanted("deploy", "local", "iris", inputs={name: "caf\udce9"}))
    assert str(caught.value) == (
        f"{option}: found 'caf\\udce9'; accepted: text in UTF-8; next: type it anew"
    )
    assert (caught.value.exit_code, seen) == (exits.USAGE, [])


def test_a_status_is_a_record_too(plays: Callable[..., list[Play]]) -> None:
    plays("status.json", {"hosts": []})
    assert run_release(Wanted("status", "local", "iris"))[0] == exits.DONE


def test_the_result_alone_is_one_object(
    plays: Callable[..., list[Play]], capfd: pytest.CaptureFixture[str]
) -> None:
    plays("result.json", RESULT)
    _conduct("plain", as_json=True)
    assert _lines(capfd.readouterr().out) == [RESULT]


def test_the_cursor_of_a_killed_table_comes_back(
    plays: Callable[..., list[Play]], capfd: pytest.CaptureFixture[str]
) -> None:
    plays("result.json", RESULT, code=-9)
    _conduct("live")
    assert capfd.readouterr().err.startswith("\x1b[?25h")


def test_a_limit_is_for_rollway_and_not_for_ansible(plays: Callable[..., list[Play]]) -> None:
    seen = plays("result.json", RESULT)
    _conduct("plain", limit="app-1,app-2")
    assert seen[0].limit is None
    assert seen[0].extra_vars["rollway_limit"] == "app-1,app-2"


def test_ansible_s_own_output_is_ansible_s_own(plays: Callable[..., list[Play]]) -> None:
    seen = plays("result.json", RESULT)
    _conduct("plain", verbose=True)
    assert (seen[0].environment, seen[0].verbose) == ({}, 1)


class Terminal(io.StringIO):
    """A person who types this."""

    def isatty(self) -> bool:
        return True


NOT_UNDONE = {"where": "--yes", "found": "job migrate of 2-b is not undone"}
QUESTIONS = [
    pytest.param("error.json", {**ERROR, "where": "rollway_confirm"}, "y\n", 2, id="it asks"),
    pytest.param("result.json", {**RESULT, "problems": [NOT_UNDONE]}, "y\n", 2, id="a job"),
    pytest.param("result.json", {**RESULT, "problems": [NOT_UNDONE]}, "n\n", 1, id="a no"),
    pytest.param("result.json", {**RESULT, "problems": [NOT_UNDONE, ERROR]}, "y\n", 1, id="more"),
    pytest.param("result.json", RESULT, "y\n", 1, id="no question"),
]


@pytest.mark.parametrize(("name", "record", "typed", "count"), QUESTIONS)
def test_a_person_is_asked_where_only_a_yes_is_lacking(
    name: str,
    record: dict[str, Any],
    typed: str,
    count: int,
    plays: Callable[..., list[Play]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = plays(name, record)
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    _conduct("plain")
    assert len(seen) == count
    assert (seen[-1].extra_vars.get("rollway_yes") == "true") is (count == 2)
