"""The plain Debian image that lab hosts and demo builds start from: pulled or debootstrapped."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import engine, recipe

PULL_ANSWER_SECONDS = 5
_UNPACKED_LEFTOVERS = ("./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*")


def build(client: Any, tag: str, progress: engine.Progress) -> None:
    """Make the image `tag`: by pulling where a registry answers at once, else by debootstrap."""
    reason = _why_not_pulled(tag)
    if reason is None:
        return
    progress(f"base image: {recipe.PULLED} cannot be pulled, making it by debootstrap (30 to 60 s)")
    _provide_debootstrap(reason)
    with _unpacked() as rootfs:
        _import(client, rootfs, tag)


def _why_not_pulled(tag: str) -> str | None:
    import docker

    repository, _, version = tag.partition(":")
    try:
        # asked first, with a short time to answer: a pull that hangs would take minutes to give up
        hasty = docker.from_env(timeout=PULL_ANSWER_SECONDS)
        hasty.api.inspect_distribution(recipe.PULLED)
        docker.from_env(timeout=600).images.pull(recipe.PULLED).tag(repository, version)
    except (docker.errors.DockerException, OSError) as trouble:
        return str(trouble)
    return None


def _provide_debootstrap(reason: str) -> None:
    if shutil.which("debootstrap") is None and engine.can_install():
        engine.apt_install(("debootstrap", "debian-archive-keyring"))
    if shutil.which("debootstrap") is None or not engine.can_install():
        raise RollwayError(
            "base image",
            f"{recipe.PULLED} could not be pulled ({reason})",
            accepted="a registry that has it, or debootstrap as root on Debian or Ubuntu",
            next=f"docker pull {recipe.PULLED}",
            exit_code=exits.REFUSED,
        )


@contextmanager
def _unpacked() -> Iterator[Path]:
    # /var/tmp: /tmp is often mounted nodev or noexec, which debootstrap refuses
    with tempfile.TemporaryDirectory(prefix="rollway-base-", dir="/var/tmp") as folder:
        rootfs = Path(folder) / "rootfs"
        done = subprocess.run(_debootstrap(rootfs), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RollwayError(
                "debootstrap",
                (done.stdout + done.stderr).strip()[-600:],
                next="the same command again; it starts afresh",
                exit_code=exits.REFUSED,
            )
        yield rootfs


def _debootstrap(rootfs: Path) -> list[str]:
    # in a mount namespace of its own: the /proc and /sys it mounts vanish with it, however it ends
    namespace = ["unshare", "--mount", "--propagation", "private"]
    packages = f"--include={','.join(recipe.BASE_PACKAGES)}"
    return [*namespace, "debootstrap", "--variant=minbase", packages, recipe.SUITE, str(rootfs)]


def _import(client: Any, rootfs: Path, tag: str) -> None:
    repository, _, version = tag.partition(":")
    excluded = [f"--exclude={pattern}" for pattern in _UNPACKED_LEFTOVERS]
    command = ["tar", *excluded, "-C", str(rootfs), "-c", "."]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as tar:
        client.api.import_image_from_stream(
            tar.stdout, repository=repository, tag=version, changes=['CMD ["/bin/bash"]']
        )
    client.images.get(tag)
