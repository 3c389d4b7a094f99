"""The trained classifier, read from model.json, by the standard library alone."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL_PATH = Path(__file__).with_name("model.json")


@dataclass(frozen=True)
class Classifier:
    """Multinomial logistic regression: one row of coefficients and one intercept per class."""

    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    coefficients: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]

    def probabilities(self, row: Sequence[float]) -> list[float]:
        """Softmax of one flower's scores: a probability per class, in the order of class_names."""
        scores = [
            math.fsum(weight * value for weight, value in zip(weights, row, strict=True))
            + intercept
            for weights, intercept in zip(self.coefficients, self.intercepts, strict=True)
        ]
        # Less the highest score, no exponent overflows.
        powers = [math.exp(score - max(scores)) for score in scores]
        return [power / math.fsum(powers) for power in powers]

    def predict(self, row: Sequence[float]) -> int:
        """Index in class_names of the most probable class of one flower."""
        return most_probable(self.probabilities(row))


def most_probable(probabilities: Sequence[float]) -> int:
    """Index of the highest probability, the first one of equals."""
    return max(range(len(probabilities)), key=probabilities.__getitem__)


def load(path: Path = MODEL_PATH) -> Classifier:
    """The classifier that train.py wrote."""
    model = json.loads(path.read_text(encoding="utf-8"))
    return Classifier(
        class_names=tuple(model["class_names"]),
        feature_names=tuple(model["feature_names"]),
        coefficients=tuple(tuple(row) for row in model["coefficients"]),
        intercepts=tuple(model["intercepts"]),
    )
