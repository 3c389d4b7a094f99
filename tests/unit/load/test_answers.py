"""What a right answer is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.load.answers import FLOWERS, check_inference, check_line, check_model, infer_body
from tests.load.wire import Answer, Head, Lost

SURE = [1.0, 0.0, 0.0]
INFERENCE: dict[str, Any] = {
    "version": "v1",
    "outputs": [
        {"name": "label", "data": list(FLOWERS)},
        {"name": "probabilities", "data": SURE * 3},
    ],
}


def _answer(body: object, status: int = 200) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(Head(status, {}), data)


def test_the_version_of_a_right_answer() -> None:
    assert check_model(_answer({"name": "iris", "version": "v1"}), {"v1", "v2"}) == "v1"
    assert check_inference(_answer(INFERENCE), {"v1"}) == "v1"
    assert check_model(_answer({"name": "iris", "version": "any"}), ()) == "any"


WRONG_MODELS = [
    ("another status", _answer({"name": "iris", "version": "v1"}, 503), "status_503"),
    ("no JSON", _answer(b"<html>"), "body"),
    ("a list", _answer([]), "body"),
    ("no name", _answer({"version": "v1"}), "body"),
    ("no version", _answer({"name": "iris"}), "version"),
    ("an unknown version", _answer({"name": "iris", "version": "v9"}), "version"),
    ("a version that is no text", _answer({"name": "iris", "version": 1}), "version"),
]


@pytest.mark.parametrize(
    ("answer", "kind"), [c[1:] for c in WRONG_MODELS], ids=[c[0] for c in WRONG_MODELS]
)
def test_wrong_answers_about_the_model(answer: Answer, kind: str) -> None:
    with pytest.raises(Lost) as caught:
        check_model(answer, {"v1"})
    assert caught.value.kind == kind


WRONG_INFERENCES: list[tuple[str, object]] = [
    ("no outputs", {}),
    ("outputs that are none", {"outputs": ["label"]}),
    ("wrong labels", {"outputs": [{"name": "label", "data": ["rose"] * 3}]}),
    ("no probabilities", {"outputs": INFERENCE["outputs"][:1]}),
    (
        "probabilities that do not add up",
        {"outputs": [INFERENCE["outputs"][0], {"name": "probabilities", "data": [0.5] * 9}]},
    ),
]


@pytest.mark.parametrize(
    "change", [c[1] for c in WRONG_INFERENCES], ids=[c[0] for c in WRONG_INFERENCES]
)
def test_wrong_inferences(change: dict[str, Any]) -> None:
    body = {"version": "v1", **change}
    with pytest.raises(Lost) as caught:
        check_inference(_answer(body), {"v1"})
    assert caught.value.kind == "body"


def test_lines_of_a_stream() -> None:
    head = Head(200, {})
    assert check_line(b'{"version": "v1", "done": false}', head, {"v1"}) == ("v1", False)
    assert check_line(b'{"version": "v1", "done": true}', head, {"v1"}) == ("v1", True)
    with pytest.raises(Lost):
        check_line(b'{"version": "v1", "do', head, {"v1"})


def test_the_request_asks_for_every_flower() -> None:
    tensor = json.loads(infer_body())["inputs"][0]
    assert tensor["shape"] == [3, 4]
    assert len(tensor["data"]) == 12
