"""What a host has to pull, and whether its disk has room for it."""

from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.rollout.calls import acquire_calls
from rollway.rollout.candidate import images_on
from rollway.rollout.disk import pull_bytes
from rollway.rollout.fleet import HostView, SlotView
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet

MIB = 1024**2
OLD, NEW, OTHER = "registry/iris@sha256:a", "registry/iris@sha256:b", "registry/mail@sha256:c"
BASE, APP = {"base": 80 * MIB}, {"app": 20 * MIB}
LAYERS = {NEW: {**BASE, **APP}}
ACCESSORIES = {
    "images": {"db": "postgres@sha256:d"},
    "services": [{"name": "db", "hosts": ["app-2"]}],
}


def _view(*, images: list[str] | None = None, **before: Any) -> HostView:
    """A host with a release in blue, of which `before` may tell the layers."""
    return HostView(
        "app-1",
        active="blue",
        slots={"blue": SlotView("1-a", "a", "running"), "green": SlotView()},
        manifests={"1-a": {"images": {"api": OLD}, **before}},
        images=frozenset(images or []),
    )


PULLED: list[Any] = [
    pytest.param(_view(), LAYERS, 100, id="nothing is there"),
    pytest.param(_view(images=[NEW]), LAYERS, 0, id="the image is there"),
    pytest.param(_view(layers={OLD: BASE}), LAYERS, 20, id="what serves has the same base"),
    pytest.param(_view(), {}, 0, id="another registry, whose sizes nobody knows"),
    pytest.param(
        _view(images=[OTHER]),
        {**LAYERS, OTHER: BASE},
        20,
        id="another image of the release has the same base",
    ),
    pytest.param(
        _view(), {**LAYERS, OTHER: {**BASE, "mail": MIB}}, 101, id="two images, their base once"
    ),
]


@pytest.mark.parametrize(("view", "layers", "mebibytes"), PULLED)
def test_only_layers_that_a_host_lacks_are_pulled(
    view: HostView, layers: dict[str, Any], mebibytes: int
) -> None:
    release = {"images": {"api": NEW, "mail": OTHER}, "layers": layers}
    assert pull_bytes(view, release) == mebibytes * MIB


def test_layers_of_a_kept_release_that_stands_in_no_slot_do_not_count() -> None:
    view = _view()
    kept = {**view.manifests, "0-z": {"layers": {OLD: BASE}}}
    lone = HostView("app-1", slots={}, manifests=kept)
    assert pull_bytes(lone, {"images": {"api": NEW}, "layers": LAYERS}) == 100 * MIB


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("app-1", [NEW], id="a host without accessories"),
        pytest.param("app-2", ["postgres@sha256:d", NEW], id="the host of an accessory"),
    ],
)
def test_a_host_is_asked_for_the_images_that_it_needs(host: str, expected: list[str]) -> None:
    release = manifest("b", accessories=ACCESSORIES)
    assert images_on(release, host) == expected
    (call,) = acquire_calls(request(manifest=release), host, reads_only=True)
    assert call.arguments["images"] == expected


ROOM: list[Any] = [
    pytest.param({}, 255, "at least 256 MiB", id="nothing to pull, and no room at all"),
    pytest.param({}, 256, None, id="nothing to pull"),
    pytest.param(
        LAYERS, 605, "at least 606 MiB, to pull 100 MiB and unpack them", id="one MiB too few"
    ),
    pytest.param(LAYERS, 606, None, id="room for what is pulled, unpacked"),
]


@pytest.mark.parametrize(("layers", "free", "accepted"), ROOM)
def test_a_host_without_disk_is_refused_by_name(
    layers: dict[str, Any], free: int, accepted: str | None
) -> None:
    acquired = steady_fleet()
    acquired["app-2"].result["facts"] = {"disk_free_bytes": free * MIB}
    plan = decide(request(manifest=manifest("b", layers=layers)), acquired)
    if accepted is None:
        assert plan.refusal is None
        return
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems == [
        {
            "host": "app-2",
            "where": "disk",
            "found": f"{free} MiB free where the engine keeps its images",
            "accepted": accepted,
            "next": "make room on app-2: docker system df",
        }
    ]


def test_a_plan_says_what_each_host_pulls() -> None:
    asked = request(reads_only=True, manifest=manifest("b", layers=LAYERS))
    acquired = steady_fleet()
    acquired["app-2"].result["images_present"] = [NEW]
    found = preview(decide(asked, acquired), asked, acquired)
    assert [one["pull_bytes"] for one in found["hosts"]] == [100 * MIB, 0, 100 * MIB]
