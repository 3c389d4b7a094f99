from __future__ import annotations

import pytest

from rollway.errors import RollwayError
from rollway.remote.pattern import check_known, terms

READ = [
    pytest.param("app-1", ["app-1"], id="a name"),
    pytest.param("app-1:app-2,app-3", ["app-1", "app-2", "app-3"], id="both separators"),
    pytest.param("app:&odd:!app-1", ["app", "&odd", "!app-1"], id="groups and what is left out"),
    pytest.param("app[0:1],edge", ["app[0:1]", "edge"], id="places in a group"),
    pytest.param("app-[!1]*", ["app-[!1]*"], id="letters that are left out"),
    pytest.param("app-1, app-2", ["app-1", "app-2"], id="a space"),
]


@pytest.mark.parametrize(("text", "found"), READ)
def test_terms(text: str, found: list[str]) -> None:
    assert terms(text) == found


HALF, EMPTY = "has a bracket without its other half", "has an empty term"
ODD = [
    *((text, HALF) for text in ("app[0", "app[0:", "app0]", "app[[0]", "app]0[", "app[0]]")),
    *((text, EMPTY) for text in ("app-1,", ",", "a::b", "app-1:&", "!", "a,!,b", " ")),
    ("app[0,1]", "has a comma in brackets"),
]


@pytest.mark.parametrize(("text", "what"), ODD)
def test_half_and_empty_terms_are_refused(text: str, what: str) -> None:
    with pytest.raises(RollwayError) as caught:
        terms(text)
    assert str(caught.value) == (
        f"--limit: {text!r} {what}; accepted: names, groups and * ? [ ] joined by : , & !; "
        "next: --limit=app-1:app-2"
    )
    assert caught.value.exit_code == 1


def test_what_names_no_host_is_named() -> None:
    check_known({"app": ["app-1"], "!app-1": ["app-1"]}, fleet="inventories/x")
    with pytest.raises(RollwayError, match="'nope' matches no host of inventories/x"):
        check_known({"app": ["app-1"], "!nope": []}, fleet="inventories/x")
