"""What is dear to make and only read: once for all processes of one test run."""

import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from overblock.cases.loading import bundled_cases
from overblock.custody.keys import load_key, make_key
from overblock.reports.document.bundle import Wishes, write_bundle
from overblock.reports.document.subjects import subject_named

REPORTED_AT = datetime(2026, 11, 21, tzinfo=UTC)


def base_of(factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole run, whichever of its processes asks."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def made_once(folder: Path, make: Callable[[Path], str]) -> Path:
    """A folder as ``make`` makes it: whoever comes first does so, the others wait.

    What ``make`` returns stands in `said_of` the folder.
    """
    ready = said_of(folder)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            ready.write_text(make(folder), "utf-8")
    return folder


def said_of(folder: Path) -> Path:
    """What was said when the folder was made."""
    return folder.with_suffix(".ready")


def report_every_case(folder: Path) -> str:
    """All bundled cases as bundles; that of 2018 is signed."""
    folder.mkdir()
    make_key(folder / "key.pem")
    for name in bundled_cases():
        signed = load_key(folder / "key.pem") if name == "telegram-2018" else None
        write_bundle(subject_named(name), folder / name, Wishes(made_at=REPORTED_AT, key=signed))
    return ""
