"""Labels that say where an image comes from.

Source: OCI Image Format Specification, "Annotations"; `io.rollway.inputs` is Rollway's own.
"""

from __future__ import annotations

from datetime import UTC, datetime

from rollway.release.source import Source

INPUTS = "io.rollway.inputs"
_OCI = "org.opencontainers.image"


def image_labels(
    source: Source, *, title: str, version: str, inputs: str, now: datetime
) -> dict[str, str]:
    """A clean folder is dated by its commit: building again says nothing new.

    One with changes of its own is dated now, and its revision says so.
    """
    committed = datetime.fromisoformat(source.committed)
    created = now if source.dirty else committed
    return {
        f"{_OCI}.title": title,
        f"{_OCI}.version": version,
        f"{_OCI}.revision": f"{source.commit}-dirty" if source.dirty else source.commit,
        f"{_OCI}.created": f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"{_OCI}.source": source.url,
        INPUTS: inputs,
    }
