from __future__ import annotations

import threading

from rollway import exits
from rollway.errors import RollwayError
from rollway.remote.access import Access, access_of
from rollway.remote.fleet import on_each

HOSTS = [access_of(name, {}) for name in ("app-1", "app-2", "app-3")]


def test_a_host_that_fails_is_told_and_the_others_go_on() -> None:
    done: list[str] = []
    said: list[str] = []

    def work(access: Access) -> int:
        if access.name == "app-1":
            raise RollwayError("app-1", "cannot be reached", exit_code=exits.REFUSED)
        if access.name == "app-2":
            raise OSError("broken pipe")
        done.append(access.name)
        return 9

    assert on_each(HOSTS, work, say=said.append) == exits.REFUSED
    assert done == ["app-3"]
    assert sorted(said) == [
        "app-1: cannot be reached",
        "app-2: the connection broke: broken pipe",
    ]


def test_the_first_code_by_host_is_passed_on() -> None:
    codes = {"app-1": 0, "app-2": 4, "app-3": 5}
    assert on_each(HOSTS, lambda one: codes[one.name], say=print) == 4


def test_what_is_over_is_not_waited_for() -> None:
    never = threading.Event()
    work = on_each(HOSTS, lambda _: int(never.wait()), say=print, is_over=lambda: True)
    assert work == exits.DONE
