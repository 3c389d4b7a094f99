"""What a right answer is: status 200, a body that parses, a known version, a valid inference."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any

from .wire import Answer, Head, Lost

OK = 200
# one flower of each species, far from the borders between them (Fisher 1936: rows 1, 80, 119)
FLOWERS = {
    "setosa": [5.1, 3.5, 1.4, 0.2],
    "versicolor": [5.7, 2.6, 3.5, 1.0],
    "virginica": [7.7, 2.6, 6.9, 2.3],
}


def infer_body() -> bytes:
    """A request of the open inference protocol v2 for the flowers."""
    data = [value for row in FLOWERS.values() for value in row]
    tensor = {"name": "flowers", "datatype": "FP64", "shape": [len(FLOWERS), 4], "data": data}
    return json.dumps({"inputs": [tensor]}).encode()


def check_model(answer: Answer, versions: Collection[str]) -> str:
    """The version of a right answer about the model; otherwise Lost."""
    body = _object(answer)
    if not body.get("name"):
        raise _wrong(answer.head, "the model has no name")
    return _version(body, answer.head, versions)


def check_inference(answer: Answer, versions: Collection[str]) -> str:
    """The version of a right inference; otherwise Lost."""
    body = _object(answer)
    outputs = {one.get("name"): one.get("data") for one in _outputs(body)}
    labels, probabilities = outputs.get("label"), outputs.get("probabilities")
    if labels != list(FLOWERS):
        raise _wrong(answer.head, f"labels {labels}")
    if not _are_distributions(probabilities):
        raise _wrong(answer.head, f"probabilities {probabilities}")
    return _version(body, answer.head, versions)


def check_line(line: bytes, head: Head, versions: Collection[str]) -> tuple[str, bool]:
    """The version in a line of a stream, and whether it is the last; otherwise Lost."""
    body = _parsed(line, head)
    return _version(body, head, versions), body.get("done") is True


def check_status(head: Head) -> None:
    """Lost when the status is not 200."""
    if head.status != OK:
        raise Lost(f"status_{head.status}", f"status {head.status}", server=head.server)


def _object(answer: Answer) -> dict[str, Any]:
    check_status(answer.head)
    return _parsed(answer.body, answer.head)


def _parsed(data: bytes, head: Head) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError as error:
        raise _wrong(head, f"no JSON: {data[:60]!r}") from error
    if not isinstance(body, dict):
        raise _wrong(head, f"no JSON object: {data[:60]!r}")
    return body


def _outputs(body: dict[str, Any]) -> list[dict[str, Any]]:
    outputs = body.get("outputs")
    return [one for one in outputs if isinstance(one, dict)] if isinstance(outputs, list) else []


def _are_distributions(values: Any) -> bool:
    size = len(FLOWERS)
    if not isinstance(values, list) or len(values) != size * size:
        return False
    rows = [values[start : start + size] for start in range(0, size * size, size)]
    return all(math.isclose(sum(row), 1.0, abs_tol=1e-3) for row in rows)


def _version(body: dict[str, Any], head: Head, versions: Collection[str]) -> str:
    version = body.get("version")
    if not isinstance(version, str) or not version or (versions and version not in versions):
        raise Lost("version", f"version {version!r}", server=head.server)
    return version


def _wrong(head: Head, text: str) -> Lost:
    return Lost("body", text, server=head.server)
