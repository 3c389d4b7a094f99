from __future__ import annotations

import pytest
from iris_service import classifier

FLOWERS = [
    pytest.param((5.1, 3.5, 1.4, 0.2), "setosa", id="a small flower is a setosa"),
    pytest.param((5.9, 2.8, 4.3, 1.3), "versicolor", id="a middling flower is a versicolor"),
    pytest.param((6.7, 3.0, 5.2, 2.3), "virginica", id="a large flower is a virginica"),
]


@pytest.mark.parametrize(("row", "name"), FLOWERS)
def test_predict(row: tuple[float, ...], name: str) -> None:
    model = classifier.load()
    assert model.class_names[model.predict(row)] == name


@pytest.mark.parametrize(
    "row",
    [
        pytest.param((5.1, 3.5, 1.4, 0.2), id="of a flower"),
        pytest.param((1e9, -1e9, 1e9, -1e9), id="of absurd sizes"),
        pytest.param((0.0, 0.0, 0.0, 0.0), id="of nothing"),
    ],
)
def test_probabilities_sum_to_one(row: tuple[float, ...]) -> None:
    probabilities = classifier.load().probabilities(row)
    assert sum(probabilities) == pytest.approx(1)
    assert all(0 <= probability <= 1 for probability in probabilities)


def test_a_row_with_a_feature_missing_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        classifier.load().predict((5.1, 3.5, 1.4))
