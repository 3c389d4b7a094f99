from __future__ import annotations

import pytest

from rollway.config.sizes import size_bytes

GOOD = [("512M", 512 * 2**20), ("1g", 2**30), ("1.5G", 3 * 2**29), ("64kb", 65536), (4096, 4096)]
GOOD += [("10b", 10), ("1GiB", 2**30), ("2 GB", 2**31)]


@pytest.mark.parametrize(("value", "expected"), GOOD)
def test_a_size_of_docker_is_read(value: object, expected: int) -> None:
    assert size_bytes(value) == expected


@pytest.mark.parametrize(
    "value", ["", "M", "-1g", "1x", "lots", True, None, "1g1", "9" * 400, "1." + "9" * 400]
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"is not a size like 512M or 1\.5g"):
        size_bytes(value)
