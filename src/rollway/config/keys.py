"""What becomes of every key of a Compose file: the one table behind rendering and docs/compose.md.

The keys are those of the Compose specification (its JSON schema, June 2026); a key that is not here
is unknown to it. Paths have `*` for the names that people choose and for items of lists.
"""

from __future__ import annotations

from rollway.config.key import BOTH_SLOTS, TOO_NEW, Key, kept, refused
from rollway.config.keys_service import SERVICE

DEPLOY: dict[str, Key] = {
    **refused("endpoint_mode", "leave it out: it belongs to Swarm"),
    **refused("labels", "`labels` of the service"),
    "mode": Key(
        "not sent",
        "`replicated` is the only one",
        values={
            "global": "leave it out: every app host runs the release",
            "*-job": "leave it out: x-rollway.services.NAME.class is job",
        },
    ),
    **refused("placement", "leave it out: the inventory chooses the hosts"),
    "replicas": Key(
        "rewritten",
        "api-1 … api-n on every app host, each under the name api; a singleton has one",
    ),
    "resources": Key("kept", "memory and GPUs are compared with what hosts have free", "mapping"),
    **refused("restart_policy", "`restart: on-failure:5` of the service"),
    "rollback_config": Key("not sent", "going back moves all traffic at once", "mapping"),
    "update_config": Key("not sent", "see `services.*.deploy.update_config`", "mapping"),
}

UPDATE: dict[str, Key] = {
    "delay": Key("not sent", "x-rollway.rollout.pause_seconds", "text"),
    "failure_action": Key(
        "not sent",
        "x-rollway.rollout.failure_action; `pause` holds the run for a person",
        values={
            "continue": "rollback, with x-rollway.rollout.max_failures for hosts that may fail",
        },
    ),
    "max_failure_ratio": Key("not sent", "x-rollway.rollout.max_failures", "number"),
    "monitor": Key("not sent", "x-rollway.rollout.bake_seconds", "text"),
    "order": Key(
        "not sent",
        "x-rollway.rollout.order; workers are stopped first unless it is `start-first`, which a "
        "singleton cannot be",
    ),
    "parallelism": Key("not sent", "x-rollway.rollout.waves; 0 is all at once", "number"),
}

_FILE = "the file is inside the application's folder and travels with the release"
_GRANT: dict[str, Key] = {
    **kept("source target"),
    "gid": Key("rewritten", "group of the file on the host"),
    "mode": Key("rewritten", "mode of the file on the host"),
    "uid": Key("rewritten", "owner of the file on the host: the container's user"),
}
_SOURCE: dict[str, Key] = {
    "environment": Key("rewritten", "the variable's value becomes a file of the release", "text"),
    "external": Key(
        "not sent",
        shape="truth",
        values={"true": "`file`: it belongs to Swarm", "{*": "`file`"},
    ),
    "file": Key("rewritten", _FILE, "text"),
    "labels": Key("not sent", "for Swarm"),
    "name": Key("not sent", "for Swarm"),
    **refused("template_driver", "write the file as it shall be; it belongs to Swarm"),
}

TABLE: dict[str, dict[str, Key]] = {
    "": {
        "configs": Key("rewritten", "see `configs.*`", "mapping"),
        **refused("include", "write one file, or use YAML anchors"),
        **refused("models", f"leave it out; {TOO_NEW}"),
        "name": Key("not sent", "projects are APP-blue, APP-green and APP-accessories"),
        "networks": Key("rewritten", "each slot has its own; see `networks.*`", "mapping"),
        "secrets": Key("rewritten", "see `secrets.*`", "mapping"),
        "services": Key("rewritten", "one project for each slot, and one for accessories"),
        "version": Key("not sent", "it has no meaning any more"),
        "volumes": Key(
            "rewritten",
            "`data` is the external APP_data for both slots: see `volumes.*`",
            "mapping",
        ),
    },
    "services.*": SERVICE,
    "services.*.deploy": DEPLOY,
    "services.*.deploy.update_config": UPDATE,
    "services.*.deploy.rollback_config": {
        name: Key("not sent", "as `rollback_config`") for name in UPDATE
    },
    "services.*.deploy.resources": {
        "limits": Key("kept", shape="mapping"),
        "reservations": Key("kept", shape="mapping"),
    },
    "services.*.deploy.resources.limits": kept("cpus memory pids"),
    "services.*.deploy.resources.reservations": {
        **kept("cpus memory"),
        "devices": Key("kept", shape="list of mappings"),
        **refused("generic_resources", "`devices`; it belongs to Swarm"),
    },
    "services.*.deploy.resources.reservations.devices.*": {
        "capabilities": Key("kept", shape="list"),
        "count": Key("kept", "a number of GPUs, or all", "text"),
        "device_ids": Key("kept", shape="list"),
        "driver": Key("kept", shape="text"),
        "options": Key("kept", shape="mapping or list"),
    },
    "services.*.healthcheck": {
        "disable": Key("kept", shape="truth"),
        **kept("test"),
        "interval": Key("kept", "30s unless set", "text"),
        "retries": Key("kept", "3 unless set", "number"),
        "start_interval": Key("kept", shape="text"),
        "start_period": Key("kept", shape="text"),
        "timeout": Key("kept", "30s unless set", "text"),
    },
    "services.*.logging": kept("driver options"),
    "services.*.depends_on.*": {
        "condition": Key("kept", "`service_completed_successfully` is for jobs, and not sent"),
        "required": Key("kept", shape="truth"),
        **kept("restart"),
    },
    "services.*.networks.*": {
        "aliases": Key("rewritten", "kept, and the service's name is added", "list"),
        **kept("driver_opts link_local_ips priority"),
        **refused("gw_priority", f"leave it out; {TOO_NEW}"),
        **refused("interface_name", f"leave it out; {TOO_NEW}"),
        **refused("ipv4_address ipv6_address mac_address", BOTH_SLOTS),
    },
    "services.*.ports.*": {
        **{name: Key("not sent", "as `ports`") for name in ("app_protocol", "host_ip", "mode")},
        **{name: Key("not sent", "as `ports`") for name in ("name", "protocol", "published")},
        "target": Key("rewritten", "the port in the container"),
    },
    "services.*.volumes.*": {
        **kept("bind consistency target tmpfs volume"),
        **refused("image", f"a named volume; {TOO_NEW}"),
        "read_only": Key("kept", shape="truth"),
        "source": Key("rewritten", "as `volumes`"),
        "type": Key(
            "kept",
            values=dict.fromkeys(("image", "npipe", "cluster"), "bind, volume or tmpfs"),
        ),
    },
    "services.*.env_file.*": {
        **refused("format", f"leave it out; {TOO_NEW}"),
        "path": Key("rewritten", _FILE, "text"),
        "required": Key(
            "not sent", "a file that is not there is left out where this is false", "truth"
        ),
    },
    "services.*.configs.*": _GRANT,
    "services.*.secrets.*": _GRANT,
    "networks.*": {
        **kept("attachable enable_ipv6 internal labels"),
        "driver": Key(
            "kept",
            values=dict.fromkeys(
                ("host", "none", "overlay", "macvlan", "ipvlan"), "bridge, on which slots differ"
            ),
        ),
        "driver_opts": Key(
            "kept",
            values={"*com.docker.network.bridge.name*": "no bridge name: each slot has a bridge"},
        ),
        **refused("enable_ipv4", f"leave it out; {TOO_NEW}"),
        "external": Key(
            "not sent",
            shape="truth",
            values=dict.fromkeys(
                ("true", "{*"),
                "a network of the slot's own: on a shared one releases answer for each other",
            ),
        ),
        **refused("ipam", "leave it out: two slots would claim the same addresses"),
        **refused("name", "leave it out: on a shared network releases answer for each other"),
    },
    "volumes.*": {
        **refused("driver driver_opts labels", "`external: true`, and a volume made on the hosts"),
        "external": Key("kept", "a volume that the hosts have already", "truth or mapping"),
        "name": Key(
            "kept",
            "its name on the hosts, in place of APP_data; made where it is missing, unless it is "
            "`external`",
        ),
    },
    "configs.*": {
        **_SOURCE,
        "content": Key("rewritten", "it becomes a file of the release", "text"),
    },
    "secrets.*": {
        **_SOURCE,
        **refused("driver driver_opts", "`file` or `environment`; it belongs to Swarm"),
    },
}
