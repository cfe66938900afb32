"""``/feeds``: what happens, for readers of feeds: registers, events, and one's own search."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from overblock.errors import BadAddress, TooMuchAsked
from overblock.reports.checks.check import CheckAnswer, EntryAnswer, check
from overblock.reports.latest import latest_events
from overblock.reports.measured.events import EventRow
from overblock.reports.registers.recent import ChangedSide, RegisterChange, recent_changes
from overblock.sources import find_source
from overblock.web.asking import Asking
from overblock.web.feeds.atom import Entry, Feed, atom
from overblock.web.inputs import Lines, asked_lines, moment_of
from overblock.web.pages import Reader, reader_of
from overblock.web.wording import event_words

Asked = Request[Any, Any, Any]
ATOM = "application/atom+xml"
MOST = 30  # entries
MOST_TARGETS = 20  # of one's own search
NOT_KEPT = {"Cache-Control": "no-store"}  # what somebody looks up is no caches' business


@get("/feeds/registers/{name:str}", include_in_schema=False)
async def register_feed(request: Asked, answers: Asking, name: FromPath[str]) -> Response[bytes]:
    """The last changes of one register: ``<register>.atom``."""
    if not name.endswith(".atom"):
        raise NotFoundException("a feed is called as its register, and ends in .atom")
    reader, register, at = reader_of(request), name.removesuffix(".atom"), moment_of("")
    key = ("changes", register, at.replace(minute=0))
    changes = await answers.ask(key, lambda view: recent_changes(view, register, at, MOST))
    title = find_source(register).title
    feed = Feed(
        name=f"register {register}",
        title=reader.say("Changes of {title}", title=reader.say(title)),
        language=reader.language,
        link=_page(reader, f"/registers/{register}"),
        own=_own(reader),
        updated=at.replace(hour=0, minute=0),
        entries=[_of_change(reader, one) for one in changes],
    )
    return _answer(reader, feed)


@get("/feeds/events.atom", include_in_schema=False)
async def events_feed(request: Asked, answers: Asking) -> Response[bytes]:
    """The last onsets and ends that measurements show."""
    reader, at = reader_of(request), moment_of("")
    key = ("events", at.replace(minute=0))
    rows = await answers.ask(key, lambda view: latest_events(view, at, MOST))
    feed = Feed(
        name="events",
        title=reader.say("What measurements show"),
        language=reader.language,
        link=_page(reader, "/events"),
        own=_own(reader),
        updated=at.replace(hour=0, minute=0),
        entries=[_of_event(reader, row) for row in rows],
    )
    return _answer(reader, feed)


@get("/feeds/check.atom", include_in_schema=False)
async def check_feed(request: Asked, answers: Asking, q: Lines = "") -> Response[bytes]:
    """One's own search: each time that the answer about a target changed."""
    reader, lines, at = reader_of(request), asked_lines(q), moment_of("")
    if not lines:
        raise BadAddress("nothing is asked: give q=, an address, network, domain or page")
    if len(lines) > MOST_TARGETS:
        raise TooMuchAsked(f"{len(lines)} targets in one feed: at most {MOST_TARGETS}")
    key = ("check", tuple(lines), at)
    found = await answers.ask(
        key, lambda view: list(check(view, lines, at, answers.rolls)), keep=len(lines) == 1
    )
    entries = {entry.name: entry for one in found for entry in _of_answer(reader, one)}
    newest = [source.published_at for source in found[0].sources if source.published_at]
    feed = Feed(
        name=f"check {' '.join(lines)}",
        title=reader.say("Is {target} blocked?", target=", ".join(lines)),
        language=reader.language,
        link=_page(reader, "/check", q="\n".join(lines)),
        own=_own(reader),
        updated=max(newest, default=at.replace(hour=0, minute=0)),
        entries=sorted(entries.values(), key=lambda one: (one.at, one.name), reverse=True)[:MOST],
    )
    return _answer(reader, feed, NOT_KEPT)


def _answer(reader: Reader, feed: Feed, headers: dict[str, str] | None = None) -> Response[bytes]:
    told = {"Content-Language": reader.language, "Vary": "Accept-Language", **(headers or {})}
    return Response(atom(feed), media_type=ATOM, headers=told)


def _page(reader: Reader, path: str, **query: object) -> str:
    return reader.base + reader.link(path, **query)


def _own(reader: Reader) -> str:
    return reader.base + reader.link(reader.path, **dict(reader.query))


def _of_change(reader: Reader, change: RegisterChange) -> Entry:
    say = reader.say
    title = say(
        "+{added} / \N{MINUS SIGN}{removed} addresses",
        added=change.added.ipv4,
        removed=change.removed.ipv4,
    )
    told = [
        say("Entries: {added} more, {removed} fewer.",
            added=change.added.entries, removed=change.removed.entries),
        say("In all: {n} IPv4 addresses.", n=change.ipv4_after),
        *_largest(reader, change.added, change.removed),
    ]  # fmt: skip
    if change.begins:
        told.append(say("It is the first state at hand: all of it is new to us."))
    if change.after_silence:
        told.append(say("It came after a silence: when in it something changed, nobody can say."))
    if change.flags:
        told.append(say("Its newest snapshot is in doubt: {flags}.", flags=", ".join(change.flags)))
    return Entry(
        name=change.change_id,
        title=title,
        at=change.at,
        link=_page(reader, f"/registers/{change.register}", at=change.at),
        summary=" ".join(told),
    )


def _largest(reader: Reader, *sides: ChangedSide) -> list[str]:
    """The decision that weighs most on the heavier side."""
    side = max(sides, key=lambda one: one.ipv4)
    if side.largest is None:
        return []
    act = f"{side.largest.authority or '?'} {side.largest.decision or '?'}"
    return [reader.say("Most of it by {act}: {n}.", act=act, n=side.largest.ipv4)]


def _of_event(reader: Reader, row: EventRow) -> Entry:
    place = " ".join([row.probe_cc or "?", *([f"AS{row.probe_asn}"] if row.probe_asn else [])])
    what = event_words(reader)(row)
    return Entry(
        name=row.event_id,
        title=f"{row.target or row.test} ({place}): {what}",
        at=row.known_at,
        link=_page(reader, f"/events/{row.event_id}"),
        summary=reader.say(
            "Between {earliest} and {latest}; measurements after it: {n}, networks: {networks}.",
            earliest=row.earliest_at,
            latest=row.latest_at,
            n=row.n_after,
            networks=row.n_networks,
        ),
    )


def _of_answer(reader: Reader, answer: CheckAnswer) -> list[Entry]:
    """Every moment at which a listing of the target began or ended, or a register fell silent."""
    found = []
    for entry in (*answer.entries, *answer.past):
        found.append(_turn(reader, answer, entry, entry.listed_from, ends=False))
        if entry.listed_until:
            found.append(_turn(reader, answer, entry, entry.listed_until, ends=True))
    found += [
        Entry(
            name=f"{answer.target} silent {source.register} {source.silent.silent_from}",
            title=reader.say("{register} is silent", register=source.register),
            at=source.silent.silent_from,
            link=_page(reader, "/check", q=answer.target),
            summary=reader.say("No change is not no block: since then nobody can say."),
        )
        for source in answer.sources
        if source.silent
    ]
    return found


def _turn(
    reader: Reader, answer: CheckAnswer, entry: EntryAnswer, at: datetime, *, ends: bool
) -> Entry:
    words = (
        reader.say("{target} is no longer listed by {resource}",
                   target=answer.target, resource=entry.listed_by)
        if ends
        else reader.say("{target} is listed by {resource}",
                        target=answer.target, resource=entry.listed_by)
    )  # fmt: skip
    kind = "ends" if ends else "begins"
    act = f"{entry.authority or '?'} {entry.decision or '?'}"
    return Entry(
        name=f"{answer.target} {kind} {entry.register} {entry.listed_by} {act} {at.isoformat()}",
        title=words,
        at=at,
        link=_page(reader, "/check", q=answer.target, at=at),
        summary=reader.say(
            "Decision: {act} of {day}. Register: {register}.",
            act=act,
            day=entry.decision_date,
            register=entry.register,
        ),
    )
