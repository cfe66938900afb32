"""How an answer is cited: where it stands, of which moment, and what it rests on.

The manifest of a citation holds the same facts in canonical bytes (RFC 8785), so that its digest
says in 64 signs whether two people speak of the same answer.  Who cited it, and when, is not in it.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from urllib.parse import urlencode

import msgspec

from overblock import __version__
from overblock.custody.manifest import canonical

FORMAT = "overblock-page/1"
PINNED = 16  # signs of a digest that a link carries
PINS = ("at", "snapshot", "version")
TEX = {
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
TEX_SIGN = re.compile("|".join(map(re.escape, TEX)))


class CitedSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot that the answer rests on."""

    source: str
    sha256: str | None  # null: the source had none by then


class PageManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the answer is of: the same facts always are the same bytes."""

    format: str
    overblock: str  # version of the program that answered
    path: str
    query: dict[str, str]
    at: datetime  # the moment that is asked about
    snapshots: list[CitedSnapshot]
    answer_sha256: str | None  # of the data at `path`.json with the same query; null: not computed


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """A citation of one answer."""

    title: str
    permalink: str  # path and query, which pin moment, snapshots and version
    manifest: PageManifest
    pin: str  # of the snapshots

    @property
    def canonical(self) -> str:
        """The manifest's canonical bytes, as text."""
        return canonical(self.manifest).decode()

    @property
    def digest(self) -> str:
        """SHA-256 of these bytes."""
        return sha256(canonical(self.manifest)).hexdigest()

    def bibtex(self, base: str, accessed: date) -> str:
        """An entry for BibTeX and biblatex; ``base`` is scheme and host of the site."""
        held = self.manifest
        of = "; ".join(f"{one.source} sha256 {one.sha256 or 'none'}" for one in held.snapshots)
        fields = {
            "author": "{overblock}",
            "title": tex(self.title),
            "year": str(accessed.year),
            "version": tex(held.overblock),
            "url": f"{base}{self.permalink}",
            "urldate": accessed.isoformat(),
            "note": tex(f"state of {held.at.isoformat()}; {of}; manifest sha256 {self.digest}"),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        return f"@misc{{overblock-{self.digest[:12]},\n{lines}}}"


def citation(  # noqa: PLR0913  (a citation has these parts)
    *,
    title: str,
    path: str,
    query: Mapping[str, str],
    at: datetime,
    snapshots: Mapping[str, str | None],
    answer: bytes | None = None,
) -> Citation:
    """A citation of the answer at ``path``; ``answer`` are the bytes of its data.

    ``snapshots`` gives the digest of each source's snapshot at that moment.
    """
    own = {name: value for name, value in query.items() if name not in PINS}
    pin = pin_of(snapshots)
    pinned = {"at": at.isoformat().replace("+00:00", "Z"), "snapshot": pin, "version": __version__}
    manifest = PageManifest(
        format=FORMAT,
        overblock=__version__,
        path=path,
        query=own,
        at=at,
        snapshots=[
            CitedSnapshot(source=name, sha256=digest) for name, digest in sorted(snapshots.items())
        ],
        answer_sha256=sha256(answer).hexdigest() if answer is not None else None,
    )
    wanted = {name: value for name, value in {**own, **pinned}.items() if value}
    return Citation(
        title=title, permalink=f"{path}?{urlencode(wanted)}", manifest=manifest, pin=pin
    )


def pin_of(snapshots: Mapping[str, str | None]) -> str:
    """The first signs of a snapshot's digest; of several, those of a digest of their list.

    >>> pin_of({"ru_zapret_csv": "ab" * 32})
    'abababababababab'
    """
    known = [f"{name} {digest}\n" for name, digest in sorted(snapshots.items()) if digest]
    if len(known) == 1:
        return known[0].split()[1][:PINNED]
    return sha256("".join(known).encode()).hexdigest()[:PINNED] if known else ""


def tex(text: str) -> str:
    r"""A text that TeX sets as it is.

    >>> tex("50 % of {x}")
    '50 \\% of \\{x\\}'
    """
    return TEX_SIGN.sub(lambda sign: TEX[sign[0]], " ".join(text.split()))
