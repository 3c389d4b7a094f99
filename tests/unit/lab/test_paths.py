from __future__ import annotations

from pathlib import Path

import pytest

from rollway.errors import RollwayError
from rollway.lab.paths import lab_paths


@pytest.mark.parametrize("env", ["local", "lab-x", "lab-image"])
def test_a_lab_has_a_folder_and_an_inventory(env: str) -> None:
    paths = lab_paths(env, root=Path("/checkout"))
    assert paths.folder == Path("/checkout/.rollway/labs") / env
    assert paths.inventory == Path("/checkout/inventories") / env / "hosts.yml"


REFUSED = [
    pytest.param(
        "production",
        "--env: 'production' is not a lab; accepted: local, or a name that begins with lab-; "
        "next: ./invoke lab.up --env=local",
        id="another environment",
    ),
    pytest.param(
        "lab-../../etc",
        "env: found 'lab-../../etc'; accepted: 1 to 40 of a-z 0-9 _ -, the first a letter or digit",
        id="a path",
    ),
]


@pytest.mark.parametrize(("env", "sentence"), REFUSED)
def test_other_names_are_refused(env: str, sentence: str) -> None:
    with pytest.raises(RollwayError) as refused:
        lab_paths(env)
    assert str(refused.value) == sentence
