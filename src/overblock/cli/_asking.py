"""Options that say whom to ask for names, and how fast."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from overblock.errors import UsageError

if TYPE_CHECKING:
    from overblock.probes.resolvers import Resolver
    from overblock.probes.resolving import Settings

FASTEST = 100_000
MOST_AT_ONCE = 500  # each has a socket, and a process commonly may have 1,024
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The options below, as they were given."""

    resolver: tuple[str, ...]
    rate: float
    rate_each: float | None
    types: tuple[str, ...]
    retries: int
    timeout: float
    at_once: int
    agree: int
    listen: float
    vantage: str | None

    def resolvers(self) -> "list[Resolver]":
        """Whom to ask, each once; this machine's own resolvers where none is named."""
        from overblock.probes.pace import Pace
        from overblock.probes.resolvers import Resolver, parse_place, system_places

        places = dict.fromkeys(map(parse_place, self.resolver) or system_places())
        if not places:
            raise UsageError("this machine names no resolver: give one with --resolver ADDRESS")
        if self.agree > len(places):
            raise UsageError(f"--agree {self.agree} needs as many resolvers: {len(places)} known")
        each = self.rate_each or self.rate
        return [Resolver(place=place, pace=Pace(each)) for place in places]

    def settings(self) -> "Settings":
        """How to ask."""
        from overblock.probes.resolving import Settings

        return Settings(
            types=self.types,
            retries=self.retries,
            timeout_seconds=self.timeout,
            at_once=self.at_once,
            agree=self.agree,
            vantage=self.vantage,
        )


class Rate(click.ParamType[float]):
    """Questions a second: ``100`` or ``100/s``."""

    name = "n/s"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it."""
        try:
            rate = float(value.removesuffix("/s") if isinstance(value, str) else value)
        except ValueError:
            self.fail(f"{value!r} is no rate: give questions a second, as 100/s", param, ctx)
        if not 0 < rate <= FASTEST:
            self.fail(f"{value!r} is not above 0 and at most {FASTEST}", param, ctx)
        return rate


class Types(click.ParamType[tuple[str, ...]]):
    """Types of records, with commas between."""

    name = "types"

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Read them."""
        types = tuple(value.upper().split(",")) if isinstance(value, str) else value
        if not types or not set(types) <= {"A", "AAAA"} or len(set(types)) < len(types):
            self.fail(f"{value!r}: give A, AAAA or A,AAAA", param, ctx)
        return types


OPTIONS = (
    click.option(
        "--resolver",
        multiple=True,
        metavar="ADDR[:PORT]",
        help="Whom to ask, again for each further one; this machine's own if left.",
    ),
    click.option(
        "--rate", type=Rate(), default="100/s", show_default=True, help="Questions a second in all."
    ),
    click.option("--rate-each", type=Rate(), help="The most that one resolver is asked a second."),
    click.option(
        "--types", type=Types(), default="A,AAAA", show_default=True, help="What to ask for."
    ),
    click.option(
        "--retries",
        type=click.IntRange(0, 20),
        default=2,
        show_default=True,
        help="How often a failed question is put again, to another resolver if there is one.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0.05, 60),
        default=3.0,
        show_default=True,
        help="Seconds to wait for an answer.",
    ),
    click.option(
        "--at-once",
        type=click.IntRange(1, MOST_AT_ONCE),
        default=100,
        show_default=True,
        help="Names under way at a time.",
    ),
    click.option(
        "--agree",
        type=click.IntRange(1, 16),
        default=1,
        show_default=True,
        help="Ask as many resolvers for each name, and keep what each of them says.",
    ),
    click.option(
        "--listen",
        type=click.FloatRange(0, 10),
        default=0.0,
        show_default=True,
        help="Seconds to wait for a second answer, which tells of one that was put in on the way.",
    ),
    click.option("--vantage", help="Where the answers are seen from, kept with each of them."),
)


def asking_options(command: Command) -> Callable[..., Any]:
    """Add the options; hands the command all of them as one ``asking``."""

    @wraps(command)
    def gathered(**given: Any) -> Any:  # noqa: ANN401  (what click hands over, and what it gets back)
        mine = {field.name: given.pop(field.name) for field in fields(Asking)}
        return command(asking=Asking(**mine), **given)

    added: Callable[..., Any] = gathered
    for option in reversed(OPTIONS):
        added = option(added)
    return added
