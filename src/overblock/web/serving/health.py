"""``/health``: whether we live."""

import msgspec
from litestar import get

from overblock import __version__
from overblock.web.asking import Asking


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this server can answer."""

    overblock: str
    observatory: bool  # whether there is one to ask


@get("/health")
async def health(answers: Asking) -> Health:
    """Whether this server can answer."""
    return Health(overblock=__version__, observatory=answers.there())
