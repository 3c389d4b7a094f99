"""The images of lab hosts: `bare` (systemd, sshd, Python) and `ready` (packages installed, too)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import base_image, recipe
from rollway.lab.engine import Progress


def exists(client: Any, tag: str) -> bool:
    """Whether the engine has the image."""
    import docker

    try:
        client.images.get(tag)
    except docker.errors.ImageNotFound:
        return False
    return True


def ensure_bare(client: Any, root: Path, progress: Progress) -> str:
    """The tag of the bare image, built when it is missing."""
    tags = recipe.tags(root)
    if not exists(client, tags.base):
        base_image.build(client, tags.base, progress)
    if not exists(client, tags.bare):
        progress("bare image: systemd, sshd and Python (about 15 s)")
        _build(client, root / recipe.IMAGE_FOLDER, base=tags.base, tag=tags.bare)
    return tags.bare


def commit_ready(client: Any, container: str, tag: str) -> None:
    """Keep a provisioned host as the image `tag`, without what belongs to one host alone."""
    host = client.containers.get(container)
    code, output = host.exec_run(["/bin/sh", "-ec", _MAKE_ANONYMOUS])
    if code != 0:
        raise RollwayError(f"{container}: cleaning", output.decode(), exit_code=exits.FAILED)
    repository, _, version = tag.partition(":")
    # labels and ports of this container are not to be inherited
    host.commit(repository, version, conf={"Labels": {}, "Env": ["container=docker"]})


# provision enables on each host what its groups need; identities are made at boot
_MAKE_ANONYMOUS = """
for unit in docker.service docker.socket containerd haproxy docker-registry; do
  systemctl disable --now "$unit" 2>/dev/null || true
done
rm -rf /etc/ssh/ssh_host_* /root/.ssh/* /root/.ansible /etc/docker/key.json
apt-get clean
: > /etc/machine-id; rm -f /var/lib/dbus/machine-id
sync
"""


def _build(client: Any, folder: Path, *, base: str, tag: str) -> None:
    import docker

    try:
        client.images.build(path=str(folder), tag=tag, buildargs={"BASE": base}, rm=True)
    except docker.errors.BuildError as trouble:
        lines = "".join(part.get("stream", "") for part in trouble.build_log)
        raise RollwayError(
            f"{folder}/Dockerfile",
            f"{trouble}\n{lines[-800:]}",
            next="the same command again; finished steps are kept",
            exit_code=exits.REFUSED,
        ) from trouble
