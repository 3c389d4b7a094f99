"""What every test needs: the target side under Ansible's name, and an orderly end on SIGTERM."""

from __future__ import annotations

import signal
from pathlib import Path

import ansible.module_utils

ROOT = Path(__file__).resolve().parents[1]
_TARGET_SIDE = str(ROOT / "plugins" / "module_utils")

if _TARGET_SIDE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_TARGET_SIDE)


def pytest_configure() -> None:
    """A CI's abort is SIGTERM: end as after Ctrl-C, so that fixtures take their labs down."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
