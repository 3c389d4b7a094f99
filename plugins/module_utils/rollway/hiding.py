"""A rendered Compose text in parts, and which of them may leave the host: the harmless ones.

No list of secrets' names is ever complete; so a value is hidden unless it is known to be harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SERVICES = "services"
LONGEST_SHOWN = 48
_STRUCTURE, _KEY_DEPTH, _NAME_DEPTH = 1, 2, 3
# Our own rendering: keys sorted, two spaces a level, one line a value (rollway.release.text).
_LINE = re.compile(r"""( *)(?!- |\? |: )('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^\s'"].*?):(?: (.*))?""")
_SERVICE_KEYS = """
    blkio_config cap_add cap_drop cgroup cgroup_parent configs cpu_count cpu_percent cpu_period
    cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset depends_on deploy
    device_cgroup_rules devices dns dns_opt dns_search domainname env_file expose extra_hosts
    group_add hostname image init ipc isolation mem_limit mem_reservation mem_swappiness
    memswap_limit networks oom_kill_disable oom_score_adj pid pids_limit platform ports
    privileged read_only restart runtime secrets shm_size stdin_open stop_grace_period
    stop_signal sysctls tmpfs tty ulimits user userns_mode uts volumes working_dir
"""
_READABLE = {
    SERVICES: frozenset(_SERVICE_KEYS.split()),
    "networks": frozenset({"attachable", "driver", "enable_ipv6", "internal"}),
    "volumes": frozenset({"external", "name"}),
    "configs": frozenset({"file"}),
    "secrets": frozenset({"file"}),
}
_BY_NAME = {  # these are shown or hidden one by one; for environment see `may_show`
    "environment": re.compile(r"(?!)"),
    "labels": re.compile(r"io\.rollway\..*"),
    "healthcheck": re.compile(r"disable|interval|retries|start_interval|start_period|timeout"),
    "logging": re.compile(r"driver"),
}
_SECRET_NAME = re.compile(
    r"pass|secret|token|key|credential|auth|private|salt|dsn|cert|cookie|session|signature|webhook",
    re.IGNORECASE,
)
_SECRET_WORDS = frozenset({"pw", "pwd", "pin", "otp", "jwt", "sas"})
_HARMLESS_NAMES = """
    bytes concurrency count debug delay encoding environment fault format interval lang limit
    level locale max min mode model order port rate region replicas retries seconds size stage
    threads timeout timezone tz verbosity version workers
"""
_HARMLESS_WORDS = frozenset(_HARMLESS_NAMES.split())
_HARMLESS_VALUES = frozenset({"", "true", "false", "yes", "no", "on", "off", "null"})
_LOOKS_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=_.-]{16,}")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True)
class Part:
    """Lines that are shown or hidden together; `place` is as `services, api-1, command`."""

    place: tuple[str, ...]
    lines: tuple[str, ...]
    value: str

    @property
    def is_shown(self) -> bool:
        """Say whether the lines may be shown as they are."""
        if len(self.place) <= _STRUCTURE + 1:
            return self._is_empty
        section, _, key, *name = self.place
        if section != SERVICES or key not in _BY_NAME:
            return key in _READABLE.get(section, ())
        if not name:
            return self._is_empty
        is_whole = len(self.lines) == 1
        if key == "environment":
            return is_whole and may_show(name[0], self.value)
        return is_whole and _BY_NAME[key].fullmatch(name[0]) is not None

    @property
    def _is_empty(self) -> bool:
        return len(self.lines) == 1 and self.value in ("", "{}")

    def hidden(self, word: str) -> str:
        """Return one line that stands for all of them."""
        return f"{'  ' * (len(self.place) - 1)}{self.place[-1]}: {word}"


def parts(text: str) -> Iterator[Part]:
    """Cut a rendered text; a line that is not understood belongs to the part before it.

    There it is shown only within a key whose whole content is harmless.
    """
    place: tuple[str, ...] = ()
    value, lines = "", list[str]()
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        depth = len(match[1]) // 2 if match else _NAME_DEPTH + 1
        if match is None or depth > min(len(place), _deepest(place)):
            lines.append(line)
            continue
        if place:
            yield Part(place, tuple(lines), value)
        place, value, lines = (*place[:depth], match[2].strip("'\"")), match[3] or "", [line]
    if place:
        yield Part(place, tuple(lines), value)


def _deepest(place: tuple[str, ...]) -> int:
    is_by_name = place[:1] == (SERVICES,) and not _BY_NAME.keys().isdisjoint(place[2:3])
    return _NAME_DEPTH if is_by_name else _KEY_DEPTH


def may_show(name: str, value: str) -> bool:
    """Say whether a variable's value may be shown: a switch, or one whose name says what it is."""
    words = {word.lower() for word in _WORD.findall(name)}
    bare = value.strip("\"'")
    if _SECRET_NAME.search(name) or words & _SECRET_WORDS:
        return False
    if bare.lower() in _HARMLESS_VALUES:
        return True
    is_plain = len(bare) <= LONGEST_SHOWN and not {"@", "\\"} & set(bare) and "://" not in bare
    return bool(words & _HARMLESS_WORDS) and is_plain and not _LOOKS_RANDOM.fullmatch(bare)
