"""Requests and answers of the open inference protocol v2 for this one model.

Source: https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iris_service.classifier import most_probable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iris_service.classifier import Classifier

MODEL_NAME = "iris"
INPUT_NAME = "flowers"
DATATYPES = ("FP32", "FP64")
OUTPUTS = {"label": "BYTES", "class_id": "INT64", "probabilities": "FP64"}
MAX_ROWS = 1000


class BadRequestError(Exception):
    """Raised when a request breaks the protocol; the client corrects what the message names."""


@dataclass(frozen=True)
class InferRequest:
    """A request that can be answered: rows of features, and the outputs wanted."""

    rows: tuple[tuple[float, ...], ...]
    outputs: tuple[str, ...]
    id: str | None


def metadata(classifier: Classifier, version: str) -> dict[str, Any]:
    """Answer of GET /v2/models/iris; -1 is the protocol's word for any number of rows."""
    return {
        "name": MODEL_NAME,
        "version": version,
        "versions": [version],
        "platform": "rollway_json_logistic_regression",
        "inputs": [_tensor(INPUT_NAME, "FP64", [-1, len(classifier.feature_names)])],
        "outputs": [
            _tensor("label", OUTPUTS["label"], [-1]),
            _tensor("class_id", OUTPUTS["class_id"], [-1]),
            _tensor("probabilities", OUTPUTS["probabilities"], [-1, len(classifier.class_names)]),
        ],
        "parameters": {
            "features": list(classifier.feature_names),
            "classes": list(classifier.class_names),
        },
    }


def parse(body: Any, *, feature_count: int) -> InferRequest:
    """The request, or BadRequestError naming the first thing that is wrong with it."""
    _require(isinstance(body, dict), "body", _kind(body), "a JSON object with 'inputs'")
    inputs = body.get("inputs")
    _require(isinstance(inputs, list) and len(inputs) == 1, "inputs", _kind(inputs), "one tensor")
    identity = body.get("id")
    _require(identity is None or isinstance(identity, str), "id", _kind(identity), "a string")
    return InferRequest(_rows(inputs[0], feature_count), _wanted(body.get("outputs")), identity)


def answer(
    request: InferRequest, classifier: Classifier, version: str, *, is_wrong: bool = False
) -> dict[str, Any]:
    """Answer of POST /v2/models/iris/infer; is_wrong moves every flower to the next class."""
    probabilities = [classifier.probabilities(row) for row in request.rows]
    if is_wrong:
        probabilities = [row[-1:] + row[:-1] for row in probabilities]
    class_ids = [most_probable(row) for row in probabilities]
    data: dict[str, list[Any]] = {
        "label": [classifier.class_names[index] for index in class_ids],
        "class_id": class_ids,
        "probabilities": [value for row in probabilities for value in row],
    }
    count = len(request.rows)
    shapes = {"label": [count], "class_id": [count]}
    shapes["probabilities"] = [count, len(classifier.class_names)]
    outputs = [
        _tensor(name, OUTPUTS[name], shapes[name]) | {"data": data[name]}
        for name in request.outputs
    ]
    identity = {} if request.id is None else {"id": request.id}
    served = {"model_name": MODEL_NAME, "model_version": version, "version": version}
    return served | identity | {"outputs": outputs}


def _rows(tensor: Any, feature_count: int) -> tuple[tuple[float, ...], ...]:
    _require(isinstance(tensor, dict), "inputs[0]", _kind(tensor), "a tensor object")
    name, datatype, shape = tensor.get("name"), tensor.get("datatype"), tensor.get("shape")
    _require(name == INPUT_NAME, "inputs[0]/name", repr(name), repr(INPUT_NAME))
    _require(datatype in DATATYPES, "inputs[0]/datatype", repr(datatype), " or ".join(DATATYPES))
    _require(
        _is_shape(shape, feature_count),
        "inputs[0]/shape",
        repr(shape),
        f"[n, {feature_count}] with n from 1 to {MAX_ROWS}",
    )
    values = _flat(tensor.get("data"))
    expected = shape[0] * feature_count
    _require(len(values) == expected, "inputs[0]/data", f"{len(values)} values", f"{expected}")
    starts = range(0, expected, feature_count)
    return tuple(tuple(values[start : start + feature_count]) for start in starts)


def _is_shape(shape: Any, feature_count: int) -> bool:
    return (
        isinstance(shape, list)
        and len(shape) == 2  # noqa: PLR2004 - rows and columns
        and all(type(size) is int for size in shape)
        and 1 <= shape[0] <= MAX_ROWS
        and shape[1] == feature_count
    )


def _flat(data: Any) -> list[float]:
    """The protocol allows a row-major list and lists of rows alike."""
    _require(isinstance(data, list), "inputs[0]/data", _kind(data), "a list of numbers")
    values = [value for row in data for value in (row if isinstance(row, list) else [row])]
    for value in values:
        _require(_is_number(value), "inputs[0]/data", repr(value)[:40], "finite numbers")
    return [float(value) for value in values]


def _is_number(value: Any) -> bool:
    """Whether a float holds it: true is not a number, an integer of 400 digits does not fit."""
    try:
        return type(value) in {int, float} and math.isfinite(value)
    except OverflowError:
        return False


def _wanted(outputs: Any) -> tuple[str, ...]:
    if outputs is None:
        return tuple(OUTPUTS)
    _require(isinstance(outputs, list) and outputs, "outputs", _kind(outputs), "a list of tensors")
    return tuple(dict.fromkeys(_output_name(output) for output in outputs))


def _output_name(output: Any) -> str:
    name = output.get("name") if isinstance(output, dict) else output
    _require(isinstance(name, str) and name in OUTPUTS, "outputs", repr(name), ", ".join(OUTPUTS))
    return str(name)


def _tensor(name: str, datatype: str, shape: Sequence[int]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape)}


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "nothing" if value is None else f"a JSON {type(value).__name__}"


def _require(holds: Any, where: str, found: str, accepted: str) -> None:
    if not holds:
        raise BadRequestError(f"{where}: found {found}; accepted: {accepted}")
