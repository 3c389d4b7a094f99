"""Shim: one step of a run on one host. `rollway.rollout.drive` decides what it means here."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from rollway.remote import installed, lifeline
from rollway.report.lines import say
from rollway.rollout.arbiter import WAITING_STEPS, has_to_be_told, seconds_left, waiting
from rollway.rollout.drift import drift_calls
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.history import STEPS as RECORDED
from rollway.rollout.history import history_calls
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import LOCK_STEPS, lock_calls
from rollway.rollout.maintenance import MAINTENANCE_STEPS, maintenance_calls
from rollway.rollout.plan import load_plan
from rollway.rollout.removal import REMOVAL_STEPS, removal_calls
from rollway.rollout.request import load_request
from rollway.rollout.upkeep import UPKEEP_STEPS, upkeep_calls

_CREDENTIALS = {
    "serveraddress": "release_registry",
    "username": "release_registry_username",
    "password": "release_registry_password",
}
_BESIDE_RELEASES = {
    **dict.fromkeys(LOCK_STEPS, lock_calls),
    **dict.fromkeys(MAINTENANCE_STEPS, maintenance_calls),
    **dict.fromkeys(UPKEEP_STEPS, upkeep_calls),
}


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core ships no types
    """Arguments: `step`; `wave` (from 0) where it belongs to one, `count` of records."""

    _requires_connection = True
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        lifeline.bind_worker()
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._host = str(self._task.delegate_to or self._vars["inventory_hostname"])
        step, wave = str(self._task.args["step"]), self._task.args.get("wave")
        run_dir = self._run_dir()
        number = None if wave is None else int(wave)
        work = self._work(run_dir, step, number)
        if isinstance(work, Skip):
            return {"skipped": True, "skip_reason": work.reason, "changed": False}
        return self._carry_out(run_dir, step, number, work)

    def _work(self, run_dir: Path, step: str, wave: int | None) -> Any:
        if step in RECORDED:
            count = int(self._task.args["count"])
            return history_calls(load_request(run_dir), self._host, step=step, count=count)
        if step in _BESIDE_RELEASES:
            asked = _BESIDE_RELEASES[step]
            found = asked(load_request(run_dir), Journal(run_dir), step=step, host=self._host)
            return Skip(found) if isinstance(found, str) else found
        if step in REMOVAL_STEPS:
            request, journal, plan = load_request(run_dir), Journal(run_dir), load_plan(run_dir)
            told = removal_calls(request, journal, step=step, host=self._host, plan=plan)
            return Skip(told) if isinstance(told, str) else told
        if step == "drift":
            return drift_calls(load_request(run_dir), self._host) or Skip("it is outside the limit")
        return work_for(run_dir, step=step, host=self._host, wave=wave)

    def _run_dir(self) -> Path:
        read = self._vars["hostvars"].get("localhost", {}).get("__release_read") or {}
        if "run_dir" not in read:
            raise AnsibleError(
                "--limit: the step `read` on localhost did not run; accepted: a limit that keeps "
                "localhost and every edge; next: -e rollway_limit=HOSTS in place of --limit"
            )
        return Path(str(read["run_dir"]))

    def _carry_out(self, run_dir: Path, step: str, wave: int | None, work: Any) -> dict[str, Any]:
        result: dict[str, Any] = {}
        broken: AnsibleError | None = None
        try:
            for call in work:
                result = _merge(result, self._call(call))
        except AnsibleError as error:
            broken, result = error, {"ok": False, "msg": str(error)}
        event = Event(
            step=step,
            host=self._host,
            ok=bool(result.get("ok", False)),
            unreachable=isinstance(broken, AnsibleConnectionFailure),
            wave=wave,
            result=result,
        )
        if step in WAITING_STEPS:
            if self._has_to_wait(run_dir, event):
                return {"waits": True, "changed": False}
            event = replace(event, step="acquire")
        Journal(run_dir).append(event)
        if broken is not None:
            raise broken
        reads_only = load_request(run_dir).reads_only
        said = "" if reads_only and event.ok else say(event, load_plan(run_dir))
        return {**result, "said": said}

    def _has_to_wait(self, run_dir: Path, event: Event) -> bool:
        """Whether the task is to come again; what it waits for is told once, and now and then."""
        journal, now = Journal(run_dir), time.time()
        left = seconds_left(load_request(run_dir), journal, event, now=now)
        if left and has_to_be_told(journal.events(), event, now=now):
            journal.append(waiting(event, left=left))
        return left > 0

    def _call(self, call: Any) -> dict[str, Any]:
        arguments = dict(call.arguments)
        if arguments.get("step") == "stage":
            arguments["registry_auth"] = self._registry_auth()
        is_ours = self._is_ours(call.module)
        result = self._call_installed(call.module, arguments) if is_ours else None
        has_package = result is not None
        if result is None:
            result = self._execute_module(
                module_name=call.module, module_args=arguments, task_vars=self._vars
            )
        if is_ours and arguments.get("step") == "acquire":
            result["has_package"] = has_package
        result.pop("invocation", None)
        return dict(result)

    def _is_ours(self, module: str) -> bool:
        """Whether nobody put another module in its place."""
        found = self._shared_loader_obj.module_loader.find_plugin(module, ".py")
        return Path(str(found)).resolve() == installed.MODULES / f"{module}.py"

    def _call_installed(self, module: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        """The result from the package on the host; None where that is not this controller's."""
        text = installed.call_text(
            module, arguments, check=self._task.check_mode, diff=self._task.diff
        )
        answer = self._low_level_execute_command(installed.command(), in_data=text.encode())
        return installed.result_of(answer)

    def _registry_auth(self) -> dict[str, str] | None:
        """Read here and not from the task's arguments, which Ansible may be told to print."""
        names = {key: self._vars.get(name) for key, name in _CREDENTIALS.items()}
        values = {key: str(self._templar.template(value) or "") for key, value in names.items()}
        return values if values["username"] else None


def _merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The result of `compose_release`, with that of a `haproxy_backend` after it under `edge`."""
    if not first:
        return second
    both_ok = bool(first.get("ok")) and bool(second.get("ok"))
    problem = first.get("problem") or second.get("problem")
    return {**first, "edge": second, "ok": both_ok, "problem": problem}
