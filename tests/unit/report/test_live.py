from __future__ import annotations

import io
import sys
from functools import reduce

import pytest
from rich.console import Console

from rollway.report.live import LiveOutput, table_of
from rollway.report.progress import Asked, Began, Ended, Planned, Progress, Update

SERVES = {
    "state": {"active": "blue", "slots": {"blue": {"release": "1-a"}}},
    "containers": {"blue": [{"state": "running", "health": "healthy"}]},
}
MOVED = {"servers": [{"host": "app-1", "slot": "green", "admin_state": "ready"}]}
FOUND = "not ready after 0.3 s: restarted 1 times, last exit code 1"
TROUBLE = Ended(
    "advance",
    "app-2",
    15.0,
    said=f"app-2: {FOUND}",
    seconds=0.3,
    problem={"found": FOUND},
    result={"containers": [{"state": "restarting", "health": "starting"}]},
)


def _updates(count: int) -> list[Update]:
    names = tuple(f"app-{number}" for number in range(1, count + 1))
    return [
        Asked("deploy", names, ("edge-1",), 10.0),
        *(Ended("acquire", name, 11.0, seconds=0.1, result=SERVES) for name in names),
        Planned("2-b", tuple((name,) for name in names), dict.fromkeys(names, "green")),
        Ended("stage", "app-1", 12.0, seconds=1.5, result={"cut": {}}),
        Began("shift", "edge-1", 13.0, 0),
        Ended("shift", "edge-1", 13.0, seconds=0.01, wave=0, result=MOVED),
        Began("advance", "app-3", 14.0),
        TROUBLE,
    ]


def _drawn(count: int, *, width: int = 80, height: int = 24) -> str:
    progress = reduce(Progress.after, _updates(count), Progress())
    console = Console(file=io.StringIO(), width=width, height=height, record=True)
    console.print(table_of(progress, now=16.25, width=width, height=height))
    return "\n".join(line.rstrip() for line in console.export_text().splitlines())


WIDE = """\
host    phase                                       version  health      seconds
app-1   serves                                      2-b      healthy         1.5
app-2   failed: not ready after 0.3 s: restarted …  1-a      restarting      0.3
app-3   starts                                      1-a      healthy         2.2
edge-1  traffic moved                               -        -               0.0
deploy of 2-b, wave 1 of 3, 6.2 s"""

CROWDED = """\
host   phase                                        version  health      seconds
app-1  serves                                       2-b      healthy         1.5
app-2  failed: not ready after 0.3 s: restarted 1…  1-a      restarting      0.3
app-3  starts                                       1-a      healthy         2.2
app-4  acquired                                     1-a      healthy         0.1
… and 47 more
deploy of 2-b, wave 1 of 50, 6.2 s"""


def test_a_table() -> None:
    assert _drawn(3) == WIDE


def test_fifty_hosts_fit_the_terminal_with_what_matters() -> None:
    assert _drawn(50, height=8) == CROWDED


@pytest.mark.parametrize("width", [20, 40, 48, 60])
def test_a_narrow_terminal_gets_one_line_for_a_host(width: int) -> None:
    lines = _drawn(3, width=width).splitlines()
    assert len(lines) == 6
    assert max(len(line) for line in lines) <= width


def _terminal(file: io.StringIO) -> Console:
    return Console(file=file, width=80, height=24, force_terminal=True, legacy_windows=False)


def test_trouble_is_said_above_the_table_and_the_cursor_comes_back() -> None:
    file = io.StringIO()
    output = LiveOutput(console=_terminal(file), clock=lambda: 16.25)
    for update in _updates(3):
        output.show(update)
    output.close()
    output.close()
    text = file.getvalue()
    assert text.count(f"app-2: {FOUND}\n") == 1
    assert text.rindex(f"app-2: {FOUND}\n") < text.rindex("deploy of 2-b, wave 1 of 3")
    assert (text.count("\x1b[?25l"), text.count("\x1b[?25h")) == (1, 1)


def test_what_is_printed_meanwhile_goes_above_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    file = io.StringIO()
    output = LiveOutput(console=_terminal(file), clock=lambda: 16.25)
    output.show(_updates(1)[0])
    sys.stdout.write("[WARNING]: something\n")
    output.close()
    sys.stdout.write("after\n")
    text = file.getvalue()
    assert text.index("[WARNING]: something\n") < text.rindex("app-1")
    assert capsys.readouterr().out == "after\n"


def test_the_cursor_comes_back_where_a_signal_broke_into_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = io.StringIO()
    console = _terminal(file)
    output = LiveOutput(console=console, clock=lambda: 16.25)

    def interrupted(_hook: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(console, "push_render_hook", interrupted)
    with pytest.raises(KeyboardInterrupt):
        output.show(_updates(1)[0])
    output.close()
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l")


def test_nothing_is_drawn_before_the_hosts_are_known() -> None:
    file = io.StringIO()
    output = LiveOutput(console=_terminal(file), clock=lambda: 16.25)
    output.show(Began("read", "localhost", 1.0))
    output.close()
    assert file.getvalue() == ""


def test_colours_are_left_out_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    progress = reduce(Progress.after, _updates(3), Progress())
    file = io.StringIO()
    _terminal(file).print(table_of(progress, now=16.25, width=80, height=24))
    assert "\x1b[31m" not in file.getvalue()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    _terminal(file).print(table_of(progress, now=16.25, width=80, height=24))
    assert "\x1b[31m" in file.getvalue()
