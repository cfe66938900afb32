"""The observatory that journeys over real registers share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from playwright.sync_api import Browser

from browsing import chromium, served
from made_once import base_of, made_once, report_every_case
from measured_worlds import Client, measured_observatory
from overblock.store import Store
from overblock.web.app import create_app
from real_registers import read_in


@pytest.fixture(scope="session")
def observatory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every state of the Russian register from 2012 to 2015, and that of 2018-05-05."""
    return made_once(base_of(tmp_path_factory) / "observatory", read_in)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of every bundled case; that of 2018 is signed.  Only to be read."""
    return made_once(base_of(tmp_path_factory) / "bundles", report_every_case)


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A register, names and measurements of a made world."""
    return measured_observatory(tmp_path_factory.mktemp("measured"))


@pytest.fixture(scope="module")
def store(measured: Store) -> Store:
    """What a module's client and site serve: that world, where the module makes no store."""
    return measured


@pytest.fixture(scope="module")
def client(store: Store) -> Iterator[Client]:
    """The site over the module's store, in process."""
    with TestClient(create_app(store.root, asked_a_minute=0)) as started:
        yield started


@pytest.fixture(scope="module")
def site(store: Store) -> Iterator[str]:
    """The address of the site over the module's store, for a browser."""
    with served(store.root) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: while it lives, its thread can run no other loop of events."""
    with chromium() as started:
        yield started
