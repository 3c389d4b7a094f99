"""Shim: the workers of a playbook end with it, however it ends. `rollway.remote.lifeline` binds."""

from __future__ import annotations

from ansible.plugins.callback import CallbackBase

from rollway.remote.lifeline import bind_workers

DOCUMENTATION = """
name: rollway_lifeline
type: aggregate
short_description: Workers end with their playbook
description:
  - When C(ansible-playbook) is killed (SIGKILL, out of memory), its workers and their connections
    end at once, so that nothing goes on which nobody can see. It shows nothing.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """Loaded by Ansible in the playbook's own process, before the first worker."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "rollway_lifeline"

    def __init__(self) -> None:
        super().__init__()
        bind_workers()
