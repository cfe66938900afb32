"""The examples of the how-to pages: a command in one block, what it prints in the next.

``python docs/_examples.py`` runs them anew on the registers in ../shared (``OVERBLOCK_SHARED`` says
where else) and writes their outputs into the pages; a test compares them.
"""

import os
import re
import shlex
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from click.testing import CliRunner

from overblock.cli.main import cli

DOCS = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("OVERBLOCK_SHARED", DOCS.parents[1] / "shared"))
PAGES = ("ingest-the-russian-register.md", "check-an-address.md")  # in the order of their commands
SHOWN = re.compile(
    r"(?<=^```sh\n)overblock ([^\n]+)\n```\n\n```text\n.*?^```$", re.MULTILINE | re.DOTALL
)


def remade(page: str, run: Callable[[str], str]) -> str:
    """A page with what its commands print now."""

    def fresh(example: re.Match[str]) -> str:
        lines = (line.rstrip() for line in run(example[1]).splitlines())
        printed = "".join(f"{line}\n" for line in lines)
        return f"overblock {example[1]}\n```\n\n```text\n{printed}```"

    return SHOWN.sub(fresh, page)


def run(command: str, environment: Mapping[str, str]) -> str:
    """What a command prints: its data, or of an ingest, which has none, what it says."""
    words = shlex.split(command)
    done = CliRunner().invoke(cli, words, env=environment, catch_exceptions=False)
    return done.stderr if words[0] == "ingest" else done.stdout


def main() -> None:
    """Write the pages anew, on an observatory of their own."""
    os.chdir(SHARED / "data")  # where the pages' files stand
    with tempfile.TemporaryDirectory() as folder:
        environment = {"OVERBLOCK_STORE": str(Path(folder) / "observatory")}
        run(f"init {environment['OVERBLOCK_STORE']}", environment)
        for name in PAGES:
            page = DOCS / "howto" / name
            text = remade(page.read_text("utf-8"), lambda command: run(command, environment))
            page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
