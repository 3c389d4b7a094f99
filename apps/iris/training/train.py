"""Train the classifier: writes app/model.json and app/metrics.json.

Needs scikit-learn, which the service itself does not: it only multiplies and adds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 7
HELD_OUT = 0.3
APP = Path(__file__).resolve().parents[1] / "app"


def train() -> tuple[dict[str, Any], dict[str, Any]]:
    """Fit on 70 % of the flowers, measure on the other 30 %; returns the model and its metrics."""
    flowers = load_iris()
    split = train_test_split(
        flowers.data,
        flowers.target,
        test_size=HELD_OUT,
        stratify=flowers.target,
        random_state=SEED,
    )
    train_inputs, test_inputs, train_classes, test_classes = split
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    pipeline.fit(train_inputs, train_classes)
    predicted = pipeline.predict(test_inputs)
    metrics = {
        "accuracy": round(float(accuracy_score(test_classes, predicted)), 4),
        "recall_macro": round(float(recall_score(test_classes, predicted, average="macro")), 4),
        "f1_macro": round(float(f1_score(test_classes, predicted, average="macro")), 4),
        "trained_on": len(train_inputs),
        "measured_on": len(test_inputs),
        "seed": SEED,
        "scikit_learn": sklearn.__version__,
    }
    return _model(pipeline, flowers), metrics


def _model(pipeline: Any, flowers: Any) -> dict[str, Any]:
    """Fold the scaling into the coefficients: the service sees raw centimetres."""
    scaler, classifier = (step for _, step in pipeline.steps)
    weights = classifier.coef_ / scaler.scale_
    biases = classifier.intercept_ - weights @ scaler.mean_
    return {
        "name": "iris",
        "features": [name.removesuffix(" (cm)") for name in flowers.feature_names],
        "classes": [str(name) for name in flowers.target_names],
        "weights": [[round(float(value), 8) for value in row] for row in weights],
        "biases": [round(float(value), 8) for value in biases],
    }


def main() -> None:
    """Write both files."""
    for name, content in zip(("model", "metrics"), train(), strict=True):
        (APP / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
