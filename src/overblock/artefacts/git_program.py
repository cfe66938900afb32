"""The git program, made to read objects and to do nothing else.

A repository's own configuration can name programs for git to run: a monitor of its files, a pager,
a filter, a hook, a transport.  So the commands that read objects never see it.  They work in an
empty repository of ours, with the other's folder of objects in place of its own; only the names of
branches are asked of the repository itself, by commands that run nothing.  No network, no lazy
fetch of missing objects, nothing from the user's or the machine's configuration.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from overblock.errors import FetchFailed

ASKING_SECONDS = 60  # for the names of branches: far more than it takes, less than for ever

_SETTINGS = (
    "core.commitGraph=false",  # a cache that need not say what the commits say
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.bigFileThreshold=1g",  # below it a blob comes in one write, not in many small ones
    "pack.threads=1",  # so that the same objects give the same pack
    "protocol.allow=never",
)


def _find_program() -> str:
    program = shutil.which("git")
    if program is None:
        raise FetchFailed("git is not installed; reading a repository or a bundle needs it")
    return program


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Git at work in one repository: ``folder`` with the objects in ``objects``."""

    folder: Path
    objects: Path | None = None  # None: the repository's own
    program: str = field(default_factory=_find_program)

    def ask(
        self,
        *arguments: str,
        complaint: str,
        stdin: IO[bytes] | None = None,
        seconds: float | None = None,
    ) -> bytes:
        """What git prints.

        Raises:
            FetchFailed: ``complaint``, and git's own first line, if it fails.
        """
        try:
            done = subprocess.run(  # noqa: S603  (git itself, no shell)
                self._command(arguments),
                env=self._environment(),
                stdin=stdin or subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FetchFailed(f"{complaint}: git gave no answer in {seconds} s") from error
        except OSError as error:
            raise FetchFailed(f"{complaint}: git cannot be started: {error}") from error
        if done.returncode:
            raise FetchFailed(f"{complaint}: {first_line(done.stderr)}")
        return done.stdout

    def start(
        self, *arguments: str, stdin: IO[bytes], stderr: IO[bytes]
    ) -> "subprocess.Popen[bytes]":
        """Start git, its output a pipe."""
        return subprocess.Popen(  # noqa: S603  (git itself, no shell)
            self._command(arguments),
            env=self._environment(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
        )

    def _command(self, arguments: Sequence[str]) -> list[str]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return [self.program, "--no-pager", *settings, *arguments]

    def _environment(self) -> Mapping[str, str]:
        """Nothing is inherited but where programs and temporary files are."""
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        objects = {"GIT_OBJECT_DIRECTORY": str(self.objects)} if self.objects else {}
        return kept | objects | _ENVIRONMENT | {"GIT_DIR": str(self.folder)}


_ENVIRONMENT = {
    "LC_ALL": "C",
    "HOME": os.devnull,  # no file can be below it
    "XDG_CONFIG_HOME": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # unlike the setting, no repository can overrule it
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


def first_line(stderr: bytes) -> str:
    """Git's complaint in one line: the first that says what is wrong."""
    lines = stderr.decode("utf-8", "replace").splitlines()
    grave = [line for line in lines if line.startswith(("error:", "fatal:"))]
    return (grave or lines or ["git said nothing"])[0][:300]


@contextmanager
def lines_file(lines: Sequence[str]) -> Iterator[IO[bytes]]:
    """A temporary file that holds ``lines``: what git reads, with no pipe to wait for."""
    with tempfile.TemporaryFile() as file:
        file.write("".join(f"{line}\n" for line in lines).encode("ascii"))
        file.seek(0)
        yield file


def init_empty(folder: Path, object_format: str) -> None:
    """Make ``folder`` an empty bare repository, with no template and so with no hook."""
    Git(folder=folder).ask(
        "init",
        "--bare",
        "--quiet",
        "--template=",
        f"--object-format={object_format}",
        str(folder),
        complaint=f"{folder}: no repository can be made there",
    )
