"""A repository's configuration names programs for git to run: none of them may be run."""

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from git_worlds import Made, git, loosen, make_repository, object_file
from overblock.artefacts.git import History, pack_of

KEYS = [
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.sshCommand",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "diff.external",
    "diff.evil.command",
    "diff.evil.textconv",
    "filter.evil.smudge",
    "filter.evil.clean",
    "filter.evil.process",
    "gpg.program",
    "credential.helper",
    "uploadpack.packObjectsHook",
    "remote.origin.uploadpack",
    "pager.cat-file",
    "pager.rev-list",
    "alias.cat-file",
    "alias.rev-parse",
]
HOOKS = ["post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction"]


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "executed"


@pytest.fixture
def hostile(tmp_path: Path, marker: Path) -> Path:
    """A work tree that runs a program at every opportunity that is known."""
    bare, tree = tmp_path / "bare", tmp_path / "tree"
    attributes = b"* filter=evil diff=evil text eol=crlf ident\n"
    make_repository(
        bare,
        [
            Made({".gitattributes": attributes, "dump.csv": b"1\n$Id$\n"}),
            Made({"dump.csv": b"2\n"}),
        ],
    )
    git(bare, "clone", "--quiet", ".", str(tree))
    for key in KEYS:
        git(tree, "config", key, f"touch {marker}; true")
    git(tree, "config", "alias.diff-tree", f"!touch {marker}")
    git(tree, "config", "log.showSignature", "true")
    git(tree, "config", "core.autocrlf", "true")
    git(tree, "config", "core.hooksPath", str(tmp_path / "hooks"))
    for folder in (tmp_path / "hooks", tree / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
            (folder / name).chmod(0o755)
    (tree / ".git" / "info" / "attributes").write_bytes(attributes)
    return tree


def is_dump(name: str) -> bool:
    return name == "dump.csv"


def test_the_traps_are_armed(hostile: Path, marker: Path) -> None:
    """Else the tests below would prove nothing."""
    with suppress(subprocess.CalledProcessError):
        git(hostile, "status")
    assert marker.exists()


def test_nothing_is_run_and_nothing_is_filtered(hostile: Path, marker: Path) -> None:
    with History(hostile) as history:
        found = [version.content for version in history.versions(is_dump)]
    assert found == [b"1\n$Id$\n", b"2\n"]
    assert not marker.exists()


def test_packing_runs_nothing(hostile: Path, marker: Path, tmp_path: Path) -> None:
    oid = git(hostile, "rev-parse", "HEAD:dump.csv")
    marker.unlink(missing_ok=True)
    pack_of(hostile, [oid], tmp_path)
    assert not marker.exists()


def test_a_missing_object_is_not_fetched(hostile: Path, marker: Path) -> None:
    """A partial clone names a remote from which git would fetch it, by any program."""
    oid = git(hostile, "rev-parse", "HEAD:dump.csv")
    loosen(hostile / ".git")
    object_file(hostile / ".git", oid).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::touch {marker}",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }.items():
        git(hostile, "config", key, value)
    marker.unlink(missing_ok=True)
    with History(hostile) as history:
        found = [version.content for version in history.versions(is_dump)]
    assert found == [b"1\n$Id$\n", None]
    assert not marker.exists()


def test_a_replaced_object_is_read_as_it_was(hostile: Path) -> None:
    old, new = (git(hostile, "rev-parse", f"{at}:dump.csv") for at in ("HEAD~1", "HEAD"))
    git(hostile, "replace", new, old)
    with History(hostile) as history:
        assert [v.content for v in history.versions(is_dump)] == [b"1\n$Id$\n", b"2\n"]
