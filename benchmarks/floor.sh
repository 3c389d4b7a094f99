#!/usr/bin/env bash
# What a person writes who has no tool: pull, up, check, one SSH connection per host. No drain, no edge, no way back.
# Usage: floor.sh one-by-one|all-at-once SSH_CONFIG REGISTRY VERSION HOST=ADDRESS...
set -euo pipefail

how=$1 config=$2 registry=$3 version=$4
shift 4

release() {
    local host=${1%%=*} address=${1#*=}
    on() { ssh -F "$config" "$host" "cd /srv/bench && export REGISTRY=$registry ROLLWAY_VERSION=$version && $1"; }
    on "docker compose pull --quiet"
    on "docker compose up --detach --wait --quiet-pull"
    [[ $(curl --silent --fail "http://$address:8000/") == "$version" ]]
}

if [[ $how == one-by-one ]]; then
    for target in "$@"; do release "$target"; done
else
    jobs=()
    for target in "$@"; do
        release "$target" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
fi
