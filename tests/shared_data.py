"""Where tests find real registers: beside the project, never in it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("OVERBLOCK_SHARED", ROOT.parent / "shared"))


def shared(*parts: str) -> Path:
    """A file of the shared folder; the test is left out, and says so, where it is missing."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("left out: ../shared is not there")
    return path
