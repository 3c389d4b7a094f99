"""How gunicorn serves: one process (its metrics are whole), threads for requests and streams."""

from __future__ import annotations

import os
import selectors
from typing import Any

bind = "0.0.0.0:8000"  # reached through the container's published port
workers = 1
worker_class = "gthread"
threads = 32
# Loaded before the fork: settings that cannot be used end the container with their message.
preload_app = True
# Longer than the balancer keeps idle connections (10 s), so that it never writes to a closing one.
keepalive = 75
# SIGTERM lets requests in flight finish; compose.yml's stop_grace_period is a little longer.
graceful_timeout = 30
# Heartbeats through memory: the container's disk may be read-only, and may be slow.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn makes an unnamed file there


def post_worker_init(worker: Any) -> None:
    """Let a signal end the worker's wait for connections: without, a stop takes up to 1 s longer.

    gunicorn writes signals to worker.PIPE, but its thread worker does not listen there (23.0).
    """
    worker.poller.register(worker.PIPE[0], selectors.EVENT_READ, lambda pipe: os.read(pipe, 64))
