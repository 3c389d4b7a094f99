"""What becomes of every key of a Compose file: the one table behind rendering and docs/compose.md.

The keys are those of the Compose specification; what is not in the table is unknown to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Treatment = Literal["kept", "rewritten", "read", "refused"]


@dataclass(frozen=True)
class Key:
    """One key: what becomes of it, and why, or what to write instead."""

    treatment: Treatment
    note: str = ""


_SLOTS = "two slots of one host would claim it twice"

SERVICE_KEYS: dict[str, Key] = {
    **{
        name: Key("kept")
        for name in ["annotations", "attach", "blkio_config", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "command", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "environment", "expose", "group_add", "healthcheck", "hostname", "image", "init", "ipc", "isolation", "logging", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "oom_kill_disable", "oom_score_adj", "pid", "pids_limit", "platform", "privileged", "read_only", "runtime", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "storage_opt", "sysctls", "tmpfs", "tty", "ulimits", "user", "userns_mode", "uts", "working_dir"]
    },
    "build": Key(
        "read", "`build` makes the image; hosts only pull it. It needs an `image` beside it"
    ),
    "configs": Key("rewritten", "files travel with the release"),
    "container_name": Key("refused", f"{_SLOTS}; leave it out"),
    "credential_spec": Key("refused", "it belongs to Windows"),
    "depends_on": Key("rewritten", "numbered names; an accessory is waited for before the start"),
    "deploy": Key("rewritten", "the table below"),
    "develop": Key("read", "it is for development; hosts never see it"),
    "env_file": Key("rewritten", "the files travel with the release"),
    "extends": Key("refused", "write the service out, or use YAML anchors"),
    "external_links": Key("refused", "name an accessory, or use extra_hosts"),
    "extra_hosts": Key("rewritten", "kept, and every accessory is added"),
    "gpus": Key("refused", "write deploy.resources.reservations.devices; Compose 2.26 lacks gpus"),
    "label_file": Key("refused", "write labels; Compose 2.26 lacks label_file"),
    "labels": Key("rewritten", "kept, and app, release and slot are added"),
    "links": Key("refused", "services of one network find each other by name"),
    "mac_address": Key("refused", f"{_SLOTS}; leave it out"),
    "models": Key("refused", "Compose 2.26 lacks models"),
    "network_mode": Key("refused", f"{_SLOTS}; use networks"),
    "networks": Key("rewritten", "each slot has its own; the service's name is an alias on each"),
    "ports": Key(
        "rewritten", "web: one fixed port for each replica, from 20000; accessory: its port"
    ),
    "post_start": Key("refused", "Compose 2.26 lacks hooks; use the entrypoint"),
    "pre_stop": Key("refused", "Compose 2.26 lacks hooks; use stop_signal"),
    "profiles": Key("refused", "a release is all of its services; leave it out"),
    "provider": Key("refused", "Compose 2.26 lacks providers"),
    "pull_policy": Key("refused", "images are pulled by digest before the start; leave it out"),
    "restart": Key("rewritten", "unless-stopped where it is not set; `no` is refused"),
    "scale": Key("refused", "write deploy.replicas"),
    "secrets": Key("rewritten", "files travel with the release"),
    "use_api_socket": Key("refused", "Compose 2.26 lacks use_api_socket"),
    "volumes": Key(
        "rewritten", "named: <app>_<name> for both slots; relative: travels with the release"
    ),
    "volumes_from": Key("refused", "name the volume in both services"),
}

DEPLOY_KEYS: dict[str, Key] = {
    "endpoint_mode": Key("refused", "it belongs to Swarm; leave it out"),
    "labels": Key("kept"),
    "mode": Key(
        "rewritten", "`replicated` is dropped; `global` is refused: every host runs it anyway"
    ),
    "placement": Key("refused", "hosts are chosen by the inventory"),
    "replicas": Key("rewritten", "n replicas are n numbered services with a port each"),
    "resources": Key("kept"),
    "restart_policy": Key("kept"),
    "rollback_config": Key("read", "Compose would recreate containers for it"),
    "update_config": Key(
        "read", "defaults of x-rollway.rollout; Compose would recreate containers for it"
    ),
}

TOP_KEYS: dict[str, Key] = {
    "configs": Key("rewritten", "files travel with the release; external ones are refused"),
    "include": Key("refused", "write one file, or use YAML anchors"),
    "models": Key("refused", "Compose 2.26 lacks models"),
    "name": Key("read", "projects are <app>-blue, <app>-green and <app>-accessories"),
    "networks": Key("rewritten", "each slot has its own; external, ipam and name are refused"),
    "secrets": Key("rewritten", "files travel with the release, readable by their user alone"),
    "services": Key("rewritten", "the table above"),
    "version": Key("read", "it means nothing any more"),
    "volumes": Key("rewritten", "external <app>_<name>, shared by the slots; kept for ever"),
    "x-rollway": Key("read", "what Compose has no field for"),
}
