"""The regulator's own files, read as a parser reads them, entry for entry."""

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice

from lxml import etree

from overblock.sources.ru_dump_xml import read
from shared_data import shared

Entry = tuple[object, ...]


def real_dumps() -> Iterator[bytes]:
    """The files, in the order in which they were packed."""
    with tarfile.open(shared("data", "ru-rkn-xml-2014-2015.tar.xz")) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file and member.name.endswith(".xml"):
                yield file.read()


def entries_by_parser(raw: bytes) -> Iterator[Entry]:
    """The slow model."""
    for _, entry in etree.iterparse(BytesIO(raw), tag="content"):
        decision = entry.find("decision")
        assert decision is not None
        yield (
            entry.get("id"),
            [ip.text for ip in entry.findall("ip")],
            [domain.text for domain in entry.findall("domain")],
            [url.text for url in entry.findall("url")],
            decision.get("org"),
            decision.get("number", "").strip(),
            decision.get("date"),
            entry.get("blockType"),
            entry.get("entryType"),
            entry.get("urgencyType") == "1",
        )


def published_at(raw: bytes) -> datetime:
    return datetime.fromisoformat(etree.fromstring(raw).attrib["updateTime"])


def test_real_registers_are_read_as_a_parser_reads_them() -> None:
    for raw in islice(real_dumps(), 2):
        reading = read(raw)
        assert reading.published_at == published_at(raw)
        assert reading.flags == ()
        assert reading.rejects.is_empty()
        told = reading.rows.drop("record", "included_at", "entry_hash", "networks").rows()
        assert [(*row[:6], str(row[6]), *row[7:]) for row in told] == list(entries_by_parser(raw))


def test_a_real_register_says_when_each_entry_was_made() -> None:
    """Moscow's clock stood at four hours then."""
    rows = read(next(real_dumps())).rows
    assert rows.row(0, named=True)["included_at"] == datetime(2012, 11, 18, 11, 17, 51, tzinfo=UTC)
    assert rows["included_at"].null_count() == 0
