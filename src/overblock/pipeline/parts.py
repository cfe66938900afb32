"""Split files that lie side by side, made whole again."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePath

from overblock.artefacts.archives import plain_basename
from overblock.artefacts.opening import Artefact
from overblock.sources import Source


def whole_files(source: Source, found: Iterable[Artefact]) -> Iterator[Artefact]:
    """Join those of the artefacts that are parts of one file; give the others as they are.

    Parts belong together when they lie in the same folder, or in the same folder of an archive,
    and come one after the other, as they do in the order of names.
    """
    waiting: list[Artefact] = []
    for artefact in found:
        place = _place(source, artefact)
        if waiting and place != _place(source, waiting[0]):
            yield _joined(source, waiting)
            waiting = []
        if place is None:
            yield artefact
        else:
            waiting.append(artefact)
    if waiting:
        yield _joined(source, waiting)


def _place(source: Source, artefact: Artefact) -> tuple[str, str] | None:
    """The folder that a part lies in; None where a file is no part of another."""
    name = plain_basename(artefact.member or artefact.name)
    if not source.parts or artefact.path is None or not re.fullmatch(source.parts, name):
        return None
    inside = str(PurePath(artefact.member).parent) if artefact.member else ""
    outer = artefact.path if artefact.member else artefact.path.parent
    return str(outer), inside


def _joined(source: Source, parts: list[Artefact]) -> Artefact:
    if len(parts) == 1:
        return parts[0]
    ordered = sorted(parts, key=lambda part: plain_basename(part.member or part.name))
    content = source.join([part.content for part in ordered])
    first = ordered[0]
    dates = [part.fetched_at for part in ordered if part.fetched_at]
    return replace(
        first,
        name=f"{first.name} and {len(parts) - 1} more parts",
        raw=content,
        content=content,
        fetched_at=max(dates, default=None),
        truncated=any(part.truncated for part in ordered),
    )
