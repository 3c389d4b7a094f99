"""Keys and values that are refused: the exact errors."""

from __future__ import annotations

from tests.unit.release.row_cases import (
    BOTH_SLOTS,
    MOUNT,
    NET,
    SHARED,
    TOO_NEW,
    VOLUME_ON_HOSTS,
    Refusal,
    refused,
)

REFUSED: list[Refusal] = [
    refused("container_name", "api", BOTH_SLOTS),
    refused("credential_spec", {"file": "x"}, "leave it out: it belongs to Windows"),
    refused(
        "extends", {"service": "x"}, "write the service out, or use YAML anchors (`<<: *base`)"
    ),
    refused("external_links", ["db"], "an accessory, or `extra_hosts`"),
    refused("gpus", "all", f"deploy.resources.reservations.devices; {TOO_NEW}"),
    refused("label_file", "labels", f"`labels`; {TOO_NEW}"),
    refused("links", ["db"], "leave it out: services of one network find each other by name"),
    refused("mac_address", "02:42:ac:11:65:43", BOTH_SLOTS),
    refused("models", ["ai"], f"leave it out; {TOO_NEW}"),
    refused("network_mode", "host", "`networks`: each slot has networks of its own"),
    refused("post_start", [], f"the image's entrypoint; {TOO_NEW}"),
    refused("pre_stop", [], f"`stop_signal` and `stop_grace_period`; {TOO_NEW}"),
    refused(
        "profiles",
        ["debug"],
        "compose.override.yml for what only developers run: it is not released",
    ),
    refused("provider", {"type": "x"}, f"leave it out; {TOO_NEW}"),
    refused("scale", 2, "`deploy.replicas`"),
    refused("use_api_socket", True, f"leave it out; {TOO_NEW}"),
    refused("volumes_from", ["db"], "name the volume in both services"),
    refused("deploy.endpoint_mode", "vip", "leave it out: it belongs to Swarm"),
    refused("deploy.labels", {"a": "b"}, "`labels` of the service"),
    refused("deploy.placement", {}, "leave it out: the inventory chooses the hosts"),
    refused(
        "deploy.restart_policy", {"condition": "any"}, "`restart: on-failure:5` of the service"
    ),
    refused(
        "deploy.resources.reservations.generic_resources",
        [],
        "`devices`; it belongs to Swarm",
    ),
    *(
        Refusal(
            f"services.*.networks.*.{key}",
            "services.api.networks",
            {"front": {key: "x"}},
            f"services/api/networks/front/{key}: 'x' cannot be released; accepted: {instead}",
            NET,
        )
        for key, instead in (
            ("gw_priority", f"leave it out; {TOO_NEW}"),
            ("interface_name", f"leave it out; {TOO_NEW}"),
            ("ipv4_address", BOTH_SLOTS),
            ("ipv6_address", BOTH_SLOTS),
            ("mac_address", BOTH_SLOTS),
        )
    ),
    Refusal(
        "services.*.volumes.*.image",
        MOUNT,
        [{"type": "volume", "target": "/m", "image": {}}],
        f"services/api/volumes/0/image: {{}} cannot be released; "
        f"accepted: a named volume; {TOO_NEW}",
    ),
    Refusal(
        "services.*.env_file.*.format",
        "services.api.env_file",
        [{"path": "app.env", "format": "raw"}],
        "services/api/env_file/0/format: 'raw' cannot be released; "
        f"accepted: leave it out; {TOO_NEW}",
    ),
    Refusal(
        "include",
        "include",
        ["other.yml"],
        "include: ['other.yml'] cannot be released; accepted: write one file, or use YAML anchors",
    ),
    Refusal(
        "models",
        "models",
        {},
        f"models: {{}} cannot be released; accepted: leave it out; {TOO_NEW}",
    ),
    Refusal(
        "networks.*.enable_ipv4",
        "networks.front.enable_ipv4",
        False,
        f"networks/front/enable_ipv4: False cannot be released; accepted: leave it out; {TOO_NEW}",
    ),
    Refusal(
        "networks.*.ipam",
        "networks.front.ipam",
        {},
        "networks/front/ipam: {} cannot be released; "
        "accepted: leave it out: two slots would claim the same addresses",
    ),
    Refusal(
        "networks.*.name",
        "networks.front.name",
        "shared",
        "networks/front/name: 'shared' cannot be released; "
        "accepted: leave it out: on a shared network releases answer for each other",
    ),
    *(
        Refusal(
            f"volumes.*.{key}",
            f"volumes.data.{key}",
            "x",
            f"volumes/data/{key}: 'x' cannot be released; accepted: {VOLUME_ON_HOSTS}",
        )
        for key in ("driver", "driver_opts", "labels")
    ),
    *(
        Refusal(
            f"{kind}.*.template_driver",
            f"{kind}.app.template_driver",
            "golang",
            f"{kind}/app/template_driver: 'golang' cannot be released; "
            "accepted: write the file as it shall be; it belongs to Swarm",
        )
        for kind in ("configs", "secrets")
    ),
    *(
        Refusal(
            f"secrets.*.{key}",
            f"secrets.app.{key}",
            "x",
            f"secrets/app/{key}: 'x' cannot be released; "
            "accepted: `file` or `environment`; it belongs to Swarm",
        )
        for key in ("driver", "driver_opts")
    ),
]

VALUES: list[Refusal] = [
    refused("deploy.mode", "global", "leave it out: every app host runs the release"),
    refused("deploy.mode", "replicated-job", "leave it out: x-rollway.services.NAME.class is job"),
    *(
        refused(
            key,
            value,
            "containers of another slot or service have no fixed name; leave it out",
        )
        for key in ("pid", "ipc")
        for value in ("service:db", "container:db")
    ),
    refused(
        "deploy.update_config.failure_action",
        "continue",
        "rollback, with x-rollway.rollout.max_failures for hosts that may fail",
    ),
    *(
        Refusal(
            "networks.*.external",
            "networks.front.external",
            value,
            f"networks/front/external: {value!r} cannot be released; "
            f"accepted: a network of the slot's own: {SHARED}",
        )
        for value in (True, {"name": "shared"})
    ),
    *(
        Refusal(
            "networks.*.driver",
            "networks.front.driver",
            value,
            f"networks/front/driver: {value!r} cannot be released; "
            "accepted: bridge, on which slots differ",
        )
        for value in ("host", "overlay", "macvlan", "ipvlan", "none")
    ),
    Refusal(
        "networks.*.driver_opts",
        "networks.front.driver_opts",
        {"com.docker.network.bridge.name": "br0"},
        "networks/front/driver_opts: {'com.docker.network.bridge.name': 'br0'} cannot be released; "
        "accepted: no bridge name: each slot has a bridge",
    ),
    *(
        Refusal(
            f"{kind}.*.external",
            f"{kind}.app.external",
            True,
            f"{kind}/app/external: True cannot be released; accepted: `file`: it belongs to Swarm",
        )
        for kind in ("configs", "secrets")
    ),
    *(
        Refusal(
            "services.*.volumes.*.type",
            MOUNT,
            [{"type": kind, "target": "/m"}],
            f"services/api/volumes/0/type: {kind!r} cannot be released; "
            "accepted: bind, volume or tmpfs",
        )
        for kind in ("image", "npipe", "cluster")
    ),
]
