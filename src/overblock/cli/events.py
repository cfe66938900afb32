"""``overblock events``: when blocking began and ended, in which networks, and how sure that is."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from overblock.cli._columns import rows_of
from overblock.cli._options import (
    COUNTRY,
    DAY_BEGINS,
    MOMENT,
    NETWORK,
    Render,
    format_option,
    store_option,
)
from overblock.cli._text import counted, plain
from overblock.store import Store

if TYPE_CHECKING:
    from overblock.reports.measured.blocked_addresses import BlockedAddress, BlockedAddressesAnswer
    from overblock.reports.measured.events import EventRow, EventsAnswer, Selection

MOST_LINES = 60  # of the table for people
MOST_GAPS = 12
MOST_HOURS = 100  # longer spans are told in days
COLUMNS = ["", "state", "/target", "where", "#at (UTC)", "#within", "#failing", "#nets", "#score"]
ADDRESS_COLUMNS = ["=address", "where", "#from (UTC)", "#hours", "#failed", "#control", "why"]


@click.command("events")
@click.argument("paths", nargs=-1)
@click.option("--target", help="A page, a host for all of its pages, or a service.")
@click.option("--test", help="Name of the test, as web_connectivity.")
@click.option("--probe-cc", type=COUNTRY, help="Country, as RU.")
@click.option("--asn", "probe_asn", type=NETWORK, help="Network, as AS12389.")
@click.option("--feature", help="Part of a service; all is the whole.")
@click.option("--since", type=DAY_BEGINS, help="Events from this moment on, in UTC.")
@click.option("--until", type=MOMENT, help="Events before this moment, in UTC.")
@click.option(
    "--grain",
    type=click.Choice(["hour", "day"]),
    default="hour",
    show_default=True,
    help="Count by hour or by day; days suit where few measure.",
)
@click.option(
    "--addresses",
    is_flag=True,
    help="Instead, the addresses that are observed to be blocked, by network and hour.",
)
@store_option
@format_option
def command(
    *,
    paths: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    grain: str,
    addresses: bool,
    store: Path,
    render: Render,
    **asked: Any,  # noqa: ANN401  (the other options: each is a field of a selection)
) -> None:
    """Date the onsets and ends of blocking, by network and by country.

    PATHS are files of measurements, or tables of verdicts or series (Parquet or CSV), or `-` for
    stdin; without any, the observatory is asked. Neither more measurements nor other networks make
    an event, and a silence is shown as a gap.

    \b
    Examples:
      overblock events raw/202403 --probe-cc RU --grain day
      overblock events --target telegram --since 2026-02-01
      overblock events verdicts.parquet --format json | jq '.rows[0]'
      overblock verdicts raw --format csv | overblock events -
      overblock events raw/20240301 --addresses --format csv > blocked.csv
    """
    from overblock.reports.measured.events import Selection

    if since and until and since >= until:
        raise click.UsageError(
            f"--since {since:%Y-%m-%d %H:%M} lies after --until {until:%Y-%m-%d %H:%M}"
        )
    selection = Selection(since=since, until=until, **asked)
    if addresses:
        _answer_addresses(paths, selection, store, render)
    else:
        _answer_events(paths, selection, grain, store, render)


def _answer_events(
    paths: tuple[str, ...], selection: "Selection", grain: str, store: Path, render: Render
) -> None:
    from overblock.reports.measured.events import EventRow, events_in_store, events_of_files

    if paths:
        answer = events_of_files(paths, selection, grain, _tell)  # type: ignore[arg-type]  # click has checked the word
    else:
        answer = Store.open(store).ask(lambda view: events_in_store(view, selection, grain))  # type: ignore[arg-type]  # the same
    render(answer, lambda: rows_of(EventRow, answer.rows), lambda: _show(answer))


def _answer_addresses(
    paths: tuple[str, ...], selection: "Selection", store: Path, render: Render
) -> None:
    from overblock.reports.measured.blocked_addresses import (
        BlockedAddress,
        addresses_in_store,
        addresses_of_files,
    )

    if selection.target or selection.test or selection.feature:
        raise click.UsageError("addresses are of all tests and targets: leave these options out")
    if paths:
        answer = addresses_of_files(paths, selection, _tell)
    else:
        answer = Store.open(store).ask(lambda view: addresses_in_store(view, selection))

    render(answer, lambda: rows_of(BlockedAddress, answer.rows), lambda: _show_addresses(answer))


def _show_addresses(answer: "BlockedAddressesAnswer") -> None:
    from overblock.cli import _tables

    console = _tables.console()
    console.print(
        f"addresses observed to be blocked: {answer.n_ipv4:,} of IPv4, {answer.n_ipv6:,} of IPv6, "
        f"in {counted(answer.n_networks, 'network')}; {answer.n_tried:,} were tried"
    )
    if answer.rows:
        lines = [_address_line(row) for row in answer.rows[:MOST_LINES]]
        console.print(_tables.table(ADDRESS_COLUMNS, lines))
    if len(answer.rows) > MOST_LINES:
        click.echo(f"… and {len(answer.rows) - MOST_LINES:,} more (--format csv has all)")


def _address_line(row: "BlockedAddress") -> list[object]:
    place = f"{row.probe_cc or 'unknown'} AS{row.probe_asn}"
    inside = f"{row.n_failed:,} of {row.n_inside:,}"
    hours = [row.address, place, row.blocked_from, row.n_hours]
    return [*hours, inside, row.n_control, " ".join(row.reasons)]


def _tell(file: str, wrong: str) -> None:
    words = {"cut": "its end is missing; what is whole of it is counted"}
    click.echo(f"{plain(file)}: {words.get(wrong, wrong)}", err=True)


def _show(answer: "EventsAnswer") -> None:
    from overblock.cli import _tables

    console = _tables.console()
    if answer.n_judged == 0:
        click.echo(f"nothing that could be judged ({counted(answer.n_aside, 'verdict')} aside)")
        return
    console.print(
        f"{counted(answer.n_judged, 'verdict')} by {answer.grain} from "
        f"{answer.begins:%Y-%m-%d %H:%M} to {answer.ends:%Y-%m-%d %H:%M} UTC: {answer.n_failing:,} "
        f"{'fails' if answer.n_failing == 1 else 'fail'}; {answer.n_aside:,} more "
        f"{'says' if answer.n_aside == 1 else 'say'} nothing of blocking. "
        f"{answer.n_series:,} series in "
        f"{counted(answer.n_networks, 'network')}."
    )
    if answer.rows:
        lines = [_line(row) for row in answer.rows[:MOST_LINES]]
        console.print(_tables.table(COLUMNS, lines))
    else:
        click.echo("no onset and no end")
    if len(answer.rows) > MOST_LINES:
        click.echo(f"… and {len(answer.rows) - MOST_LINES:,} more (--format csv has all)")
    for gap in answer.gaps[:MOST_GAPS]:
        kind = "no measurements" if gap.kind == "no_measurements" else "no control"
        click.echo(
            f"gap: {kind} of {plain(gap.test)} in {plain(gap.probe_cc or 'unknown')} from "
            f"{gap.silent_from:%Y-%m-%d %H:%M} to {gap.silent_until:%Y-%m-%d %H:%M} UTC"
        )
    if len(answer.gaps) > MOST_GAPS:
        click.echo(f"… and {len(answer.gaps) - MOST_GAPS:,} more gaps (--format json has all)")
    click.echo(
        f"at most {counted(round(answer.most_false_alarms), 'false event')} is expected in 1,000 "
        "days of one series"
    )


def _line(row: "EventRow") -> list[object]:
    feature = "" if row.feature == "all" else f" {row.feature}"
    place = row.probe_cc or "unknown"
    return [
        row.change,
        row.state,
        f"{row.target or row.test}{feature}",
        place if row.probe_asn is None else f"{place} AS{row.probe_asn}",
        row.at,
        f"{_hours(row.earliest_at - row.at)} to {_hours(row.latest_at - row.at)}",
        f"{100 * (row.share_before or 0):.0f} to {100 * row.share_after:.0f} %",
        row.n_networks,
        f"{row.score:.0f}",
    ]


def _hours(span: timedelta) -> str:
    hours = span // timedelta(hours=1)
    return f"{hours:+d} h" if abs(hours) < MOST_HOURS else f"{hours // 24:+d} d"
