"""Keys outside of services that are rewritten; see rows_placed."""

from __future__ import annotations

from tests.unit.release.row_cases import (
    ABSENT,
    CONFIG,
    FILES,
    GRANTED_CONFIG,
    GRANTED_SECRET,
    NET,
    SECRET,
    Case,
)

AROUND: list[Case] = [
    Case(
        "configs",
        "configs",
        CONFIG["configs"],
        "configs.app.file",
        f"{FILES}/configs/app",
        GRANTED_CONFIG,
    ),
    Case(
        "secrets",
        "secrets",
        SECRET["secrets"],
        "secrets.key.file",
        f"{FILES}/secrets/key",
        GRANTED_SECRET,
    ),
    *(
        case
        for kind, beside in (("configs", GRANTED_CONFIG), ("secrets", GRANTED_SECRET))
        for name in (("app" if kind == "configs" else "key"),)
        for case in (
            Case(
                f"{kind}.*.file",
                f"{kind}.{name}.file",
                "app.conf",
                f"{kind}.{name}",
                {"file": f"{FILES}/{kind}/{name}"},
                beside,
            ),
            Case(
                f"{kind}.*.environment",
                f"{kind}.{name}.environment",
                "FROM_INVENTORY",
                f"{kind}.{name}",
                {"file": f"{FILES}/{kind}/{name}"},
                beside,
            ),
            *(
                Case(
                    f"{kind}.*.{key}",
                    f"{kind}.{name}",
                    {"file": "app.conf", key: value},
                    f"{kind}.{name}.{key}",
                    ABSENT,
                    beside,
                )
                for key, value in (("labels", {"a": "b"}), ("name", "x"), ("external", False))
            ),
        )
    ),
    Case(
        "configs.*.content",
        "configs.app.content",
        "a = ${A:-1}",
        "configs.app",
        {"file": f"{FILES}/configs/app"},
        GRANTED_CONFIG,
    ),
    Case("name", "name", "iris", "name", ABSENT),
    Case("version", "version", "3.8", "version", ABSENT),
    Case("networks", "networks", {"front": {}}, "networks", {"front": {}}, NET),
    *(
        Case(
            f"networks.*.{key}",
            f"networks.front.{key}",
            value,
            f"networks.front.{key}",
            expected,
            NET,
        )
        for key, value, expected in (
            ("attachable", True, True),
            ("driver", "bridge", "bridge"),
            ("driver_opts", {"a": "b"}, {"a": "b"}),
            ("enable_ipv6", True, True),
            ("external", False, ABSENT),
            ("internal", True, True),
            ("labels", {"a": "b"}, {"a": "b"}),
        )
    ),
    Case(
        "services",
        "services.worker",
        {"image": "w:${ROLLWAY_VERSION}"},
        "services.worker-1.labels.io\\.rollway\\.class",
        "worker",
    ),
    Case(
        "volumes",
        "volumes",
        {"data": None},
        "volumes.data",
        {"external": True, "name": "iris_data"},
        {"services": {"api": {"volumes": ["data:/m"]}}},
    ),
    Case(
        "volumes.*.external",
        "volumes.data.external",
        True,
        "volumes.data",
        {"external": True, "name": "data"},
        {"services": {"api": {"volumes": ["data:/m"]}}},
    ),
    Case(
        "volumes.*.name",
        "volumes.data",
        {"external": True, "name": "old"},
        "volumes.data",
        {"external": True, "name": "old"},
        {"services": {"api": {"volumes": ["data:/m"]}}},
    ),
    Case(
        "volumes.*.name",
        "volumes.data.name",
        "old",
        "volumes.data",
        {"external": True, "name": "old"},
        {"services": {"api": {"volumes": ["data:/m"]}}},
    ),
]
