"""Real registers as the journeys meet them: read in once, asked by the command line in process."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from overblock.cli.main import cli
from shared_data import shared

CSV = "ru_zapret_csv"


def overblock(*words: str | Path) -> str:
    """What a command prints; an error of ours is raised as it is."""
    return _done(words).stdout


def _done(words: Sequence[str | Path]) -> Result:
    done = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def told(*words: str | Path) -> str:
    """What a command says besides its data."""
    return _done(words).stderr


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


def read_in(folder: Path) -> str:
    """An observatory with the bundle and the file of 2018; and what was said when it was made."""
    overblock("init", folder)
    sources = [bundle(), register_of_2018()]
    return "".join(told("ingest", CSV, source, "--store", folder) for source in sources)
