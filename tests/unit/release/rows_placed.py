"""Keys that are rewritten: what stands in the rendered file."""

from __future__ import annotations

from tests.unit.release.app_fixtures import DIGEST
from tests.unit.release.row_cases import (
    ABSENT,
    API,
    AS_WEB,
    CONFIG,
    DATA,
    DEPENDS,
    DEPENDS_AT,
    FILES,
    GRANTED_CONFIG,
    GRANTED_SECRET,
    MOUNT,
    MOUNT_AT,
    NET,
    SECRET,
    Case,
)

PLACED: list[Case] = [
    Case(
        "services.*.depends_on",
        "services.api.depends_on",
        ["cache"],
        f"{API}.depends_on",
        {"cache-1": {"condition": "service_started"}},
        AS_WEB,
    ),
    Case(
        "services.*.depends_on.*.condition",
        DEPENDS,
        {"condition": "service_healthy"},
        f"{DEPENDS_AT}.condition",
        "service_healthy",
        AS_WEB,
    ),
    Case(
        "services.*.depends_on.*.required",
        DEPENDS,
        {"required": False},
        f"{DEPENDS_AT}.required",
        False,
        AS_WEB,
    ),
    Case(
        "services.*.depends_on.*.restart",
        DEPENDS,
        {"restart": True},
        f"{DEPENDS_AT}.restart",
        True,
        AS_WEB,
    ),
    Case(
        "services.*.deploy",
        "services.api.deploy",
        {"replicas": 1, "resources": {"limits": {"pids": 5}}},
        f"{API}.deploy",
        {"resources": {"limits": {"pids": 5}}},
    ),
    Case(
        "services.*.deploy.replicas",
        "services.api.deploy.replicas",
        2,
        "services.api-2.networks.default.aliases",
        ["api"],
    ),
    Case(
        "services.*.env_file",
        "services.api.env_file",
        "app.env",
        f"{API}.env_file",
        [f"{FILES}/env/app.env"],
    ),
    Case(
        "services.*.env_file.*.path",
        "services.api.env_file",
        [{"path": "app.env"}],
        f"{API}.env_file.0",
        f"{FILES}/env/app.env",
    ),
    Case(
        "services.*.env_file.*.required",
        "services.api.env_file",
        [{"path": "gone.env", "required": False}],
        f"{API}.env_file",
        ABSENT,
    ),
    Case(
        "services.*.environment",
        "services.api.environment",
        ["A=1", "PRICE=5$$", "FROM_INVENTORY"],
        f"{API}.environment",
        {"A": "1", "PRICE": "5$$", "FROM_INVENTORY": "here"},
    ),
    Case(
        "services.*.extra_hosts",
        "services.api.extra_hosts",
        {"proxy": "10.1.1.1"},
        f"{API}.extra_hosts",
        ["proxy=10.1.1.1"],
    ),
    Case(
        "services.*.image",
        "services.api.image",
        "${REGISTRY}/iris:${ROLLWAY_VERSION}",
        f"{API}.image",
        f"10.77.0.5:5000/iris:1.0@{DIGEST}",
    ),
    Case(
        "services.*.labels",
        "services.api.labels",
        ["team=a"],
        f"{API}.labels",
        {
            "team": "a",
            "io.rollway.app": "iris",
            "io.rollway.class": "web",
            "io.rollway.release": "${ROLLWAY_RELEASE}",
            "io.rollway.service": "api",
            "io.rollway.slot": "${ROLLWAY_SLOT}",
        },
    ),
    Case(
        "services.*.networks",
        "services.api.networks",
        ["front"],
        f"{API}.networks",
        {"front": {"aliases": ["api"]}},
        NET,
    ),
    Case(
        "services.*.networks.*.aliases",
        "services.api.networks",
        {"front": {"aliases": ["web"]}},
        f"{API}.networks.front.aliases",
        ["api", "web"],
        NET,
    ),
    Case(
        "services.*.networks.*.driver_opts",
        "services.api.networks",
        {"front": {"driver_opts": {"a": "b"}}},
        f"{API}.networks.front.driver_opts",
        {"a": "b"},
        NET,
    ),
    Case(
        "services.*.networks.*.link_local_ips",
        "services.api.networks",
        {"front": {"link_local_ips": ["169.254.1.1"]}},
        f"{API}.networks.front.link_local_ips",
        ["169.254.1.1"],
        NET,
    ),
    Case(
        "services.*.networks.*.priority",
        "services.api.networks",
        {"front": {"priority": 1}},
        f"{API}.networks.front.priority",
        1,
        NET,
    ),
    Case(
        "services.*.ports",
        "services.api.ports",
        ["8000:8000", "127.0.0.1:9000:9000"],
        f"{API}.ports",
        [
            {
                "host_ip": "${ROLLWAY_ADDRESS}",
                "published": "${ROLLWAY_PORT_API_1}",
                "target": 8000,
                "protocol": "tcp",
            }
        ],
    ),
    Case(
        "services.*.ports.*.target",
        "services.api.ports",
        [{"target": 9000}],
        f"{API}.ports.0.target",
        8000,
    ),
    *(
        Case(
            f"services.*.ports.*.{key}",
            "services.api.ports",
            [{"target": 8000, key: value}],
            f"{API}.ports.0.{key}",
            expected,
        )
        for key, value, expected in (
            ("app_protocol", "http", ABSENT),
            ("host_ip", "127.0.0.1", "${ROLLWAY_ADDRESS}"),
            ("mode", "host", ABSENT),
            ("name", "web", ABSENT),
            ("protocol", "tcp", "tcp"),
            ("published", "80", "${ROLLWAY_PORT_API_1}"),
        )
    ),
    Case(
        "services.*.restart", "services.api.restart", "always", f"{API}.restart", "unless-stopped"
    ),
    Case(
        "services.*.volumes",
        MOUNT,
        ["./conf:/etc/app"],
        MOUNT_AT,
        {"type": "bind", "source": f"{FILES}/binds/conf", "target": "/etc/app", "read_only": True},
    ),
    Case(
        "services.*.volumes.*.bind",
        MOUNT,
        [{"type": "bind", "source": "/mnt", "target": "/m", "bind": {"propagation": "rslave"}}],
        f"{MOUNT_AT}.bind",
        {"propagation": "rslave"},
    ),
    Case(
        "services.*.volumes.*.consistency",
        MOUNT,
        [{"type": "bind", "source": "/mnt", "target": "/m", "consistency": "cached"}],
        f"{MOUNT_AT}.consistency",
        "cached",
    ),
    Case(
        "services.*.volumes.*.read_only",
        MOUNT,
        [{"type": "bind", "source": "/mnt", "target": "/m", "read_only": True}],
        f"{MOUNT_AT}.read_only",
        True,
    ),
    Case(
        "services.*.volumes.*.source",
        MOUNT,
        [{"type": "bind", "source": "conf/app.conf", "target": "/m"}],
        f"{MOUNT_AT}.source",
        f"{FILES}/binds/conf/app.conf",
    ),
    Case("services.*.volumes.*.target", MOUNT, ["data:/m"], f"{MOUNT_AT}.target", "/m", DATA),
    Case(
        "services.*.volumes.*.tmpfs",
        MOUNT,
        [{"type": "tmpfs", "target": "/m", "tmpfs": {"size": "1M"}}],
        f"{MOUNT_AT}.tmpfs",
        {"size": "1M"},
    ),
    Case("services.*.volumes.*.type", MOUNT, ["data:/m"], f"{MOUNT_AT}.type", "volume", DATA),
    Case(
        "services.*.volumes.*.volume",
        MOUNT,
        ["data:/m:nocopy"],
        f"{MOUNT_AT}.volume",
        {"nocopy": True},
        DATA,
    ),
    Case(
        "services.*.configs",
        "services.api.configs",
        ["app"],
        f"{API}.configs",
        [{"source": "app", "target": "app"}],
        CONFIG,
    ),
    Case(
        "services.*.secrets",
        "services.api.secrets",
        ["key"],
        f"{API}.secrets",
        [{"source": "key", "target": "key"}],
        SECRET,
    ),
    *(
        Case(
            f"services.*.{kind}.*.{key}",
            f"services.api.{kind}",
            [{"source": name, key: value}],
            f"{API}.{kind}.0.{'source' if key != 'target' else key}",
            expected,
            beside,
        )
        for kind, name, beside, own in (
            ("configs", "app", CONFIG, "0444"),
            ("secrets", "key", SECRET, "0400"),
        )
        for key, value, expected in (
            ("source", name, name),
            ("target", "/etc/x", "/etc/x"),
            ("uid", "1000", f"{name}-1000-0-{own}"),
            ("gid", "50", f"{name}-0-50-{own}"),
            ("mode", 0o440, f"{name}-0-0-0440"),
        )
    ),
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
]
