from __future__ import annotations

import json
from typing import Any

import pytest
from faults import Fault, read_fault
from flask.testing import FlaskClient
from service import create_app

SETOSA = [5.1, 3.5, 1.4, 0.2]


def _client(**fault: Any) -> FlaskClient:
    return create_app(version="1.2.3", fault=Fault(**fault)).test_client()


def _infer(client: FlaskClient, data: Any) -> Any:
    tensor = {"name": "flowers", "shape": [1, 4], "datatype": "FP64", "data": data}
    return client.post("/v2/models/iris/infer", json={"id": "7", "inputs": [tensor]})


@pytest.mark.parametrize(
    "path", ["/", "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/iris"]
)
def test_the_version_is_in_every_answer(path: str) -> None:
    answer = _client().get(path)
    assert (answer.status_code, answer.json["version"]) == (200, "1.2.3")
    assert answer.headers["X-Version"] == "1.2.3"


@pytest.mark.parametrize("data", [SETOSA, [SETOSA]], ids=["flat data", "nested data"])
def test_infer(data: Any) -> None:
    answer = _infer(_client(), data).json
    assert (answer["id"], answer["model_version"]) == ("7", "1.2.3")
    assert answer["outputs"][0]["data"] == ["setosa"]


BAD = [
    ("no tensor", {}, "inputs: expected one tensor with numbers as data"),
    ("a word", {"inputs": [{"data": ["x"]}]}, "inputs: expected one tensor with numbers as data"),
    (
        "half a row",
        {"inputs": [{"data": [1, 2]}]},
        "inputs/0/data: expected rows of 4 numbers, got 2",
    ),
]


@pytest.mark.parametrize(("body", "message"), [c[1:] for c in BAD], ids=[c[0] for c in BAD])
def test_infer_refuses(body: Any, message: str) -> None:
    answer = _client().post("/v2/models/iris/infer", json=body)
    assert (answer.status_code, answer.json["error"]) == (400, message)


def test_a_stream_ends_with_its_own_last_line() -> None:
    answer = _client().get("/v2/models/iris/stream?seconds=0.05&interval=0.01")
    lines = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    assert [line["index"] for line in lines] == list(range(len(lines)))
    assert [line.get("done", False) for line in lines] == [False] * (len(lines) - 1) + [True]


def test_requests_are_counted() -> None:
    client = _client()
    client.get("/v2")
    assert 'iris_requests_total{status="200",version="1.2.3"} 1.0' in client.get("/metrics").text


def test_never_ready() -> None:
    assert _client(kind="never_ready").get("/v2/health/ready").status_code == 503


def test_slow_is_ready_in_the_end() -> None:
    assert _client(kind="slow", seconds=60.0).get("/v2/health/ready").status_code == 503
    assert _client(kind="slow", seconds=0.0).get("/v2/health/ready").status_code == 200


def test_ready_then_failing() -> None:
    assert _client(kind="ready_then_failing", seconds=60.0).get("/v2").status_code == 200
    late = _client(kind="ready_then_failing", seconds=0.0)
    assert late.get("/v2").status_code == 500
    assert late.get("/v2/health/ready").status_code == 503


@pytest.mark.parametrize(("rate", "status"), [(0.0, 200), (1.0, 500)])
def test_error_rate(rate: float, status: int) -> None:
    assert _infer(_client(kind="error_rate", rate=rate), SETOSA).status_code == status


def test_wrong_answers() -> None:
    assert _infer(_client(kind="wrong_answers"), SETOSA).json["outputs"][0]["data"] != ["setosa"]


ENDS = [
    ("crash_loop", "FAULT=crash_loop: the service ends at once"),
    ("typo", "FAULT: 'typo' is unknown; accepted: never_ready, crash_loop,"),
]


@pytest.mark.parametrize(("kind", "message"), ENDS, ids=[case[0] for case in ENDS])
def test_faults_that_end_the_start(kind: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        read_fault({"FAULT": kind})
