"""Networks by their names, for pages whose data have numbers alone."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from overblock.reports.measured.network_names import network_names
from overblock.web.asking import Answers


async def names_of(
    answers: Answers, numbers: Iterable[int | None], at: datetime | None
) -> Mapping[int, str]:
    """What the tables of holders at hand call networks; None for the moment: now."""
    wanted = tuple(sorted({number for number in numbers if number}))
    if not wanted:
        return {}
    moment = at or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    key = ("networks", wanted, moment)
    return await answers.ask(key, lambda view: network_names(view, wanted, moment))
