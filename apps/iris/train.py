"""Train the classifier and measure it on data it has not seen.

    python apps/iris/train.py [FOLDER]

Writes model.json and metrics.json into FOLDER, by default where the service reads them. Needs
scikit-learn, which ships the data set; the service does not. The same seed gives the same model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import sklearn
from iris_service import classifier
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 0
HELD_OUT_SHARE = 0.4
DECIMALS = 6


def split() -> tuple[Any, Any, Any, Any]:
    """Training rows, held-out rows, training classes, held-out classes; classes in equal shares."""
    data = load_iris()
    parts = train_test_split(
        data.data, data.target, test_size=HELD_OUT_SHARE, stratify=data.target, random_state=SEED
    )
    return parts[0], parts[1], parts[2], parts[3]


def fit(rows: Any, classes: Any) -> dict[str, Any]:
    """The model as JSON data. The scaling of the features is folded into the coefficients."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    pipeline.fit(rows, classes)
    scaler, regression = pipeline[0], pipeline[1]
    coefficients = regression.coef_ / scaler.scale_
    intercepts = regression.intercept_ - coefficients @ scaler.mean_
    data = load_iris()
    return {
        "kind": "multinomial logistic regression",
        "class_names": [str(name) for name in data.target_names],
        "feature_names": [
            name.removesuffix(" (cm)").replace(" ", "_") for name in data.feature_names
        ],
        "coefficients": coefficients.round(DECIMALS).tolist(),
        "intercepts": intercepts.round(DECIMALS).tolist(),
        "sklearn_version": sklearn.__version__,
    }


def measure(model: classifier.Classifier, rows: Any, classes: Any) -> dict[str, float]:
    """Figures of the very code that serves, not of scikit-learn's own model."""
    predicted = [model.predict(row) for row in rows.tolist()]
    return {
        "accuracy": round(float(accuracy_score(classes, predicted)), DECIMALS),
        "macro_recall": round(float(recall_score(classes, predicted, average="macro")), DECIMALS),
        "macro_f1": round(float(f1_score(classes, predicted, average="macro")), DECIMALS),
    }


def train(folder: Path) -> dict[str, Any]:
    """Write model.json and metrics.json into folder; returns the metrics."""
    rows, held_out_rows, classes, held_out_classes = split()
    write(folder / "model.json", fit(rows, classes))
    figures = measure(classifier.load(folder / "model.json"), held_out_rows, held_out_classes)
    sizes = {"training_size": len(rows), "held_out_size": len(held_out_rows), "seed": SEED}
    write(folder / "metrics.json", figures | sizes)
    return figures | sizes


def write(path: Path, data: dict[str, Any]) -> None:
    """One readable JSON file."""
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else classifier.MODEL_PATH.parent
    print(json.dumps(train(target), indent=2))
