"""The models of `x-rollway`: what Compose has no field for."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

METHODS = Literal["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"]
_PATH = re.compile(r"/[A-Za-z0-9/_.~%-]*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_PERCENT = re.compile(r"([1-9][0-9]?|100)%")
_SHARE = re.compile(r"([1-9]?[0-9]|100)%")


def _no_truth(value: Any) -> Any:
    """Numbers may be written as text, as an interpolated value is; true and false are none."""
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is not a number")  # noqa: TRY004 - Pydantic's way
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
Seconds = Annotated[float, BeforeValidator(_no_truth), Field(ge=0, le=3600, allow_inf_nan=False)]
WaveSize = Annotated[int | str, Field(union_mode="left_to_right"), BeforeValidator(_no_truth)]
Share = Annotated[int | str, Field(union_mode="left_to_right"), BeforeValidator(_no_truth)]


class Strict(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Http(Strict):
    """The service behind the edge, and how requests reach it."""

    service: str = Field(description="Name of the Compose service that answers requests")
    port: Whole = Field(ge=1, le=65535, description="Port it listens on, in the container")
    ready: str = Field(default="/", description="Path that answers 2xx when it is ready")
    hosts: list[str] = Field(default=[], description="Host names routed here; all when empty")
    path: str = Field(default="/", description="Path prefix routed here, ending in /")
    drain_seconds: Whole = Field(
        default=30, ge=0, le=3600, description="How long requests may go on in a slot left behind"
    )
    retry: list[METHODS] = Field(
        default=[], description="Methods the edge may send again when a server fails them"
    )

    @field_validator("ready", "path")
    @classmethod
    def _check_path(cls, value: str) -> str:
        if not _PATH.fullmatch(value):
            raise ValueError(f"{value!r} is not a path like /v2/health/ready")
        return value

    @field_validator("path")
    @classmethod
    def _check_prefix(cls, value: str) -> str:
        if not value.endswith("/"):
            raise ValueError(f"{value!r} does not end in /")
        return value

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, value: list[str]) -> list[str]:
        for host in value:
            if not _DOMAIN.fullmatch(host):
                raise ValueError(f"{host!r} is not a host name in lower case")
        return value


class Rollout(Strict):
    """How a release moves through the fleet. A key that is not set may come from `deploy`."""

    strategy: Literal["rolling"] = Field(default="rolling", description="How traffic moves")
    waves: list[WaveSize] | None = Field(
        default=None,
        description="Hosts per wave: numbers or percentages of all; the last one repeats; [1]",
        json_schema_extra={"minItems": 1},
    )
    max_failures: Whole | None = Field(
        default=None,
        ge=0,
        description="Hosts that may fail in the whole run before it goes back; 0",
    )
    bake_seconds: Seconds | None = Field(
        default=None,
        description="How long a wave is watched before the run goes on; 0: only while it does",
    )
    failure_action: Literal["rollback", "pause"] | None = Field(
        default=None,
        description="What a failure after the first shift leads to: all goes back, or the run is "
        "held until a person says promote or abort; rollback",
    )
    pause_seconds: Seconds | None = Field(default=None, description="Pause between waves; 0")
    keep_warm_seconds: Whole = Field(
        default=300, ge=0, le=86400, description="How long the old slot stays ready to take over"
    )
    start: Literal["fleet", "wave"] = Field(
        default="fleet", description="Start all hosts together after the first wave, or per wave"
    )

    order: Literal["start-first", "stop-first"] | None = Field(
        default=None,
        description="Whether a host starts the release beside the old one where both fit, or is "
        "taken out of rotation and stops the old one first; start-first",
    )
    min_serving: Share | None = Field(
        default=None,
        description="App hosts that have to stay in rotation at every edge while others stop "
        "first: a number, or a percentage of all; 1",
    )

    @field_validator("min_serving")
    @classmethod
    def _check_min_serving(cls, value: Share | None) -> Share | None:
        is_number = isinstance(value, int) and value >= 0
        if value is None or is_number or (isinstance(value, str) and _SHARE.fullmatch(value)):
            return value
        raise ValueError(f"{value!r} is not a number of hosts from 0, or 0% to 100%")

    @field_validator("waves")
    @classmethod
    def _check_waves(cls, value: list[WaveSize] | None) -> list[WaveSize] | None:
        if value == []:
            raise ValueError("it is empty: no wave would move a host")
        for size in value or []:
            is_number = isinstance(size, int) and size >= 1
            if not is_number and not (isinstance(size, str) and _PERCENT.fullmatch(size)):
                raise ValueError(f"{size!r} is not a wave: a number from 1, or 1% to 100%")
        return value


class Service(Strict):
    """What kind of service this is."""

    kind: Literal["web", "worker", "accessory", "job"] = Field(
        alias="class", description="web, worker, accessory or job"
    )
    hosts: str | list[str] | None = Field(
        default=None,
        description="Accessory: app host it runs on, or `all`: each its own; needed when there are "
        "several. Job and singleton: app host, or group of them, whose first runs it; the first "
        "of all",
    )
    port: Whole | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port at which slots reach an accessory; the first of its `ports`",
    )
    singleton: bool | None = Field(
        default=None,
        description="Worker: whether the fleet has one of it, on one app host, and never two; "
        "false",
    )
    volumes: Literal["shared", "per_slot"] = Field(
        default="shared",
        description="Whether both slots use the same named volumes, or each has its own",
    )
    when: Literal["before_traffic", "after_traffic"] | None = Field(
        default=None,
        description="Job: before any host starts the release, or when all traffic and workers "
        "have moved; before_traffic",
    )
    idempotent: bool | None = Field(
        default=None,
        description="Job: whether it may run again when nobody knows how it ended; false",
    )
    backward_compatible: bool | None = Field(
        default=None,
        description="Job: whether the release before gets along with what it did; false: going "
        "back needs a yes",
    )
    timeout_seconds: Whole | None = Field(
        default=None,
        ge=1,
        le=86400,
        description="Job: how long it may take before it is stopped and has failed; 600",
    )


class XRollway(Strict):
    """The top-level key `x-rollway` of a Compose file."""

    http: Http | None = Field(default=None, description="The service behind the edge")
    rollout: Rollout = Field(default_factory=Rollout, description="How a release moves")
    services: dict[str, Service] = Field(default={}, description="Kinds of services")
