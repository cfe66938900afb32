"""The examples of the pages about who else is hit, run anew on the registers in ../shared.

``python docs/_collateral.py`` writes what the commands print now into the pages; a test compares
them.  They are asked of an observatory that holds the bundle of 2012 to 2015, in a folder that has
the register of 2018 and the list of names beside them.
"""

import os
import tempfile
from pathlib import Path

import _examples

PAGES = ("explanation/first-dead-orders.md", "howto/who-else-is-hit.md")
BUNDLE = "zi-2012-2015.bundle"
REGISTER = "ru-rkn-2018-05-05.csv.xz"
NAMES = "names-2018.csv"


def lay_out(folder: Path) -> None:
    """Put into a folder what the commands of the pages ask for."""
    for path in (_examples.SHARED / "data" / REGISTER, _examples.DOCS / "howto" / NAMES):
        (folder / path.name).symlink_to(path.resolve())


def main() -> None:
    """Write the pages anew, on an observatory of their own."""
    bundle = _examples.SHARED.resolve() / "data" / BUNDLE
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder))
        os.chdir(folder)
        environment = {"OVERBLOCK_STORE": str(Path(folder) / "observatory")}
        _examples.run(f"init {environment['OVERBLOCK_STORE']}", environment)
        _examples.run(f"ingest ru_zapret_csv {bundle}", environment)
        for name in PAGES:
            page = _examples.DOCS / name
            text = page.read_text("utf-8")
            fresh = _examples.remade(text, lambda command: _examples.run(command, environment))
            page.write_text(fresh, "utf-8")


if __name__ == "__main__":
    main()
