"""The host's own timer that ends a slot when no controller is there (systemd-run(1))."""

from __future__ import annotations

from .command import Runner
from .facts import LAUNCHER

SECONDS = 20.0


def unit(app: str, slot: str) -> str:
    """Return the name of the transient timer and its service, without the suffix."""
    return f"rollway-reap-{app}-{slot}"


def arm_arguments(app: str, slot: str, seconds: float) -> list[str]:
    """Return what makes the timer; `--collect` lets even a failed unit free its name."""
    return [
        *("systemd-run", "--quiet", "--collect", f"--unit={unit(app, slot)}"),
        *(f"--on-active={max(1, round(seconds))}s", "--timer-property=AccuracySec=1s"),
        *("--", str(LAUNCHER), "reap", "--app", app, "--slot", slot),
    ]


def arm(run: Runner, app: str, slot: str, *, seconds: float) -> str:
    """Let the host end `slot` in `seconds`; return what is wrong, or ''.

    A timer from before is replaced: systemd refuses a second unit of the same name.
    """
    if not LAUNCHER.is_file():
        return f"{LAUNCHER} is missing, so slot {slot} stays up until the next deploy: provision"
    done = run(arm_arguments(app, slot, seconds), seconds=SECONDS)
    if not done.is_ok:
        disarm(run, app, slot)
        done = run(arm_arguments(app, slot, seconds), seconds=SECONDS)
    return "" if done.is_ok else f"no timer for slot {slot}: {done.last_words()}"


def disarm(run: Runner, app: str, slot: str) -> None:
    """Stop the timer, and the unit if it is waiting; both may well not exist."""
    name = unit(app, slot)
    run(["systemctl", "stop", f"{name}.timer", f"{name}.service"], seconds=SECONDS)
    run(["systemctl", "reset-failed", f"{name}.timer", f"{name}.service"], seconds=SECONDS)
