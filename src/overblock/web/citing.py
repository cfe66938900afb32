"""How a page is cited: its handler makes a `Citation` and gives it to the template.

`render(reader, "x.html.j2", citation=cite(reader, ...), ...)` is all that a page has to do: the
frame of all pages shows "cite this" at its foot, and at its head says so where the link that was
followed pins snapshots or a version that no longer answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from litestar.serialization import encode_json

from overblock import __version__
from overblock.reports.citation import PINNED, Citation, citation
from overblock.web.pages import Reader

VERSION_SIGNS = 40  # of one that a link names


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A citation as a page shows it."""

    citation: Citation
    link: str  # the permalink in the language that was chosen
    url: str  # the whole address
    bibtex: str
    accessed: date
    other_snapshot: bool  # the link that was followed names one that no longer answers
    other_version: str | None  # the same of the version; None: it is this one, or none is named


def cite(  # noqa: PLR0913  (what a citation is made of)
    reader: Reader,
    *,
    title: str,
    at: datetime,
    snapshots: Mapping[str, str | None],
    path: str | None = None,
    query: Mapping[str, str] | None = None,
    answer: object = None,
) -> Cited:
    """How to cite a page, by default the one that is read with the query it was asked with.

    ``snapshots``: the digest of each source that the answer rests on; ``answer``: the struct that
    ``path``.json gives for the same query, where it is at hand.
    """
    asked = dict(reader.query)
    made = citation(
        title=title,
        path=path or reader.path,
        query=asked if query is None else query,
        at=at,
        snapshots=snapshots,
        answer=None if answer is None else encode_json(answer),
    )
    accessed = datetime.now(UTC).date()
    version = asked.get("version", "")[:VERSION_SIGNS]
    return Cited(
        citation=made,
        link=f"{made.permalink}&lang={reader.language}" if reader.chosen else made.permalink,
        url=f"{reader.base}{made.permalink}",
        bibtex=made.bibtex(reader.base, accessed),
        accessed=accessed,
        other_snapshot=asked.get("snapshot", made.pin)[:PINNED] != made.pin,
        other_version=version if version not in {"", __version__} else None,
    )
