"""The observatory that journeys over real registers share."""

import os
from pathlib import Path

import pytest

from real_registers import ingested_once


@pytest.fixture(scope="session")
def observatory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every state of the Russian register from 2012 to 2015, and that of 2018-05-05."""
    base = tmp_path_factory.getbasetemp()
    return ingested_once(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
