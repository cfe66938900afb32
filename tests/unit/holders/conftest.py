"""The table that comes with overblock, read once for all tests here."""

import pytest

from overblock.sources import Reading
from overblock.sources.geoip2fast_bundle import installed, read, read_installed


@pytest.fixture(scope="session")
def ipv4() -> Reading:
    return read_installed("ipv4")


@pytest.fixture(scope="session")
def both() -> Reading:
    return read(installed("both"))
