"""Shim: the steps of a run that the controller takes itself: read, plan, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

from rollway import exits
from rollway.config.values import texts, truth, unresolved
from rollway.errors import RollwayError
from rollway.remote import lifeline
from rollway.remote.pattern import check_known, name_of
from rollway.remote.pattern import terms as pattern_terms
from rollway.report.audit import write_audit
from rollway.report.doctor import write_doctor
from rollway.report.drift import write_drift
from rollway.report.history import write_history
from rollway.report.locks import write_locks
from rollway.report.maintenance import write_maintenance
from rollway.report.prune import write_prune
from rollway.report.removal import write_removal
from rollway.report.result import write_error, write_report, write_status
from rollway.rollout.arbiter import queue_hosts, retry_hosts
from rollway.rollout.doctor import DOCTOR
from rollway.rollout.inputs import Inputs, addresses_of, retry_after, shown_count
from rollway.rollout.journal import Journal
from rollway.rollout.plan import AFTER_TRAFFIC, BEFORE_TRAFFIC, REMOVE
from rollway.rollout.plan_line import plan_line
from rollway.rollout.planning import decide
from rollway.rollout.reading import read
from rollway.rollout.request import known_run, load_request

READING = ("status", "history", "audit", "drift", "lock.status")  # verbs that change nothing


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core ships no types
    """Arguments: `step`, and for `read` what the role `release` passes."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        lifeline.bind_worker()
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        steps: dict[str, Callable[[], dict[str, Any]]] = {
            "read": self._read,
            "resume": self._resume,
            "plan": self._plan,
            "report": self._report,
            "status": self._status,
            "history": self._history,
            "locks": self._locks,
            "audit": self._audit,
            "drift": self._drift,
            "pruned": self._pruned,
            "examined": self._examined,
            "maintenance": self._maintenance,
            "removal": self._removal,
        }
        try:
            return steps[str(self._task.args["step"])]()
        except RollwayError as error:
            self._record_error(error)
            raise AnsibleActionFail(str(error)) from None

    def _record_error(self, error: RollwayError) -> None:
        """Leave the exit code where the command line finds it: Ansible has codes of its own."""
        args = self._task.args
        if args.get("run_id"):
            write_error(Path(str(args["runs_dir"])).resolve(), str(args["run_id"]), error)

    def _read(self) -> dict[str, Any]:
        shown_count(str(self._resolved("release_count")))
        run_dir = read(self._inputs())
        return {**_asked(run_dir), "queue": queue_hosts(load_request(run_dir))}

    def _resume(self) -> dict[str, Any]:
        args = self._task.args
        return _asked(known_run(Path(str(args["runs_dir"])).resolve(), str(args["run_id"])))

    def _plan(self) -> dict[str, Any]:
        run_dir = self._run_dir()
        request, acquired = load_request(run_dir), Journal(run_dir).results("acquire")
        again = (
            [] if truth("is_last", self._task.args["is_last"]) else retry_hosts(request, acquired)
        )
        if again:
            return {"changed": False, "retry": again, "said": f"asks again: {', '.join(again)}"}
        plan = decide(request, acquired)
        plan.save(run_dir)
        return {
            "changed": False,
            "first_moves": [move._asdict() for move in plan.first_moves],
            "other_moves": [move._asdict() for move in plan.other_moves],
            "undo_moves": [move._asdict() for move in plan.undo_moves],
            "restore": plan.restore,
            "switch_hosts": plan.switch_hosts,
            **{name: getattr(plan, name) for name in ("still_hosts", "place_hosts", "home_hosts")},
            "job_hosts": sorted({*plan.job_hosts(BEFORE_TRAFFIC), *plan.hosts_after_jobs}),
            "late_job_hosts": sorted(plan.job_hosts(AFTER_TRAFFIC)),
            "said": plan_line(plan),
        }

    def _report(self) -> dict[str, Any]:
        return _told(write_report(self._run_dir()))

    def _removal(self) -> dict[str, Any]:
        return _told(write_removal(self._run_dir()))

    def _status(self) -> dict[str, Any]:
        return {"changed": False, "status": write_status(self._run_dir())}

    def _history(self) -> dict[str, Any]:
        count = int(self._task.args["count"])
        return {"changed": False, "history": write_history(self._run_dir(), count=count)}

    def _locks(self) -> dict[str, Any]:
        found = write_locks(self._run_dir())
        sentence = f"{found['sentence']}; next: {found['next']}"
        return {"changed": False, "failed": found["exit"] != 0, "msg": sentence, "locks": found}

    def _audit(self) -> dict[str, Any]:
        count = int(self._task.args["count"])
        return {"changed": False, "audit": write_audit(self._run_dir(), count=count)}

    def _drift(self) -> dict[str, Any]:
        return {"changed": False, "drift": write_drift(self._run_dir())}

    def _pruned(self) -> dict[str, Any]:
        found = write_prune(self._run_dir())
        sentence = f"{found['sentence']}; next: {found['next']}"
        return {"changed": False, "failed": found["exit"] != 0, "msg": sentence, "prune": found}

    def _examined(self) -> dict[str, Any]:
        found = write_doctor(self._run_dir())
        is_failed = found["exit"] == exits.LOCKED
        return {"changed": False, "failed": is_failed, "msg": found["sentence"], "doctor": found}

    def _maintenance(self) -> dict[str, Any]:
        found = write_maintenance(self._run_dir())
        sentence = f"{found['sentence']}; next: {found['next']}"
        failed = found["exit"] != 0
        return {"changed": False, "failed": failed, "msg": sentence, "maintenance": found}

    def _run_dir(self) -> Path:
        return Path(str(self._vars["__release_read"]["run_dir"]))

    def _inputs(self) -> Inputs:
        args = self._task.args
        groups = self._vars["groups"]
        app_hosts = [str(name) for name in groups.get("app", [])]
        return Inputs(
            verb=str(args["verb"]),
            env=str(args.get("env") or self._environment()),
            app=str(args.get("app") or ""),
            version=str(args.get("version") or ""),
            to=str(args.get("to") or ""),
            run_id=str(args.get("run_id") or ""),
            apps_dir=Path(str(args["apps_dir"])).resolve(),
            runs_dir=Path(str(args["runs_dir"])).resolve(),
            app_hosts=app_hosts,
            edges=[str(name) for name in groups.get("edge", [])],
            addresses=addresses_of(app_hosts, self._vars["hostvars"], AnsibleError),
            registry=self._registry(),
            variables=texts("rollway_variables", self._resolved("release_variables")),
            url=self._value("release_url") or "",
            process=os.getppid(),
            must_confirm=self._must_confirm(),
            limit=self._matching(self._resolved("release_limit")),
            ansible_limit=self._matching(self._vars.get("ansible_limit")),
            plan_path=str(args.get("plan_path") or ""),
            reason=str(args.get("reason") or ""),
            target=str(args.get("target") or ""),
            wait_lock=str(args.get("wait_lock") or ""),
            keep=str(args["keep"]),  # 0 is a number that was given
            service=str(args.get("service") or ""),
            replicas=str(args.get("replicas") or ""),
            volumes=self._truth("volumes"),
            switch=_switch(args.get("switch")),
            retry_seconds=retry_after(args["verb"], self._resolved),
            gone=str(args.get("gone") or ""),
            known_as=str(args.get("known_as") or args.get("env") or self._folder() or ""),
            is_confirmed=self._truth("yes"),
            groups=_groups_of(groups, app_hosts),
            project=str(args.get("project") or ""),
            keeps_web=self._truth("keep_web"),
            reads_only=self._reads_only(),
        )

    def _reads_only(self) -> bool:
        verb, is_fix = self._task.args["verb"], self._truth("fix")
        return bool(self._task.check_mode) or verb in READING or (verb == DOCTOR and not is_fix)

    def _must_confirm(self) -> bool:
        """Whether a yes is missing; what cannot be taken back wants one in every environment."""
        asks, is_confirmed = self._truth("confirm"), self._truth("yes")
        return (asks or self._task.args["verb"] == REMOVE) and not is_confirmed

    def _matching(self, pattern: Any) -> list[str] | None:
        """The hosts that a pattern leaves, by Ansible's reading of its terms; None without one."""
        if not pattern:
            return None
        terms = pattern_terms(str(pattern))
        each = {term: self._hosts_of([name_of(term)]) for term in terms}
        check_known(each, fleet=f"inventories/{self._environment()}")
        return self._hosts_of(terms)

    def _hosts_of(self, terms: list[str]) -> list[str]:
        lookup = lookup_loader.get(
            "ansible.builtin.inventory_hostnames", loader=self._loader, templar=self._templar
        )
        return [str(name) for name in lookup.run(terms, variables=self._vars)]

    def _environment(self) -> str:
        """The folder below inventories/, whichever of several inventories it is."""
        return self._folder() or self._folders()[0].name

    def _folder(self) -> str:
        """The same; '' where no inventory lies there, as in a temporary folder of AWX."""
        named = [one for one in self._folders() if one.parent.name == "inventories"]
        return named[0].name if named else ""

    def _folders(self) -> list[Path]:
        sources = [Path(str(source)) for source in self._vars["ansible_inventory_sources"]]
        return [source if source.is_dir() else source.parent for source in sources]

    def _registry(self) -> dict[str, str | None]:
        names = ("controller", "ca", "username", "password")
        found = {name: self._value(f"release_registry_{name}") for name in names}
        return {**found, "registry": self._value("release_registry")}

    def _value(self, name: str) -> str | None:
        value = self._resolved(name)
        return str(value) if value else None

    def _truth(self, name: str) -> bool:
        return truth(f"rollway_{name}", self._resolved(f"release_{name}"))

    def _resolved(self, name: str) -> Any:
        """An input of the role; the variable behind it is named where a template of its fails."""
        try:
            return self._templar.template(self._vars.get(name))
        except AnsibleError as error:
            raise unresolved(name.replace("release_", "rollway_", 1), str(error)) from None


def _asked(run_dir: Path) -> dict[str, Any]:
    request = load_request(run_dir)
    hosts = list(dict.fromkeys([*request.app_hosts, *request.edges]))
    found = {"hosts": hosts, "app_hosts": request.app_hosts}
    return {"changed": False, "run_dir": str(run_dir), **found}


def _told(result: dict[str, Any]) -> dict[str, Any]:
    is_failed = result["exit"] != 0
    sentence = f"{result.get('sentence', '')}; next: {result.get('next', '')}"
    return {"changed": False, "failed": is_failed, "msg": sentence, "result": result}


def _switch(value: Any) -> str:
    """`on` and `off` as they were typed, although YAML reads them as truth values."""
    return {"true": "on", "false": "off"}.get(str(value).lower(), str(value or ""))


def _groups_of(groups: Mapping[str, list[str]], app_hosts: list[str]) -> dict[str, list[str]]:
    """The inventory's own groups that have app hosts, and which."""
    found = {
        name: [one for one in members if one in app_hosts]
        for name, members in groups.items()
        if name not in ("all", "ungrouped")
    }
    return {name: members for name, members in found.items() if members}
