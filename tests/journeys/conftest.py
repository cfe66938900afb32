"""The observatory that journeys over real registers share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from measured_worlds import Client, measured_observatory
from overblock.store import Store
from overblock.web.app import create_app
from real_registers import ingested_once


@pytest.fixture(scope="session")
def observatory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every state of the Russian register from 2012 to 2015, and that of 2018-05-05."""
    base = tmp_path_factory.getbasetemp()
    return ingested_once(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A register, names and measurements of a made world."""
    return measured_observatory(tmp_path_factory.mktemp("measured"))


@pytest.fixture(scope="module")
def client(measured: Store) -> Iterator[Client]:
    """The site over that world; a module that has a client of its own has that."""
    with TestClient(create_app(measured.root, asked_a_minute=0)) as started:
        yield started
