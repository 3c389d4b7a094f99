from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from rollway.build.labels import image_labels
from rollway.release.source import Source

SOURCE = Source(
    commit="c" * 40,
    branch="main",
    author="Zoë <zoe@example.com>",
    dirty=False,
    version="v1",
    committed="2026-11-20T10:00:00+02:00",
    url="https://example.com/app",
)
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_a_clean_folder_is_dated_by_its_commit() -> None:
    labels = image_labels(SOURCE, title="iris", version="1.4.0", inputs="abc", now=NOW)
    assert labels == {
        "org.opencontainers.image.title": "iris",
        "org.opencontainers.image.version": "1.4.0",
        "org.opencontainers.image.revision": "c" * 40,
        "org.opencontainers.image.created": "2026-11-20T08:00:00Z",
        "org.opencontainers.image.source": "https://example.com/app",
        "io.rollway.inputs": "abc",
    }


def test_a_changed_folder_is_dated_now() -> None:
    dirty = replace(SOURCE, dirty=True)
    labels = image_labels(dirty, title="iris", version="1.4.0", inputs="abc", now=NOW)
    assert labels["org.opencontainers.image.created"] == "2026-11-21T04:00:00Z"
    assert labels["org.opencontainers.image.revision"] == "c" * 40 + "-dirty"
