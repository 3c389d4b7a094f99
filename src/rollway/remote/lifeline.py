"""A process that ends with its parent: whoever is killed takes along all that works for it.

The kernel sends the signal (prctl(2), PR_SET_PDEATHSIG), so no other process has to live for it.
It holds over exec, not for children, and only on Linux.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from types import FrameType

from rollway.remote import family

_SET_PARENT_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # before a fork: see `end_with`
_PARENT_IS_GONE = signal.SIGHUP  # Ansible's workers have no terminal, and no other use for it


def end_with(parent: int, *, by: signal.Signals = signal.SIGKILL) -> None:
    """Get the signal as soon as `parent`, which made this process, has ended; or at once.

    Between a fork and an exec this is safe: it loads nothing.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, int(by), 0, 0, 0)
    if os.getppid() != parent:  # it had ended before the kernel was told
        os.kill(os.getpid(), by)


def bind_worker() -> None:
    """In a worker of Ansible: end with the playbook, and end what was started for the task."""
    playbook = multiprocessing.parent_process()
    if playbook is not None and playbook.pid is not None:
        _bind(playbook.pid)


def bind_workers() -> None:
    """In a playbook's own process: every worker that it forks from now on ends with it."""
    playbook, forking = os.getpid(), [0]

    def before() -> None:
        forking[0] = os.getpid()

    def after() -> None:
        if forking[0] == playbook:  # what a worker forks is the worker's
            _bind(playbook)

    os.register_at_fork(before=before, after_in_child=after)


def _bind(parent: int) -> None:
    signal.signal(_PARENT_IS_GONE, _end)
    end_with(parent, by=_PARENT_IS_GONE)


def _end(_number: int, _frame: FrameType | None) -> None:
    """End the connections of this worker, whatever their session, and then itself.

    A connection that others share stays: OpenSSH makes its master no child of ours.
    """
    signal.signal(_PARENT_IS_GONE, signal.SIG_IGN)  # the signal may come twice: end all, once
    me = os.getpid()
    family.kill(family.below(me))
    if os.getpgrp() == me:
        os.killpg(me, signal.SIGKILL)
    os.kill(me, signal.SIGKILL)
