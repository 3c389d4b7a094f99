"""The embedded fleet: containers with systemd, sshd and a Docker Engine of their own."""

from __future__ import annotations

from rollway.lab.up import ensure

__all__ = ["ensure"]
