from __future__ import annotations

import json
from pathlib import Path

import pytest
import train
from iris_service import classifier

METRICS = json.loads(classifier.MODEL_PATH.with_name("metrics.json").read_text(encoding="utf-8"))
MODEL = json.loads(classifier.MODEL_PATH.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["accuracy", "macro_recall", "macro_f1"])
def test_the_shipped_model_is_good_enough(name: str) -> None:
    assert METRICS[name] > 0.9


def test_training_again_measures_the_same(tmp_path: Path) -> None:
    assert train.train(tmp_path) == pytest.approx(METRICS, abs=0.02)


def test_training_again_finds_the_same_model(tmp_path: Path) -> None:
    train.train(tmp_path)
    again = classifier.load(tmp_path / "model.json")
    for row, shipped in zip(again.coefficients, classifier.load().coefficients, strict=True):
        assert row == pytest.approx(shipped, abs=1e-3)


def test_the_metrics_are_those_of_the_model_that_is_shipped() -> None:
    _, rows, _, classes = train.split()
    figures = train.measure(classifier.load(), rows, classes)
    assert figures == {name: METRICS[name] for name in figures}


def test_no_flower_is_both_trained_on_and_measured() -> None:
    rows, held_out, _, classes = train.split()
    assert (
        (len(rows), len(held_out))
        == (METRICS["training_size"], METRICS["held_out_size"])
        == (90, 60)
    )
    assert [int((classes == index).sum()) for index in range(3)] == [20, 20, 20]


def test_the_model_says_what_made_it() -> None:
    assert MODEL["sklearn_version"]
    assert MODEL["class_names"] == ["setosa", "versicolor", "virginica"]
