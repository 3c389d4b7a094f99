from __future__ import annotations

import json
import math

import pytest
from model import FOLDER, Model
from train import train

FLOWERS = [
    ("a small one is setosa", [5.1, 3.5, 1.4, 0.2], "setosa"),
    ("a middle one is versicolor", [5.9, 2.8, 4.3, 1.3], "versicolor"),
    ("a large one is virginica", [6.9, 3.1, 5.8, 2.2], "virginica"),
]


@pytest.mark.parametrize(("flower", "label"), [c[1:] for c in FLOWERS], ids=[c[0] for c in FLOWERS])
def test_predict(flower: list[float], label: str) -> None:
    prediction = Model().predict(flower)
    assert prediction.label == label
    assert math.isclose(sum(prediction.probabilities), 1.0)


BAD = [
    ("too few numbers", [1.0], "expected 4 numbers a row, got 1"),
    ("not a number", [math.nan, 1.0, 1.0, 1.0], "expected finite numbers"),
    ("infinite", [math.inf, 1.0, 1.0, 1.0], "expected finite numbers"),
]


@pytest.mark.parametrize(("flower", "message"), [c[1:] for c in BAD], ids=[c[0] for c in BAD])
def test_predict_refuses(flower: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Model().predict(flower)


def test_large_scores_do_not_overflow() -> None:
    assert Model().predict([1e6, 1e6, 1e6, 1e6]).label in Model().classes


def test_training_gives_the_committed_model_and_metrics() -> None:
    model, metrics = train()
    committed = json.loads((FOLDER / "metrics.json").read_text())
    for name in ("accuracy", "recall_macro", "f1_macro"):
        assert metrics[name] == pytest.approx(committed[name], abs=0.03)
        assert committed[name] > 0.9
    weights = json.loads((FOLDER / "model.json").read_text())["weights"]
    assert model["weights"] == [pytest.approx(row, abs=1e-3) for row in weights]
