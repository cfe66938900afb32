"""Real registers as the journeys meet them: read in once, asked by the command line in process."""

import fcntl
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from overblock.cli.main import cli
from overblock.store import Store
from shared_data import shared

CSV, XML = "ru_zapret_csv", "ru_dump_xml"


def overblock(*words: str | Path) -> str:
    """What a command prints; an error of ours is raised as it is."""
    done = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def answer(*words: str | Path) -> Any:
    """What a command answers as JSON."""
    return json.loads(overblock(*words, "--format", "json"))


def bundle() -> Path:
    """Every state of the register from November 2012 to June 2015, in git."""
    return shared("data", "zi-2012-2015.bundle")


def register_of_2018() -> Path:
    """The register of 2018-05-05 13:25 UTC; its end is cut."""
    return shared("data", "ru-rkn-2018-05-05.csv.xz")


def official_files() -> Path:
    """Forty official files of August 2014 to March 2015."""
    return shared("data", "ru-rkn-xml-2014-2015.tar.xz")


def ingested_once(folder: Path) -> Path:
    """An observatory with the bundle and the file of 2018, for all processes of one test run.

    Whoever comes first reads them in; the others wait for it.
    """
    observatory, ready = folder / "observatory", folder / "ready"
    sources = [bundle(), register_of_2018()]
    with (folder / "reading").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            Store.create(observatory)
            for source in sources:  # one after the other, as they were published
                overblock("ingest", "--quiet", CSV, source, "--store", observatory)
            ready.touch()
    return observatory
