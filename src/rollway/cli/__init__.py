"""The command line: a module per verb, gathered into one collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from invoke import Collection


def collection() -> Collection:
    """Every verb under the name of the contract."""
    from invoke import Collection

    from rollway.cli import (
        abort,
        audit,
        bench,
        build,
        check,
        deploy,
        drift,
        execute,
        history,
        lab,
        lock,
        logs,
        plan,
        promote,
        provision,
        rollback,
        shell,
        status,
        testing,
    )

    root = Collection(
        abort.abort,
        audit.audit,
        bench.bench,
        build.build,
        check.check,
        deploy.deploy,
        drift.drift,
        execute.run_command,
        history.history,
        logs.logs,
        plan.plan,
        promote.promote,
        provision.provision,
        rollback.rollback,
        shell.shell,
        status.status,
        testing.run_tests,
    )
    root.add_collection(Collection("lab", lab.up, lab.down, lab.status))
    root.add_collection(Collection("lock", lock.status, lock.acquire, lock.release))
    return root
