"""Lists of one thing a line, which many publishers of blocks hand out.

What a line may hold, apart from blanks around it and a comment (``#`` or ``;`` at its start, or
after a blank, since a URL may hold both)::

    192.0.2.7
    2001:db8::/32        # a network
    *.example.org        ; a mask
    http://example.org/a?b=1;c=2#d

Lines are numbered as in the file, from 1.  Empty lines and comments are no records.  Anything else
is rejected: as the address that it fails to be (``not_an_address``, ``bad_prefix_length``,
``host_bits``, ``ipv4_mapped``), or as ``several_values``, ``bad_url``, ``not_a_name`` and
``undecodable``.
"""

from datetime import datetime

import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.errors import SourceDrift
from overblock.sources import Framing, Parts, Reading, first_reason
from overblock.sources._lines import BLANKS
from overblock.tables import REGISTER_ENTRIES, REJECTS

MOST_BYTES = 1 << 28  # ten times the longest such list; more is no list but an attack

URL = r"^[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#\x00-\x1f]+[^\s\x00-\x1f]*$"
# Letters of any script, as names are also written before they are encoded; a last label of digits
# alone would be an address gone wrong.
LABEL = r"[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}_])?"
NAME = rf"^(?:\*\.)?(?:{LABEL}\.)+(?:\p{{L}}[\p{{L}}\p{{M}}\p{{N}}-]{{0,62}})\.?$"
LONGEST_NAME = 255  # RFC 1035, section 3.1, with the mask's two signs
ADDRESS_LIKE = r"^[0-9A-Fa-f.:/]*[.:/][0-9A-Fa-f.:/]*$"


def read_list(raw: bytes, feed: str, *, network: str | None = None) -> Reading:
    """Read a list of addresses, networks, names and URLs; ``network`` is whom it speaks of.

    An empty list is an answer; whether it may be one is for the source's floor to say.

    Raises:
        SourceDrift: it is a web page, is in UTF-16 or is longer than 256 MiB.
    """
    judged = _judge(_lines(_bounded(raw, feed)))
    rejected = judged.filter(pl.col("reason").is_not_null())
    return Reading(
        published_at=None,
        rows=_rows(judged.filter(pl.col("reason").is_null()), network),
        rejects=REJECTS.check(
            rejected.select("record", "reason", value=pl.col("value").str.slice(0, 200))
        ),
    )


def list_framing(feed: str) -> Framing:
    """How such a list is taken apart: it has no head, and its last line may lack its end."""

    def split(raw: bytes) -> Parts:
        whole = _bounded(raw, feed)
        return Parts(b"", whole if whole.endswith(b"\n") or not whole else whole + b"\n", b"")

    return Framing(separator=b"\n", split=split, published_at=_undated, whole_tail=b"")


def _undated(_head: bytes) -> datetime | None:
    return None


def _bounded(raw: bytes, feed: str) -> bytes:
    if len(raw) > MOST_BYTES:
        raise SourceDrift(f"{feed}: {len(raw)} bytes, more than the {MOST_BYTES} that are read")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceDrift(f"{feed}: UTF-16, not UTF-8: {raw[:80]!r}")
    start = raw[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        raise SourceDrift(f"{feed}: a web page, not a list: {raw[:80]!r}")
    return raw


def _lines(raw: bytes) -> pl.DataFrame:
    """What each line says, its number, and whether it is an address (``problem`` is null)."""
    text = raw.decode(errors="replace")
    lines = (
        pl.select(pl.lit(text).str.split("\n").explode().alias("value"))
        .with_row_index("record", offset=1)
        .with_columns(
            pl.col("value")
            .str.strip_chars(BLANKS)
            .str.replace(r"(?s)(?:^|\s)[#;].*$", "")
            .str.strip_chars(BLANKS)
        )
        .filter(pl.col("value") != "")
    )
    return lines.with_columns(parse_addresses(lines["value"])["problem"])


def _judge(lines: pl.DataFrame) -> pl.DataFrame:
    """Add ``kind`` (addresses, domains or urls) and the ``reason`` where it is none of them."""
    value = pl.col("value")
    is_name = value.str.contains(NAME) & (value.str.len_chars() <= LONGEST_NAME)
    kind = (
        pl.when(pl.col("problem").is_null())
        .then(pl.lit("addresses"))
        .when(value.str.contains(URL))
        .then(pl.lit("urls"))
        .when(is_name)
        .then(pl.lit("domains"))
    )
    none = pl.col("kind").is_null()  # asked of the column: names are dear to tell, once is enough
    reason = first_reason(
        {
            "undecodable": value.str.contains("\ufffd", literal=True),
            "several_values": none & value.str.contains(r"\s"),
            "bad_url": none & value.str.contains("://", literal=True),
        }
    )
    problem = pl.when(value.str.contains(ADDRESS_LIKE)).then("problem")
    rest = pl.when(none).then(pl.coalesce(problem, pl.lit("not_a_name")))
    return lines.with_columns(kind=kind).with_columns(reason=pl.coalesce(reason, rest))


def _rows(judged: pl.DataFrame, network: str | None) -> pl.DataFrame:
    known = {
        "record": pl.col("record"),
        **{
            kind: pl.when(pl.col("kind") == kind)
            .then(pl.concat_list("value"))
            .otherwise(pl.lit([], pl.List(pl.String)))
            for kind in ("addresses", "domains", "urls")
        },
        "networks": pl.lit([network] if network else [], pl.List(pl.String)),
    }
    absent = {
        name: pl.lit(None, kind)
        for name, kind in REGISTER_ENTRIES.schema().items()
        if name not in known
    }
    return judged.select(**(absent | known)).select(REGISTER_ENTRIES.schema().names())
