"""The classifier: a linear model with softmax, read from model.json."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Prediction:
    """The most probable class and the probability of each, in the model's order."""

    label: str
    probabilities: list[float]


class Model:
    """Four measures of a flower in centimetres in, the species out."""

    def __init__(self, path: Path = FOLDER / "model.json") -> None:
        content = json.loads(path.read_text(encoding="utf-8"))
        self.name: str = content["name"]
        self.features: list[str] = content["features"]
        self.classes: list[str] = content["classes"]
        self._weights: list[list[float]] = content["weights"]
        self._biases: list[float] = content["biases"]

    def predict(self, flower: Sequence[float]) -> Prediction:
        """Classify one flower; ValueError unless there is one finite number per feature."""
        if len(flower) != len(self.features):
            raise ValueError(f"expected {len(self.features)} numbers a row, got {len(flower)}")
        if not all(math.isfinite(value) for value in flower):
            raise ValueError("expected finite numbers")
        scores = [
            bias + math.fsum(weight * value for weight, value in zip(row, flower, strict=True))
            for row, bias in zip(self._weights, self._biases, strict=True)
        ]
        probabilities = _softmax(scores)
        best = max(range(len(scores)), key=scores.__getitem__)
        return Prediction(self.classes[best], probabilities)


def _softmax(scores: Sequence[float]) -> list[float]:
    """Shifted by the largest score, so that no exponential overflows."""
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / math.fsum(powers) for power in powers]
