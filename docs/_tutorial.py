"""The commands of the tutorial, run for real when the page is made.

Each page has a folder of its own for one run of cog, so that a command finds what those before it
left.  What a command prints is shown as a terminal would: both streams, one after the other.
"""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

BIN = Path(sys.executable).parent
WIDTH = "92"
STATES = {
    "2014-03-12": "Updated: 2014-03-12 17:05:00 +0000\n"
    "192.0.2.7 | 192.0.2.8;forum.example;http://forum.example/t1;ФСКН;2/1/11-345;2013-12-04\n"
    "198.51.100.0/24;;;Генпрокуратура;27-31-2012/Ид1;2012-02-03\n",
    "2014-03-13": "Updated: 2014-03-13 10:05:00 +0000\n"
    "192.0.2.8;forum.example;http://forum.example/t1;ФСКН;2/1/11-345;2013-12-04\n"
    "198.51.100.0/24;;;Генпрокуратура;27-31-2012/Ид1;2012-02-03\n"
    "192.0.2.8;shop.example;;суд;2-946/13;2013-06-10\n",
    "2014-03-14": "Updated: 2014-03-14 09:05:00 +0000\n"
    "192.0.2.8;forum.example;http://forum.example/t1;ФСКН;2/1/11-345;2013-12-04\n"
    "198.51.100.0/24;;;Ген",
}


@cache
def _folder() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="overblock-tutorial-")
    for day, text in STATES.items():
        (Path(folder.name) / f"dump-{day}.csv").write_bytes(text.encode("cp1251"))
    return folder


def show(day: str) -> str:
    """One of the small registers, as a person would look at it."""
    text = (Path(_folder().name) / f"dump-{day}.csv").read_bytes().decode("cp1251")
    return f"```\n{text.rstrip()}\n```"


def run(*commands: str) -> str:
    """What a terminal shows of ``commands``, one after the other.

    Raises:
        RuntimeError: one of them failed: a tutorial that does not work is not printed.
    """
    shown = []
    for command in commands:
        done = subprocess.run(  # noqa: S602  (the page's own commands)
            command,
            shell=True,
            cwd=_folder().name,
            env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": WIDTH},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command} exited with {done.returncode}: {done.stderr}")
        printed = "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines())
        shown.append(f"$ {command}\n{printed}".rstrip())
    return "```console\n" + "\n\n".join(shown) + "\n```"
