"""Reading the official XML, against lxml's own way of reading a long file.

``python benchmarks/bench_xml.py`` prints a row for each: work, ours, peer, ratio, target; then
what reading needs in memory, which must not depend on how long the file is.  ``--small`` does the
same on little, so that CI notices when it rots.  The row first checks that both sides found the
same.
"""

import argparse
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from io import BytesIO
from pathlib import Path

from lxml import etree

from dump_world import chunks
from overblock.sources.ru_dump_xml import SOURCE, read, read_stream
from timing import SEED, SHARED, best_of, peak_mib

DUMPS = SHARED / "data" / "ru-rkn-xml-2014-2015.tar.xz"
MIB = 1 << 20
TARGET, MOST_MIB = 1.5, 300


def real_dump(n_bytes: int) -> bytes:
    """One long file of the entries of real ones."""
    framing = SOURCE.framing
    assert framing
    head, bodies = b"", [b""]
    with tarfile.open(DUMPS) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file and member.name.endswith(".xml") and sum(map(len, bodies)) < n_bytes:
                parts = framing.split(file.read())
                head = parts.head
                bodies.append(parts.body)
    return framing.join(head, b"".join(bodies))


def touch_every_element(raw: bytes) -> Counter[str]:
    """The peer: read tag, text and attributes of each element, and let it go."""
    seen: Counter[str] = Counter()
    for _, element in etree.iterparse(BytesIO(raw), events=("end",)):
        tag, text, attributes = element.tag, element.text, dict(element.attrib)
        seen[str(tag)] += 1 if text or attributes else 0
        element.clear()
    return seen


def time_against_lxml(raw: bytes, what: str, times: int) -> None:
    theirs, seen = best_of(times, lambda: touch_every_element(raw))
    ours, reading = best_of(times, lambda: read(raw))
    assert reading.rejects.is_empty()
    assert reading.rows.height == seen["content"]
    for column, tag in (("addresses", "ip"), ("domains", "domain"), ("urls", "url")):
        assert reading.rows[column].list.len().sum() == seen[tag]
    print(
        f"read {len(raw) / MIB:,.0f} MiB of official XML ({what}) into a frame"
        f" | ours {ours * 1000:,.0f} ms | lxml.iterparse, every element {theirs * 1000:,.0f} ms"
        f" | {theirs / ours:.1f} x | target {TARGET:g} x"
    )


def measure_memory(n_mib: int) -> float:
    """Read a made-up file of that length in a process of its own; its peak, in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dump.xml")
        with path.open("wb") as file:
            file.writelines(chunks(n_mib * MIB, SEED))
        child = subprocess.run(
            [sys.executable, __file__, "--read", path], check=True, capture_output=True, text=True
        )
    peak, n_rows, n_rejects = child.stdout.split()
    assert int(n_rows) > 0
    assert int(n_rejects) == 0
    print(
        f"peak memory of reading {n_mib:,} MiB, {int(n_rows):,} entries, batch by batch"
        f" | {float(peak):,.0f} MiB | at most {MOST_MIB} MiB"
    )
    return float(peak)


def read_and_tell(path: Path) -> None:
    """What the process of its own does."""
    n_rows = n_rejects = 0
    with path.open("rb") as file:
        for batch in read_stream(file):
            n_rows += batch.rows.height
            n_rejects += batch.rejects.height
    print(peak_mib(), n_rows, n_rejects)


def main(*, small: bool) -> None:
    times, n_mib = (2, 3) if small else (3, 30)
    time_against_lxml(b"".join(chunks(n_mib * MIB, SEED)), "made up", times)
    if DUMPS.exists():
        time_against_lxml(real_dump(n_mib * MIB), "real", times)
    else:
        print("left out: ../shared is not there")
    for length in (3, 12) if small else (30, 300):
        assert measure_memory(length) < MOST_MIB


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--small", action="store_true", help="little work, for CI")
    options.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.read:
        read_and_tell(chosen.read)
    else:
        main(small=chosen.small)
