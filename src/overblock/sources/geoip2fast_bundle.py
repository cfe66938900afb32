"""Country and AS name of every range, from the data that the geoip2fast package carries.

It works with no download, so overblock can always say whose an address is; but it is one day's
state, 2024-06-18 in release 1.2.2, and an address block of 2018 may have changed hands since.
``published_at`` is the date inside the file: show it with every figure.  The data are MaxMind's
GeoLite2; they have AS names but no AS numbers, so ``asn`` is null.

The file is a gzipped *pickle*, a format that can run programs.  Two locks, either of which would
do: `read` takes only bytes equal to a data file of the installed package, and its unpickler
refuses every global name, so that numbers, texts and lists are all it can make.  The pickle is
``[120, info, n, lists]``; the lists hold, in chunks, the first address, the prefix length and
the number of the country or the AS name, for countries and for AS names apart.  The two are
overlaid here: a row is a stretch of addresses in which neither changes.
"""

import gc
import gzip
import pickle
import re
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, Generic, Literal, NoReturn, TypeAlias, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.codec import IPV6_HOSTS
from overblock.addresses.locate import Points
from overblock.addresses.sixteen import Sixteens, from_words, to_series, to_words
from overblock.errors import MissingHolders, SourceDrift
from overblock.sources import Reading, Source
from overblock.tables import HOLDER_RANGES, REJECTS

Families: TypeAlias = Literal["ipv4", "both"]
FILES: dict[Families, str] = {"ipv4": "geoip2fast-asn.dat.gz", "both": "geoip2fast-asn-ipv6.dat.gz"}
FORM = 120  # the version of the pickle's form that is read
N_LISTS = 10
GZIP = b"\x1f\x8b"
TOP = 2**32
NOBODY = -1  # in place of a number of a country or name: none is said

Edges = TypeVar("Edges", Points, Sixteens)  # (n,), both sort as numbers
Codes: TypeAlias = NDArray[np.int64]  # (n,)


@dataclass(frozen=True, slots=True)
class _Layer(Generic[Edges]):
    """One thing said of addresses of one family: from each edge on, until the next, its code."""

    edges: Edges  # (n,), ascending; before the first nothing is said
    codes: Codes  # (n,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretches(Generic[Edges]):
    """Where neither country nor name changes: ``[starts[i], stops[i])``, all shapes (n,)."""

    starts: Edges
    stops: Edges
    countries: Codes
    names: Codes


def installed(families: Families = "both") -> bytes:
    """The data file of the installed package, as it stands there.

    The package is found, not imported: importing it changes the environment of the process.

    Raises:
        MissingHolders: the package is not installed, or not whole.
    """
    package = find_spec("geoip2fast")
    folders = [] if package is None else package.submodule_search_locations or []
    for path in (Path(folder, FILES[families]) for folder in folders):
        if path.is_file():
            return path.read_bytes()
    raise MissingHolders(
        f"the package geoip2fast has no {FILES[families]} here; install it, or ingest a table of"
        " holders such as iptoasn"
    )


def read_installed(families: Families = "both") -> Reading:
    """Read the data file of the installed package: half a second, a third of it for IPv4 alone."""
    return _reading(installed(families))


def read(raw: bytes) -> Reading:
    """Read a data file of the installed package, packed or unpacked.

    Raises:
        SourceDrift: the bytes are not such a file: a pickle from elsewhere is never opened.
    """
    for families in FILES:
        own = installed(families)
        if raw == own or (raw[:2] != GZIP and raw == gzip.decompress(own)):
            return _reading(own)
    raise SourceDrift(
        f"geoip2fast_bundle: {len(raw)} bytes that are not a data file of the installed geoip2fast;"
        " its files can run programs, so no other is opened"
    )


class _Plain(pickle.Unpickler):
    """An unpickler that can make nothing but numbers, texts, lists and dictionaries."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise SourceDrift(f"geoip2fast_bundle: the data file asks for {module}.{name}")

    def persistent_load(self, pid: object) -> NoReturn:
        raise SourceDrift(f"geoip2fast_bundle: the data file asks for object {pid!r}")


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the cycle collector off: it would walk millions of new numbers over and over."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _reading(packed: bytes) -> Reading:
    with _no_collector():
        info, countries, names, ipv4, ipv6 = _said(packed)
    rows = pl.concat(
        [
            _frame(ipv4, countries, names).with_columns(
                ipv4_from=pl.Series(ipv4.starts), ipv4_until=pl.Series(ipv4.stops)
            ),
            _frame(ipv6, countries, names).with_columns(
                ipv6_first=to_series(ipv6.starts), ipv6_last=to_series(_before(ipv6.stops))
            ),
        ]
    )
    return Reading(
        published_at=_published_at(info),
        rows=HOLDER_RANGES.check(rows),
        rejects=REJECTS.empty(),
    )


def _said(
    packed: bytes,
) -> tuple[str, list[str], list[str], _Stretches[Points], _Stretches[Sixteens]]:
    """What the file says of itself, its countries and names, and where they hold.

    The lists of numbers die with this function, before the collector would walk them.
    """
    info, lists = _opened(packed)
    _, _, countries, names, first, first_as, country, as_id, length, length_as = lists
    by_country = _layers(first, length, _recoded(country, _is_country(countries)))
    by_name = _layers(first_as, length_as, _recoded(as_id, [n != "<unknown>" for n in names]))
    ipv4 = _stretches(by_country[0], by_name[0])
    ipv6 = _stretches(by_country[1], by_name[1])
    return info, countries, names, ipv4, ipv6


def _opened(packed: bytes) -> tuple[str, list[Any]]:
    """What the file says of itself, and its ten lists."""
    try:
        form, info, _, lists = _Plain(BytesIO(gzip.decompress(packed))).load()
        if form == FORM and info["country"] and info["asn"] and len(lists) == N_LISTS:
            return str(info["info"]), lists
    except (pickle.UnpicklingError, EOFError, OSError, zlib.error) as error:
        raise SourceDrift(f"geoip2fast_bundle: the data file is damaged: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise SourceDrift(
            f"geoip2fast_bundle: the data file has another form: {error!r}"
        ) from error
    raise SourceDrift(f"geoip2fast_bundle: form {form!r}, {info!r} is not what is read")


def _frame(stretches: _Stretches[Edges], countries: list[str], names: list[str]) -> pl.DataFrame:
    """Rows of `holder_ranges`, as yet without addresses."""
    says = {
        "as_name": _decoded(stretches.names, names),
        "country": _decoded(stretches.countries, [country[:2] for country in countries]),
    }
    length = len(stretches.names)
    return pl.DataFrame(
        says.get(name, pl.repeat(None, length, dtype=kind, eager=True)).alias(name)
        for name, kind in HOLDER_RANGES.schema().items()
    )


def _decoded(codes: Codes, words: list[str]) -> pl.Series:
    spoken = pl.Series([*words, None], dtype=pl.String)
    return spoken.gather(np.where(codes == NOBODY, len(words), codes))


def _published_at(info: str) -> datetime:
    """The day at the end of ``MAXMIND:GeoLite2-CountryASN-IPv4IPv6-en-20240618``."""
    day = re.search(r"-(\d{8})$", info)
    if day is None:
        raise SourceDrift(f"geoip2fast_bundle: the data bear no date: {info[:80]!r}")
    return datetime.strptime(day[1], "%Y%m%d").replace(tzinfo=UTC)


def _is_country(countries: Sequence[str]) -> list[bool]:
    """``01:Reserved …`` to ``15:…``, ``99:<not found>`` and ``EUROPE:…`` are no countries."""
    return [re.match("[A-Z]{2}:", country) is not None for country in countries]


def _recoded(chunks: Sequence[Sequence[int]], says: Sequence[bool]) -> Codes:
    """The codes of all chunks, `NOBODY` where the code ``says`` nothing."""
    codes = np.fromiter(chain.from_iterable(chunks), np.int64)
    return np.where(np.array(says, np.bool_)[codes], codes, NOBODY)


def _layers(
    chunks: Sequence[Sequence[int]], lengths: Sequence[Sequence[int]], codes: Codes
) -> tuple[_Layer[Points], _Layer[Sixteens]]:
    """The IPv4 and the IPv6 part of one thing said."""
    first = list(chain.from_iterable(chunks))
    length = np.fromiter(chain.from_iterable(lengths), np.int64)
    turn = bisect_left(first, TOP)
    starts = np.array(first[:turn], np.uint64)
    stops = starts + np.left_shift(np.uint64(1), (32 - length[:turn]).astype(np.uint64))
    stops[:-1] = np.minimum(stops[:-1], starts[1:])  # 255.255.255.255 lies in 240.0.0.0/4
    packed = b"".join([number.to_bytes(16, "big") for number in first[turn:]])
    starts6: Sixteens = np.frombuffer(packed, "S16")
    stops6 = _after(starts6, length[turn:])
    return _layer(starts, stops, codes[:turn]), _layer(starts6, stops6, codes[turn:])


def _layer(starts: Edges, stops: Edges, codes: Codes) -> _Layer[Edges]:
    """Edges of disjoint ranges in order: a stop is one only where a gap follows it.

    So are only those starts at which something else is said than before.
    """
    gap = np.ones(len(starts), np.bool_)
    gap[:-1] = stops[:-1] != starts[1:]
    behind = np.flatnonzero(gap) + 1
    edges, codes = np.insert(starts, behind, stops[gap]), np.insert(codes, behind, NOBODY)
    turns = np.ones(len(edges), np.bool_)
    turns[1:] = codes[1:] != codes[:-1]
    return _Layer(edges[turns], codes[turns])


def _after(starts: Sixteens, lengths: Codes) -> Sixteens:
    """One past the last address of each prefix; none ends at the last address of all."""
    high, low = to_words(starts)
    hosts = IPV6_HOSTS[lengths]
    low = (low | hosts[:, 1]) + np.uint64(1)
    return from_words((high | hosts[:, 0]) + (low == 0), low)


def _before(stops: Sixteens) -> Sixteens:
    """The address before each."""
    high, low = to_words(stops)
    return from_words(high - (low == 0), low - np.uint64(1))


def _stretches(by_country: _Layer[Edges], by_name: _Layer[Edges]) -> _Stretches[Edges]:
    """Overlay the two: each stretch of addresses in which neither changes and one is said."""
    edges = np.concatenate([by_country.edges, by_name.edges])
    order = np.argsort(edges, kind="stable")
    of_country = order < len(by_country.edges)
    edges = edges[order]
    last = np.ones(len(edges), np.bool_)
    last[:-1] = edges[1:] != edges[:-1]  # where both have an edge, both have spoken
    countries = np.append(NOBODY, by_country.codes)[np.cumsum(of_country)[last]]
    names = np.append(NOBODY, by_name.codes)[np.cumsum(~of_country)[last]]
    edges = edges[last]
    said = (countries != NOBODY) | (names != NOBODY)  # after the last stop nothing is
    return _Stretches(
        starts=edges[said],
        stops=np.roll(edges, -1)[said],
        countries=countries[said],
        names=names[said],
    )


SOURCE = Source(
    name="geoip2fast_bundle",
    title="GeoLite2 country and AS names, as the geoip2fast package carries them",
    country=None,
    homepage="https://github.com/rabuchaim/geoip2fast",
    licence="package MIT; data MaxMind GeoLite2: derive, do not pass rows on",
    fills=HOLDER_RANGES,
    at_least=500_000,  # ranges: the IPv4 file alone has more
    read=read,
    files=r"(.*/)?geoip2fast-asn(-ipv6)?\.dat\.gz",
)
