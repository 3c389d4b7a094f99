"""A host that runs a plain Compose project whose place a release takes."""

from __future__ import annotations

from typing import Any

from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost
from tests.unit.module_utils.test_accessories import with_database

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
WEB = [{"name": "api", "replicas": 1}]
ADOPT = {"project": "shop", "keep": False}
PLAIN = ("shop-api-1", "shop-db-1", "shop-mail-1", "shop-old-1")
SLOT = ("iris-blue-api-1-1", "iris-blue-mail-1-1")
DATABASE = "iris-accessories-db-1"


def run_plain(host: FakeHost, service: str, **changes: Any) -> str:
    """Let a container of the project run, in the project's network."""
    name = f"shop-{service}-1"
    networks = {"shop_default": {"Aliases": [service]}}
    host.engine.nets["shop_default"] = "shop"
    host.engine.here[name] = container(name, "shop", service, **{"networks": networks, **changes})
    return name


def begin(host: FakeHost, *, adopt: dict[str, Any] = ADOPT, **changes: Any) -> dict[str, Any]:
    """Acquire and stage with start; return what further steps need."""
    acquired = host.step("acquire", services=WEB, adopt=adopt)
    assert acquired["ok"], acquired["problem"]
    common = {"generation": acquired["generation"], "slot": "blue"}
    staged = host.step(
        "stage",
        **common,
        manifest=changes.pop("manifest", with_database()),
        adopt=adopt,
        **{"then_start": True, **changes},
    )
    return {**common, "staged": staged}


def end(host: FakeHost, common: dict[str, Any], outcome: str, **changes: Any) -> dict[str, Any]:
    """Conclude the run."""
    asked = {key: common[key] for key in ("generation",)}
    slot = {"active_slot": "blue"} if outcome == "good" else {}
    told = {"outcome": outcome, "release_id": FIRST, "adopt": ADOPT, **slot, **changes}
    return host.step("conclude", **asked, **told)


def adopt(host: FakeHost, **changes: Any) -> dict[str, Any]:
    """A whole good run; what conclude says."""
    common = begin(host, **changes)
    assert common["staged"]["ok"], common["staged"]["problem"]
    place = {key: common[key] for key in ("generation", "slot")}
    switched = host.step("switch", **place, release_id=FIRST)
    assert switched["ok"], switched["problem"]
    return end(host, common, "good", adopt=changes.get("adopt", ADOPT))


def did(host: FakeHost, *words: str) -> list[str]:
    return [line for line in host.engine.log if line.startswith(words)]


def everything_as_it_was(host: FakeHost) -> None:
    assert host.running() == [*PLAIN]
    policies = {host.engine.here[one]["HostConfig"]["RestartPolicy"]["Name"] for one in PLAIN}
    assert policies == {"always"}
    assert sorted(host.engine.here) == [*PLAIN]
    assert not (host.root / "iris/adopted.json").exists()
    assert host.slots() == {"blue": (None, "empty"), "green": (None, "empty")}
    assert host.state()["accessories_hash"] is None
