"""The command line as users meet it, and what must hold of any failure.

`run` starts a process as a shell would; `inside` enters by the same door without the half second
that a start takes.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner

from overblock.cli.main import main

PROGRAM = Path(sys.executable).parent / "overblock"
TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def complaints(self) -> list[str]:
        """What it said went wrong, a line each."""
        return [line for line in self.err.splitlines() if line.startswith("overblock: ")]


def run(*words: str | Path, stdin: bytes = b"", **more: str) -> Done:
    """One command, to its end; ``more`` is environment."""
    done = subprocess.run(
        [PROGRAM, *words],
        input=stdin,
        capture_output=True,
        check=False,
        env=os.environ | {"COLUMNS": "100"} | more,
    )
    err = done.stderr.decode()
    assert TRACEBACK not in err, err
    return Done(done.returncode, done.stdout, err)


def inside(*words: str | Path, stdin: bytes = b"") -> Done:
    """One command in this process, its errors and exit codes made as ever."""
    argv = ["overblock", *map(str, words)]
    with CliRunner().isolation(input=stdin) as (out, err, _), patch.object(sys, "argv", argv):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue().decode())


def refused(code: int, *words: str | Path, stdin: bytes = b"") -> str:
    """The one line with which a command refuses."""
    done = inside(*words, stdin=stdin)
    assert (done.code, done.out) == (code, b""), done
    (line,) = done.complaints
    assert len(line) < 1000
    return line


def half_written(store: Path) -> list[Path]:
    """Files that a writer has not finished; there must never be any once it is gone."""
    return [*store.rglob("*.new"), *store.rglob("*.tmp")]
