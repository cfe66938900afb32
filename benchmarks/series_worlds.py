"""Made-up series of measurements with known onsets and ends, and with all that is none.

Every world is one target in one country, measured in several networks, hour by hour: how many
measurements each network makes, what share of them fails, and the truth about when that share
changed.  Shares vary from hour to hour (beta-binomial), networks have their own, volumes have a
daily rhythm.  All is drawn from a seed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.events.series import STATES
from overblock.tables import SERIES

FIRST = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HOURS = 24
WITHIN = 0.03  # correlation of two measurements of one network in one hour
DAILY = 1.0 + 0.4 * np.sin((np.arange(HOURS) - 8) / HOURS * 2 * np.pi)

Rates = NDArray[np.float64]  # (networks, hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What really happened: from hour ``at`` until hour ``arrived`` (the same, but for ramps)."""

    network: int | None  # None: the country
    change: str  # onset or end
    at: int
    arrived: int


@dataclass(slots=True)
class World:
    """One target in one country."""

    rng: np.random.Generator
    volume: Rates  # measurements an hour that are expected
    share: Rates  # of them that fail
    lost: Rates  # of them that nobody can judge
    down: Rates  # of them where the target is down for everyone
    truth: list[Change]

    @property
    def n_hours(self) -> int:
        """How long it is."""
        return int(self.volume.shape[1])

    @property
    def n_networks(self) -> int:
        """How many networks measure."""
        return len(self.volume)


def quiet(rng: np.random.Generator, n_networks: int, n_days: int, an_hour: float) -> World:
    """Nothing happens: each network has its own volume and its own small failing share."""
    n_hours = n_days * HOURS
    rhythm = np.tile(DAILY / DAILY.min(), n_days)  # never fewer than ``an_hour``
    sizes = an_hour * rng.lognormal(0.0, 0.4, (n_networks, 1)).clip(1.0)
    own = rng.beta(1.0, 25.0, (n_networks, 1))
    still = np.zeros((n_networks, n_hours))
    return World(rng, sizes * rhythm, own + still, still.copy(), still.copy(), [])


def _when(world: World, room: int = 7 * HOURS) -> int:
    return int(world.rng.integers(room, world.n_hours - 3 * HOURS))


def _block(world: World, networks: list[int], ramp: int = 0, lasts: int | None = None) -> None:
    """Block in some networks from some hour on, fully or in good part; perhaps end it."""
    at = _when(world)
    height = world.rng.uniform(0.5, 1.0)
    hours = np.arange(world.n_hours)
    way = np.clip((hours - at + 1) / (ramp + 1), 0.0, 1.0)
    until = world.n_hours if lasts is None else min(at + ramp + lasts, world.n_hours)
    way[until:] = 0.0
    rows = world.share[networks]
    world.share[networks] = rows + way * (1.0 - rows) * height
    whole = len(networks) > 1 and 2 * len(networks) > world.n_networks
    for network in [*networks, *([None] if whole else [])]:
        world.truth.append(Change(network=network, change="onset", at=at, arrived=at + ramp))
        if until < world.n_hours:
            world.truth.append(Change(network=network, change="end", at=until, arrived=until))


def step(world: World) -> None:
    """All networks, at once and for good."""
    _block(world, list(range(world.n_networks)))


def passing(world: World) -> None:
    """All networks, and over after some hours to days."""
    _block(world, list(range(world.n_networks)), lasts=int(world.rng.integers(4, 72)))


def ramp(world: World) -> None:
    """All networks, over some hours."""
    _block(world, list(range(world.n_networks)), ramp=int(world.rng.integers(3, 18)))


def one_network(world: World) -> None:
    """One network of several: no event of the country."""
    _block(world, [int(world.rng.integers(world.n_networks))])


def weekends(world: World) -> None:
    """Few measurements on Saturdays and Sundays, and a somewhat larger failing share."""
    weekend = (np.arange(world.n_hours) // HOURS) % 7 >= 5
    world.volume[:, weekend] *= 0.25
    world.share[:, weekend] += world.rng.uniform(0.02, 0.1)


def bursts(world: World) -> None:
    """One network at a time measures a hundred times as much for some hours; its share stays."""
    world.share[0] = world.rng.uniform(0.2, 0.5)  # that of a network that has trouble of its own
    for _ in range(6):
        network, at = int(world.rng.integers(world.n_networks)), _when(world)
        network = network if world.rng.random() < 0.5 else 0
        world.volume[network, at : at + int(world.rng.integers(1, 12))] *= 100.0


def outage(world: World) -> None:
    """The control is away for hours: most measurements say nothing, those left are as ever."""
    for _ in range(3):
        at = _when(world)
        until = at + int(world.rng.integers(2, 36))
        world.lost[:, at:until] = world.rng.choice([0.95, 1.0])


def mix(world: World) -> None:
    """Networks come and go, each with its constant share, some of which fail always."""
    for network in range(world.n_networks):
        world.share[network] = world.rng.choice([0.02, 0.1, 0.4, 0.95])
        if world.rng.random() < 0.7:
            at = _when(world, HOURS)
            gone = slice(at, None) if world.rng.random() < 0.5 else slice(None, at)
            world.volume[network, gone] = 0.0


def down(world: World) -> None:
    """The target is down for everyone for some hours."""
    at = _when(world)
    world.down[:, at : at + int(world.rng.integers(2, 48))] = 0.97


def silence(world: World) -> None:
    """The source says nothing for days; afterwards all is as before."""
    at = _when(world)
    world.volume[:, at : at + int(world.rng.integers(12, 72))] = 0.0


def nothing(world: World) -> None:
    """Nothing happens."""


Scene = Callable[[World], None]
EVENTFUL: dict[str, Scene] = {
    "step": step,
    "passing": passing,
    "ramp": ramp,
    "one network": one_network,
}
UNEVENTFUL: dict[str, Scene] = {
    "quiet": nothing,
    "weekends": weekends,
    "bursts": bursts,
    "control outage": outage,
    "probe mix": mix,
    "down for all": down,
    "source gap": silence,
}


def make_world(scene: Scene, seed: int, n_networks: int, n_days: int, an_hour: float) -> World:
    """One world: ``an_hour`` is the fewest measurements that a network makes in an hour."""
    world = quiet(np.random.default_rng(seed), n_networks, n_days, an_hour)
    scene(world)
    return world


def measure(world: World, target: str) -> pl.DataFrame:
    """What is measured in a world: rows of `SERIES`."""
    rng = world.rng
    made = rng.poisson(world.volume)
    lost = rng.binomial(made, world.lost)
    down_ = rng.binomial(made - lost, world.down)
    judged = made - lost - down_
    share = world.share.clip(0.001, 0.999)
    spread = 1.0 / WITHIN - 1.0
    blocked = rng.binomial(judged, rng.beta(share * spread, (1.0 - share) * spread))
    network, hour = np.nonzero(made)
    cells = (network, hour)
    counts = dict.fromkeys(STATES, np.zeros_like(made)) | {
        "ok": judged - blocked,
        "blocked": blocked,
        "down": down_,
        "insufficient": lost,
    }
    rows = pl.DataFrame(
        {f"n_{state}": held[cells] for state, held in counts.items()}
        | {"hour": hour, "probe_asn": network + 1, "n_reports": made[cells]}
    )
    return rows.select(
        grain=pl.lit("hour"),
        bucket_at=pl.lit(FIRST) + pl.duration(hours="hour"),
        test=pl.lit("web_connectivity"),
        probe_cc=pl.lit("RU"),
        probe_asn="probe_asn",
        target=pl.lit(target),
        feature=pl.lit("all"),
        **{f"n_{state}": f"n_{state}" for state in (*STATES, "reports")},
    ).cast(dict(SERIES.schema()))  # type: ignore[arg-type]  # a schema is a mapping of columns to types


def hour_of(moment: datetime) -> int:
    """The hour of a world that a moment lies in."""
    return (moment - FIRST) // timedelta(hours=1)
