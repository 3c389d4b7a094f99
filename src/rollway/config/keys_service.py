"""What becomes of every key of a service."""

from __future__ import annotations

from rollway.config.key import BOTH_SLOTS, TOO_NEW, Key, kept, refused

_RANGE = {"service:*": "containers of another slot or service have no fixed name; leave it out"}
_SHARED_NAME = {**_RANGE, "container:*": _RANGE["service:*"]}

SERVICE: dict[str, Key] = {
    **kept(
        "annotations attach blkio_config cap_add cap_drop cgroup cgroup_parent command cpu_count "
        "cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset "
        "device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint expose group_add "
        "hostname init isolation mem_limit mem_reservation mem_swappiness memswap_limit "
        "oom_kill_disable oom_score_adj pids_limit platform read_only runtime security_opt "
        "shm_size stdin_open stop_signal storage_opt sysctls tmpfs tty ulimits user userns_mode "
        "uts working_dir"
    ),
    "build": Key("not sent", "`build` makes the image, hosts pull it; an `image` must stand too"),
    "configs": Key("rewritten", "the file travels with the release", "list"),
    **refused("container_name", BOTH_SLOTS),
    **refused("credential_spec", "leave it out: it belongs to Windows"),
    "depends_on": Key(
        "rewritten",
        "names of replicas; accessories and jobs are not sent: they are ready, or done, before a "
        "slot starts",
        "mapping or list",
    ),
    "deploy": Key("rewritten", "see `services.*.deploy`", "mapping"),
    "develop": Key("not sent", "for development"),
    "env_file": Key("rewritten", "the file travels with the release", "text or list"),
    "environment": Key(
        "rewritten",
        "a name without a value takes it from `rollway_variables`, never from the host",
        "mapping or list",
    ),
    **refused("extends", "write the service out, or use YAML anchors (`<<: *base`)"),
    **refused("external_links", "an accessory, or `extra_hosts`"),
    "extra_hosts": Key("rewritten", "kept, and every accessory is added", "mapping or list"),
    **refused("gpus", f"deploy.resources.reservations.devices; {TOO_NEW}"),
    "healthcheck": Key("kept", "its figures give the deadline of the start", "mapping"),
    "image": Key("rewritten", "pinned by digest where the registry is the environment's", "text"),
    "ipc": Key("kept", values=_SHARED_NAME),
    **refused("label_file", f"`labels`; {TOO_NEW}"),
    "labels": Key(
        "rewritten", "kept, and io.rollway.app, class, slot, release are added", "mapping or list"
    ),
    **refused("links", "leave it out: services of one network find each other by name"),
    "logging": Key("kept", shape="mapping"),
    **refused("mac_address", BOTH_SLOTS),
    **refused("models", f"leave it out; {TOO_NEW}"),
    **refused("network_mode", "`networks`: each slot has networks of its own"),
    "networks": Key(
        "rewritten", "the service's name becomes an alias of its replicas", "mapping or list"
    ),
    "pid": Key("kept", values=_SHARED_NAME),
    "privileged": Key("kept", shape="truth"),
    "ports": Key(
        "rewritten",
        "x-rollway.http.service: one fixed host port for each replica and slot, 20000 to 29999, on "
        "the host's `rollway_address`; accessory: the same port there; others: refused",
        "list",
    ),
    **refused("post_start", f"the image's entrypoint; {TOO_NEW}"),
    **refused("pre_stop", f"`stop_signal` and `stop_grace_period`; {TOO_NEW}"),
    **refused("profiles", "compose.override.yml for what only developers run: it is not released"),
    **refused("provider", f"leave it out; {TOO_NEW}"),
    "pull_policy": Key("not sent", "images are pulled by digest before anything starts"),
    "pull_refresh_after": Key("not sent", "as `pull_policy`"),
    "restart": Key(
        "rewritten",
        "`unless-stopped` where it is missing or `always`: a slot that was stopped stays so; `no` "
        "for jobs, and for them alone",
        "text",
    ),
    **refused("scale", "`deploy.replicas`"),
    "secrets": Key("rewritten", "the file travels with the release, mode 0400", "list"),
    "stop_grace_period": Key("kept", "how long a container may take to end", "text"),
    **refused("use_api_socket", f"leave it out; {TOO_NEW}"),
    "volumes": Key(
        "rewritten",
        "relative paths travel with the release and are read-only; named volumes: see `volumes`",
        "list",
    ),
    **refused("volumes_from", "name the volume in both services"),
}
