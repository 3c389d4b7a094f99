"""Wave sizes, in the words of Ansible's `serial`: numbers or percentages of all hosts."""

from __future__ import annotations

from collections.abc import Sequence

WaveSize = int | str


def wave_sizes(sizes: Sequence[WaveSize], *, host_count: int) -> list[int]:
    """Resolve sizes to host counts that add up to `host_count`; the last size repeats.

    A percentage is of all hosts, rounded down, at least one host, as `serial` does it.
    """
    resolved: list[int] = []
    left = host_count
    while left > 0:
        size = sizes[min(len(resolved), len(sizes) - 1)]
        count = min(left, _hosts_of(size, host_count=host_count))
        resolved.append(count)
        left -= count
    return resolved


def split_into_waves(
    hosts: Sequence[str], sizes: Sequence[WaveSize], *, host_count: int | None = None
) -> list[list[str]]:
    """Cut the hosts, in their order, into waves; `host_count` is what percentages refer to."""
    waves: list[list[str]] = []
    start = 0
    total = len(hosts) if host_count is None else host_count
    for count in wave_sizes(sizes, host_count=total):
        wave = list(hosts[start : start + count])
        if wave:
            waves.append(wave)
        start += count
    return waves


def _hosts_of(size: WaveSize, *, host_count: int) -> int:
    if isinstance(size, int):
        return max(1, size)
    return max(1, host_count * int(size.rstrip("%")) // 100)
