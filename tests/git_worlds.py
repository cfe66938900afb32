"""Small git repositories for tests, made in one go by ``git fast-import``."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_SECOND = 1_500_000_000
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
}


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """What git prints there."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=stdin,
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


@dataclass(frozen=True)
class Made:
    """One commit to make: what it changes, and the numbers of its parents."""

    changes: Mapping[str, bytes | None]  # None: the file goes
    parents: Sequence[int] | None = None  # None: the commit before
    seconds: int | None = None  # None: a minute after the first for each commit before it
    mode: Mapping[str, str] = field(default_factory=dict)


def make_repository(
    folder: Path, commits: Sequence[Made], *init: str, branch: str = "main"
) -> list[str]:
    """A bare repository whose branch ends with the last of ``commits``; their ids."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", f"--initial-branch={branch}", *init)
    stream = b"".join(_written(n, commit) for n, commit in enumerate(commits))
    stream += b"reset refs/heads/%s\nfrom :%d\n\n" % (branch.encode(), len(commits))
    marks = folder / "marks"
    git(folder, "fast-import", "--quiet", f"--export-marks={marks}", stdin=stream)
    ids = dict(line.split() for line in marks.read_text().splitlines())
    return [ids[f":{n + 1}"] for n in range(len(commits))]


def _written(n: int, commit: Made) -> bytes:
    seconds = FIRST_SECOND + 60 * n if commit.seconds is None else commit.seconds
    parents = commit.parents if commit.parents is not None else [n - 1] if n else []
    lines = [
        f"reset refs/made\ncommit refs/made\nmark :{n + 1}\ncommitter a <a@b> {seconds} +0000",
        f"data {len(str(n))}\n{n}",
        *(f"{'merge' if k else 'from'} :{parent + 1}" for k, parent in enumerate(parents)),
    ]
    written = "\n".join(lines).encode() + b"\n"
    for path, content in commit.changes.items():
        if content is None:
            written += f"D {path}\n".encode()
        else:
            mode = commit.mode.get(path, "100644")
            written += f"M {mode} inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
    return written + b"\n"


def loosen(folder: Path) -> None:
    """Turn packs into loose objects, which can be taken away one by one."""
    for pack in (folder / "objects" / "pack").glob("*.pack"):
        moved = pack.rename(folder / pack.name)
        git(folder, "unpack-objects", "-q", stdin=moved.read_bytes())
    for index in (folder / "objects" / "pack").iterdir():
        index.unlink()


def object_file(folder: Path, oid: str) -> Path:
    """Where a loose object lies."""
    return folder / "objects" / oid[:2] / oid[2:]
