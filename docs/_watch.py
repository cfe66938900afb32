"""The page about watching a fleet: its files, and what its commands print.

``python docs/_watch.py OBSERVATORY`` runs them anew on an observatory that holds the history of
2012 to 2015 and writes their outputs into the page; a test compares them.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

from _examples import DOCS, remade, run

PAGE = DOCS / "howto" / "watch-a-fleet.md"
FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write_files(page: str, folder: Path) -> None:
    """The files that the page shows."""
    for name, content in FILE.findall(page):
        (folder / name).write_text(content, "utf-8")


def remade_in(page: str, folder: Path, observatory: Path) -> str:
    """The page with what its commands print now, run in a folder that holds its files."""
    write_files(page, folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        return remade(page, lambda command: run(command, {"OVERBLOCK_STORE": str(observatory)}))
    finally:
        os.chdir(before)


def main(observatory: str) -> None:
    """Write the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        page = remade_in(PAGE.read_text("utf-8"), Path(folder), Path(observatory).resolve())
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
