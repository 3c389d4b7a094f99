from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rollway.errors import RollwayError
from rollway.names import version_name
from rollway.release.source import describe

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository at tmp_path with the folder apps/iris and two commits, one of another folder."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)

    def run(*arguments: str) -> str:
        person = ["-c", "user.name=Zoë Ångström", "-c", "user.email=zoe@example.com"]
        command = ["git", *person, *arguments]
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch=main")
    write(tmp_path / "apps/iris/app.py", "one")
    write(tmp_path / ".gitignore", "*.log\n")
    run("add", ".")
    run("commit", "--quiet", "--message=Add iris")
    write(tmp_path / "README.md", "words")
    run("add", ".")
    run("commit", "--quiet", "--message=Add words")
    return run


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_the_facts_are_those_of_the_commit_that_changed_the_folder(
    git: Git, tmp_path: Path
) -> None:
    source = describe(tmp_path / "apps/iris", environment={})
    commit = git("rev-parse", "HEAD~1")
    assert (source.commit, source.branch, source.dirty) == (commit, "main", False)
    assert source.author == "Zoë Ångström <zoe@example.com>"
    assert source.version == commit[:12]
    assert source.committed == git("log", "-1", "--format=%cI", commit)
    assert source.url == "apps/iris"


@pytest.mark.usefixtures("git")
def test_an_author_in_another_encoding_is_still_text(tmp_path: Path) -> None:
    write(tmp_path / "apps/iris/app.py", "two")
    command = ["git", "commit", "--quiet", "--all", "--message=x"]
    who = {b"GIT_AUTHOR_NAME": b"Zo\xeb", b"GIT_AUTHOR_EMAIL": b"z@example.com"}
    who |= {b"GIT_COMMITTER_NAME": b"Z", b"GIT_COMMITTER_EMAIL": b"z@example.com"}
    subprocess.run(
        command, cwd=tmp_path, check=True, env={**os.environb, **who}, capture_output=True
    )
    author = describe(tmp_path / "apps/iris").author
    assert author.encode().decode().endswith(" <z@example.com>")


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        pytest.param("v1.4.0", "v1.4.0", id="a tag of the commit is the version"),
        pytest.param("iris/1.4.0", "iris-1.4.0", id="what a registry does not take becomes a dash"),
        pytest.param("a" * 80, None, id="a tag too long is passed over"),
    ],
)
def test_tags(git: Git, tmp_path: Path, tag: str, version: str | None) -> None:
    git("tag", tag, "HEAD~1")
    expected = version or git("rev-parse", "HEAD~1")[:12]
    assert version_name(describe(tmp_path / "apps/iris").version) == expected


def test_commits_after_a_tag_are_counted(git: Git, tmp_path: Path) -> None:
    git("tag", "v1.4.0", "HEAD~1")
    write(tmp_path / "apps/iris/app.py", "two")
    git("commit", "--quiet", "--all", "--message=Change iris")
    expected = f"v1.4.0-2-g{git('rev-parse', 'HEAD')[:12]}"
    assert describe(tmp_path / "apps/iris").version == expected


CHANGES = [
    ("a changed file", "app.py", "changed", True),
    ("a new file", "new.py", "new", True),
    ("a new file in a new folder", "deep/er/new.py", "new", True),
    ("a file that git ignores", "run.log", "line", False),
    ("a file of another folder", "../../README.md", "changed", False),
]


@pytest.mark.parametrize(
    ("name", "text", "dirty"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_what_makes_it_dirty(
    git: Git,
    tmp_path: Path,
    name: str,
    text: str,
    dirty: bool,
) -> None:
    write(tmp_path / "apps/iris" / name, text)
    source = describe(tmp_path / "apps/iris")
    assert source.dirty is dirty
    assert ("-dirty-" in source.version) is dirty
    assert source.version.startswith(git("rev-parse", "HEAD~1")[:12])
    version_name(source.version)


@pytest.mark.usefixtures("git")
def test_a_dirty_version_follows_the_content(tmp_path: Path) -> None:
    app = tmp_path / "apps/iris"
    seen = []
    for text in ("two", "three", "two"):
        write(app / "app.py", text)
        seen.append(describe(app).version)
    (app / "app.py").chmod(0o755)
    seen.append(describe(app).version)
    (app / "app.py").unlink()
    seen.append(describe(app).version)
    assert seen[0] == seen[2]
    assert len(set(seen)) == 4


DETACHED = [
    ("nothing names it", {}, ""),
    ("Jenkins, multibranch", {"BRANCH_NAME": "feature/x"}, "feature/x"),
    ("Jenkins, plain", {"GIT_BRANCH": "origin/main"}, "main"),
    ("GitHub, a pull request", {"GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "7/merge"}, "fix"),
    ("GitHub, a push", {"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main"}, "main"),
]


@pytest.mark.parametrize(
    ("environment", "branch"), [c[1:] for c in DETACHED], ids=[c[0] for c in DETACHED]
)
def test_a_detached_checkout(
    git: Git, tmp_path: Path, environment: dict[str, str], branch: str
) -> None:
    git("checkout", "--quiet", "--detach")
    assert describe(tmp_path / "apps/iris", environment=environment).branch == branch


def test_a_detached_checkout_of_a_tag_has_its_name(git: Git, tmp_path: Path) -> None:
    git("tag", "v2")
    git("checkout", "--quiet", "--detach")
    assert describe(tmp_path / "apps/iris", environment={}).branch == "v2"


REMOTES = [
    ("a web address", "https://example.com/team/app.git", "https://example.com/team/app.git"),
    ("with a login", "https://ada:secret@example.com/app", "https://example.com/app"),
    ("a short SSH address", "git@example.com:team/app.git", "ssh://example.com/team/app.git"),
    ("an SSH address", "ssh://git@example.com:22/app", "ssh://example.com:22/app"),
    ("a folder of this machine", "/home/ada/app", "apps/iris"),
    ("a folder beside", "../app", "apps/iris"),
]


@pytest.mark.parametrize(
    ("remote", "url"), [case[1:] for case in REMOTES], ids=[case[0] for case in REMOTES]
)
def test_where_it_comes_from(git: Git, tmp_path: Path, remote: str, url: str) -> None:
    git("remote", "add", "origin", remote)
    assert describe(tmp_path / "apps/iris").url == url


def test_the_repository_of_a_hook_is_not_mistaken_for_it(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert describe(tmp_path / "apps/iris").commit
    monkeypatch.delenv("GIT_DIR")
    assert git("status", "--porcelain") == ""


@pytest.mark.usefixtures("git")
def test_a_folder_that_no_commit_touched(tmp_path: Path) -> None:
    write(tmp_path / "apps/new/app.py", "new")
    with pytest.raises(RollwayError) as refusal:
        describe(tmp_path / "apps/new")
    assert str(refusal.value) == (
        f"{tmp_path}/apps/new: no commit of this repository has touched it; "
        "accepted: a folder under version control; next: git add new && git commit"
    )


def test_a_folder_outside_any_repository(tmp_path: Path) -> None:
    with pytest.raises(RollwayError) as refusal:
        describe(tmp_path)
    assert str(refusal.value) == (
        f"{tmp_path}: it is not in a git repository; accepted: a folder in a git repository; "
        "next: git init && git add . && git commit"
    )


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RollwayError, match="there is no such folder"):
        describe(tmp_path / "nowhere")


def test_a_repository_without_commits(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    with pytest.raises(RollwayError, match="does not have any commits yet"):
        describe(tmp_path)
