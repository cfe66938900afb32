"""Reading the records of Russia's ``dump.xml``, in two ways that give the same facts.

`by_parser` hands each record to an XML parser: right, and as slow as XML is.  `by_shape` knows the
one spelling that the publisher's own software writes: double quotes, no entities, CDATA or plain
text without markup.  A regular expression decides whether a record is of that spelling, and only
where all of it is are the records taken apart as columns, by their ``<`` and ``"``.  The rest goes
to the parser, so a surprise costs time and never a fact.

Both work on one batch: a frame of ``record`` (its number) and ``text`` (up to, and without, the
``</content>`` that ends it).  Values are text as written, blanks around them apart; typing them is
left to `overblock.sources.ru_dump_xml`.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import polars as pl
from lxml import etree
from numpy.typing import NDArray

from overblock.sources._dump_framing import SEPARATOR, WHOLE_TAIL, safe_parser
from overblock.tables import REJECTS

ATTRIBUTES = ("id", "includeTime", "entryType", "blockType", "urgencyType", "hash")
DECISION = ("date", "number", "org")
ITEMS = {  # the elements that name what is blocked, and the column that takes them
    "url": "urls",
    "domain": "domains",
    "ip": "addresses",
    "ipSubnet": "addresses",
    "ipv6": "addresses",
    "ipv6Subnet": "addresses",
}
FEW = 200  # records: for so few the parser is quicker than columns are set up
LISTS = ("addresses", "domains", "urls")
LIST_TAGS = {"addresses": "ip", "domains": "domain", "urls": "url"}  # how their tags begin
IGNORED = ("ts",)  # the moment an item last changed: known, and in no table yet
FACTS = pl.Schema(
    {
        "record": pl.UInt32(),
        **dict.fromkeys((*ATTRIBUTES, *DECISION), pl.String()),
        **dict.fromkeys(LISTS, pl.List(pl.String())),
    }
)
Reject: TypeAlias = tuple[int, str, str]  # record, reason, value

_NOT_XML = r"\x00-\x1f\x{FFFE}\x{FFFF}"  # not allowed in XML, or changed by it (tab, line end)
_VALUE = rf'[^"&<>={_NOT_XML}]*'
_BLANK = r"[ \t\r\n]*"


def _shape() -> str:
    def text(sign: str) -> str:  # any such signs, not all of them blanks
        return rf"[^{sign}]*[^{sign}\s][^{sign}]*"

    def attributes(*names: str) -> str:
        return rf'(?: (?:{"|".join(names)})="{_VALUE}")*'

    plain, cdata = text(rf"\]&<>{_NOT_XML}"), text(rf"\]<{_NOT_XML}")
    items = "|".join(
        rf"{name}{attributes(*IGNORED)}>(?:{plain}|<!\[CDATA\[{cdata}\]\]>)</{name}>"
        for name in ITEMS
    )
    return (
        rf"^{_BLANK}<content{attributes(*ATTRIBUTES, *IGNORED)}>{_BLANK}"
        rf"(?:<(?:{items}|decision{attributes(*DECISION)} ?/>){_BLANK})*$"
    )


SHAPE = _shape()


@dataclass(slots=True)
class Parsed:
    """What the parser made of some records."""

    facts: list[dict[str, object]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def read_records(batch: pl.DataFrame, root: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Facts (of `FACTS`, in the batch's order) and rejects of a batch."""
    if len(batch) < FEW:
        return by_parser(batch, root)
    usual, unusual = by_shape(batch)
    if unusual.is_empty():
        return usual, REJECTS.empty()
    facts, rejects = by_parser(unusual, root)
    return pl.concat([usual, facts]).sort("record"), rejects


# ---- any spelling


def by_parser(batch: pl.DataFrame, root: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read any records, each as a document of its own within ``root``'s start tag."""
    parsed, parser = Parsed(), safe_parser()
    for record, text in batch.select("record", "text").iter_rows():
        document = root.encode() + text.encode() + SEPARATOR + WHOLE_TAIL
        try:
            shell = etree.fromstring(document, parser)
        except etree.XMLSyntaxError:
            parsed.rejects.append((record, "bad_xml", text))
            continue
        if len(shell) != 1 or shell[0].tag != "content" or _said(shell.text):
            parsed.rejects.append((record, "bad_xml", text))
        else:
            _take_entry(record, shell[0], text, parsed)
    return (
        pl.DataFrame(parsed.facts, FACTS),
        pl.DataFrame(parsed.rejects, REJECTS.schema(), orient="row"),
    )


def _take_entry(record: int, entry: etree._Element, text: str, parsed: Parsed) -> None:
    decisions = entry.findall("decision")
    if len(decisions) != 1:
        reason = "several_decisions" if decisions else "no_decision"
        parsed.rejects.append((record, reason, text))
        return
    odd: list[tuple[str, str]] = []
    facts = {"record": record, **_attributes(entry, ATTRIBUTES, odd)}
    facts |= _attributes(decisions[0], DECISION, odd)
    found: dict[str, list[str]] = {name: [] for name in LISTS}
    strays = [entry.text, *(child.tail for child in entry)]
    for child in entry:
        tag = str(child.tag)
        if tag in ITEMS:
            _take_item(child, found[ITEMS[tag]], odd)
        elif tag == "decision":
            strays.append(child.text)
            odd.extend(("unknown_element", str(inner.tag)) for inner in child)
        else:
            odd.append(("unknown_element", tag))
    odd.extend(("stray_text", _said(stray)) for stray in strays if _said(stray))
    parsed.facts.append(facts | found)
    parsed.rejects.extend((record, reason, value) for reason, value in odd)


def _take_item(item: etree._Element, values: list[str], odd: list[tuple[str, str]]) -> None:
    _attributes(item, (), odd)
    if len(item):
        odd.append(("unknown_element", str(item[0].tag)))
    elif value := _said(item.text):
        values.append(value)
    else:
        odd.append(("empty_value", str(item.tag)))


def _attributes(
    element: etree._Element, known: tuple[str, ...], odd: list[tuple[str, str]]
) -> dict[str, object]:
    named = {str(name): str(value).strip() for name, value in element.attrib.items()}
    odd.extend(("unknown_attribute", name) for name in named if name not in (*known, *IGNORED))
    return {name: named.get(name) for name in known}


def _said(text: str | None) -> str:
    return (text or "").strip()


# ---- the usual spelling


def by_shape(batch: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the records that are spelt as usual; the second frame is the rest of the batch."""
    shaped = batch["text"].str.contains(SHAPE)
    usual = batch.filter(shaped)
    # Within a usual record each "<" begins a tag or a CDATA section: the first letters tell which.
    token = pl.col("token")
    tokens = (
        usual.lazy()
        .select(token=pl.col("text").str.split("<"))
        .explode("token")
        .with_columns(
            owner=token.str.starts_with("content").cum_sum().cast(pl.Int64) - 1,
            next=token.shift(-1),
        )
        .collect()
        .lazy()
    )
    opens, decides, *items = pl.collect_all(
        [
            *(_parts(tokens, name) for name in ("content", "decision")),
            *(_values(tokens, name) for name in LIST_TAGS.values()),
        ]
    )
    own, own_n = _quoted(opens, ATTRIBUTES, len(usual))
    act, act_n = _quoted(decides, DECISION, len(usual))
    lists = dict(zip(LIST_TAGS, (_lists(found, len(usual)) for found in items), strict=True))
    facts = pl.DataFrame({"record": usual["record"], **own, **act, **lists}, FACTS)
    n_decisions = np.bincount(decides["owner"].to_numpy(), minlength=len(usual))
    single = pl.Series((n_decisions == 1) & (own_n <= 1) & (act_n <= 1), dtype=pl.Boolean)
    return facts.filter(single), pl.concat([batch.filter(~shaped), usual.filter(~single)])


def _parts(tokens: pl.LazyFrame, tag: str) -> pl.LazyFrame:
    """The tags of that name, each cut at its quotes."""
    return tokens.filter(pl.col("token").str.starts_with(tag)).select(
        "owner", parts=pl.col("token").str.split('"')
    )


def _values(tokens: pl.LazyFrame, tag: str) -> pl.LazyFrame:
    """What the items hold whose tag begins so: the CDATA after it, or the text beside it."""
    cdata = pl.col("next").str.strip_prefix("![CDATA[").str.strip_suffix("]]>")
    plain = pl.col("token").str.split_exact(">", 1).struct.field("field_1")
    value = pl.when(pl.col("next").str.starts_with("![")).then(cdata).otherwise(plain)
    return tokens.filter(pl.col("token").str.starts_with(tag)).select(
        "owner", value=value.str.strip_chars()
    )


def _quoted(
    tags: pl.DataFrame, names: tuple[str, ...], n_rows: int
) -> tuple[dict[str, pl.Series], NDArray[np.int64]]:
    """Attributes of tags as columns of the batch, and how often a row has its most frequent one.

    Values hold neither ``"`` nor ``=``, so what ends in ``=`` between two quotes is a name.
    """
    flat = tags["parts"].explode()
    owner_of = np.repeat(tags["owner"].to_numpy(), tags["parts"].list.len().to_numpy())
    named = flat.to_frame("part").select(
        pl.col("part").str.ends_with(f" {name}=").arg_true().implode().alias(name) for name in names
    )
    most = np.zeros(n_rows, np.int64)
    places: dict[str, pl.Series] = {}
    for name in names:
        at = named[name].item().to_numpy()
        rows = owner_of[at]
        where = np.full(n_rows, -1, np.int64)
        where[rows] = at + 1
        most = np.maximum(most, np.bincount(rows, minlength=n_rows))
        places[name] = pl.Series(where)
    columns = pl.DataFrame(places).select(
        pl.lit(flat).gather(pl.col(name).replace(-1, None)).str.strip_chars().alias(name)
        for name in names
    )
    return columns.to_dict(), most


def _lists(found: pl.DataFrame, n_rows: int) -> pl.Series:
    """The values as lists, a row each; they come in the order of their rows."""
    import pyarrow as pa  # noqa: PLC0415  (25 megabytes, which only reading a dump needs)

    offsets = np.searchsorted(found["owner"].to_numpy(), np.arange(n_rows + 1)).astype(np.int64)
    lists = pl.from_arrow(pa.LargeListArray.from_arrays(offsets, found["value"].to_arrow()))
    return pl.Series(lists)
