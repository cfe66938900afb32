"""The examples of the pages about who else is hit, run anew on the registers in ../shared.

``python docs/_collateral.py`` writes what the commands print now into the pages; a test compares
them.  The examples of a page are asked of one observatory that holds the bundle of 2012 to 2015.
"""

import os
import tempfile
from pathlib import Path

import _examples

PAGES = ("explanation/first-dead-orders.md",)
BUNDLE = "zi-2012-2015.bundle"


def main() -> None:
    """Write the pages anew, on an observatory of their own."""
    os.chdir(_examples.SHARED / "data")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"OVERBLOCK_STORE": str(Path(folder) / "observatory")}
        _examples.run(f"init {environment['OVERBLOCK_STORE']}", environment)
        _examples.run(f"ingest ru_zapret_csv {BUNDLE}", environment)
        for name in PAGES:
            page = _examples.DOCS / name
            text = page.read_text("utf-8")
            fresh = _examples.remade(text, lambda command: _examples.run(command, environment))
            page.write_text(fresh, "utf-8")


if __name__ == "__main__":
    main()
