from __future__ import annotations

import json
from typing import Any

import pytest

INFER = "/v2/models/iris/infer"
FLOWERS = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]


def tensor(**changes: Any) -> dict[str, Any]:
    return {"name": "flowers", "datatype": "FP64", "shape": [2, 4], "data": FLOWERS} | changes


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v2/health/live", {"live": True, "version": "1.4.0"}),
        ("/v2/health/ready", {"ready": True, "version": "1.4.0"}),
        ("/v2/models/iris/ready", {"name": "iris", "ready": True, "version": "1.4.0"}),
        ("/v2", {"name": "iris-service", "version": "1.4.0", "extensions": []}),
    ],
)
def test_short_answers(serve: Any, path: str, answer: dict[str, Any]) -> None:
    response = serve().get(path)
    assert (response.status_code, response.json) == (200, answer)


def test_the_metadata_describe_the_tensors(serve: Any) -> None:
    answer = serve().get("/v2/models/iris").json
    assert answer["name"] == "iris"
    assert (answer["version"], answer["versions"]) == ("1.4.0", ["1.4.0"])
    assert answer["inputs"] == [{"name": "flowers", "datatype": "FP64", "shape": [-1, 4]}]
    assert [output["name"] for output in answer["outputs"]] == [
        "label",
        "class_id",
        "probabilities",
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/v2", 200),
        ("/v2/health/live", 200),
        ("/v2/health/ready", 200),
        ("/v2/models/iris", 200),
        ("/v2/models/iris/stream?seconds=0", 200),
        ("/v2/models/iris/stream?seconds=x", 400),
        ("/metrics", 200),
        ("/v2/models/other", 404),
        (INFER, 405),
    ],
)
def test_the_version_is_on_every_answer(serve: Any, path: str, status: int) -> None:
    response = serve().get(path)
    assert response.status_code == status
    assert response.headers["X-Rollway-Version"] == "1.4.0"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(FLOWERS, id="as rows"),
        pytest.param(FLOWERS[0] + FLOWERS[1], id="as one row-major list"),
    ],
)
def test_infer_answers_every_output(serve: Any, data: list[Any]) -> None:
    body = {"id": "42", "inputs": [tensor(data=data)]}
    answer = serve().post(INFER, json=body).json
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("iris", "1.4.0", "42")
    label, class_id, probabilities = answer["outputs"]
    assert label["data"] == ["setosa", "virginica"]
    assert class_id == {"name": "class_id", "datatype": "INT64", "shape": [2], "data": [0, 2]}
    assert probabilities["shape"] == [2, 3]
    assert sum(probabilities["data"]) == pytest.approx(2)


def test_infer_answers_only_the_outputs_asked_for(serve: Any) -> None:
    body = {"inputs": [tensor()], "outputs": [{"name": "class_id"}]}
    outputs = serve().post(INFER, json=body).json["outputs"]
    assert [output["name"] for output in outputs] == ["class_id"]


def test_infer_takes_the_largest_batch(serve: Any) -> None:
    body = {"inputs": [tensor(shape=[1000, 4], data=FLOWERS * 500)]}
    assert serve().post(INFER, json=body).json["outputs"][0]["shape"] == [1000]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(
            [], "body: found a list of 0; accepted: a JSON object with 'inputs'", id="a list"
        ),
        pytest.param({}, "inputs: found nothing; accepted: one tensor", id="no inputs"),
        pytest.param(
            {"inputs": [tensor(), tensor()]},
            "inputs: found a list of 2; accepted: one tensor",
            id="two tensors",
        ),
        pytest.param(
            {"inputs": [tensor(name="cats")]},
            "inputs[0]/name: found 'cats'; accepted: 'flowers'",
            id="a tensor of another name",
        ),
        pytest.param(
            {"inputs": [tensor(datatype="BYTES")]},
            "inputs[0]/datatype: found 'BYTES'; accepted: FP32 or FP64",
            id="strings",
        ),
        pytest.param(
            {"inputs": [tensor(shape=[2, 3])]},
            "inputs[0]/shape: found [2, 3]; accepted: [n, 4] with n from 1 to 1000",
            id="three features",
        ),
        pytest.param(
            {"inputs": [tensor(shape=[1001, 4])]},
            "inputs[0]/shape: found [1001, 4]; accepted: [n, 4] with n from 1 to 1000",
            id="too many rows",
        ),
        pytest.param(
            {"inputs": [tensor(shape=[True, 4])]},
            "inputs[0]/shape: found [True, 4]; accepted: [n, 4] with n from 1 to 1000",
            id="a size that is no number",
        ),
        pytest.param(
            {"inputs": [tensor(data=[1, 2, 3])]},
            "inputs[0]/data: found 3 values; accepted: 8",
            id="too few values",
        ),
        pytest.param(
            {"inputs": [tensor(data=[[True] * 4] * 2)]},
            "inputs[0]/data: found True; accepted: finite numbers",
            id="a boolean",
        ),
        pytest.param(
            {"inputs": [tensor(data="setosa")]},
            "inputs[0]/data: found a JSON str; accepted: a list of numbers",
            id="a string for data",
        ),
        pytest.param(
            {"inputs": [tensor()], "id": 7},
            "id: found a JSON int; accepted: a string",
            id="an id that is a number",
        ),
        pytest.param(
            {"inputs": [tensor()], "outputs": [{"name": "colour"}]},
            "outputs: found 'colour'; accepted: label, class_id, probabilities",
            id="an output nobody has",
        ),
    ],
)
def test_infer_names_what_is_wrong(serve: Any, body: Any, error: str) -> None:
    response = serve().post(INFER, json=body)
    assert (response.status_code, response.json) == (400, {"error": error, "version": "1.4.0"})


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param(b"", "body: found no JSON", id="nothing"),
        pytest.param(b"{", "body: found no JSON", id="half an object"),
        pytest.param(b"\xff\xfe\x00", "body: found no JSON", id="bytes that are no text"),
        pytest.param(b'{"inputs": NaN}', "NaN is not JSON", id="a constant of Python"),
        pytest.param(b"[" * 100_000, "body: found no JSON", id="a nest too deep"),
        pytest.param(
            json.dumps({"inputs": [tensor(data=[1e308] * 7)]})
            .replace("]}]}", ", 1e999]}]}")
            .encode(),
            "inputs[0]/data: found inf",
            id="a number beyond all floats",
        ),
    ],
)
def test_infer_refuses_what_is_no_json(serve: Any, body: bytes, found: str) -> None:
    response = serve().post(INFER, data=body)
    assert response.status_code == 400
    assert found in response.json["error"]


def test_a_body_too_large_is_refused(serve: Any) -> None:
    assert serve().post(INFER, data=b" " * (1 << 21)).status_code == 413


def test_a_stream_ends_with_done(serve: Any) -> None:
    response = serve().get("/v2/models/iris/stream?seconds=0.05&interval=0.02")
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert [line["index"] for line in lines] == [0, 1, 2, 3]
    assert [line["done"] for line in lines] == [False, False, False, True]
    assert {line["version"] for line in lines} == {"1.4.0"}


@pytest.mark.parametrize("query", ["seconds=301", "seconds=-1", "interval=0", "seconds=nan"])
def test_a_stream_is_bounded(serve: Any, query: str) -> None:
    response = serve().get(f"/v2/models/iris/stream?{query}")
    assert response.status_code == 400
    assert "accepted:" in response.json["error"]


def test_the_metrics_count_requests_and_predictions(serve: Any) -> None:
    client = serve()
    client.post(INFER, json={"inputs": [tensor()]})
    client.get("/nowhere")
    text = client.get("/metrics").text
    assert (
        'iris_requests_total{method="POST",route="/v2/models/iris/infer",status="200"} 1.0' in text
    )
    assert 'iris_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert 'iris_predictions_total{label="setosa"} 1.0' in text
    assert 'iris_info{version="1.4.0"} 1.0' in text


def test_without_a_version_it_says_dev(serve: Any) -> None:
    assert serve(ROLLWAY_VERSION="").get("/v2").json["version"] == "dev"
