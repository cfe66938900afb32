"""Pages of channels: what they say, and what they are not believed in."""

from datetime import UTC, datetime

import pytest

from audience_worlds import landing, preview
from overblock.errors import SourceDrift
from overblock.sources import Reading
from overblock.sources.telegram_preview import Count, read, read_count

POST = "17 1.24K 2018-04-16T21:00:00+00:00"


def told(reading: Reading) -> dict[str, float]:
    return {row["metric"]: row["value"] for row in reading.rows.iter_rows(named=True)}


@pytest.mark.parametrize(
    ("written", "value", "low", "high"),
    [
        ("0", 0, 0, 0),
        ("943", 943, 943, 943),
        ("12 345", 12_345, 12_345, 12_345),
        ("12\u00a0345\u202f678", 12_345_678, 12_345_678, 12_345_678),
        (" 1.24K ", 1_240, 1_235, 1_250),
        ("12K", 12_000, 11_500, 13_000),
        ("3.4M", 3_400_000, 3_350_000, 3_500_000),
        ("1.07B", 1_070_000_000, 1_065_000_000, 1_080_000_000),
    ],
)
def test_a_shortened_count_keeps_what_it_can_mean(
    written: str, value: float, low: float, high: float
) -> None:
    found = read_count(written)
    assert found
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high))


@pytest.mark.parametrize(
    "written",
    ["", "K", "1,2", "1.2", "1.2k", "-5", "1 2", "12 34", "1e9", "٣", "9999B", "9" * 40, "1.2345K"],
)
def test_what_is_no_count_is_none(written: str) -> None:
    assert read_count(written) is None


def test_a_counter_is_known_by_its_word_and_not_by_its_place() -> None:
    counters = "7 ссылок\n1.5K подписчиков\n30 Photos"
    one = told(read(preview(POST, counters)))
    other = told(read(preview(POST, "\n".join(reversed(counters.splitlines())))))
    assert one == other
    assert one == {"links": 7, "subscribers": 1_500, "photos": 30, "views": 1_240}


def test_a_counter_that_is_not_there_is_unknown_and_not_nought() -> None:
    assert told(read(preview(POST))) == {"views": 1_240}


def test_the_page_without_posts_counts_followers_exactly() -> None:
    reading = read(landing("12&nbsp;345 subscribers", name="Harbour_Example"))
    (row,) = reading.rows.rows(named=True)
    assert (row["subject"], row["metric"], row["low"], row["high"]) == (
        "harbour_example",
        "subscribers",
        12_345,
        12_345,
    )
    assert row["at_first"] is None


def test_a_group_is_read_as_members_and_those_online() -> None:
    assert told(read(landing("1 234 members, 56 online"))) == {"members": 1_234, "online": 56}


def test_a_page_of_a_person_counts_nobody() -> None:
    assert told(read(landing("@somebody"))) == {}


def test_a_page_without_posts_is_a_new_layout_and_not_an_empty_channel() -> None:
    with pytest.raises(SourceDrift, match="layout"):
        read(preview("", "1.5K subscribers"))


def test_a_page_that_does_not_say_whose_it_is_is_told() -> None:
    raw = landing("12 subscribers").replace(b"tg://resolve", b"https://x.example/")
    reading = read(raw)
    assert reading.rows.is_empty()
    assert reading.rejects["reason"].to_list() == ["no_channel"]


def test_a_page_of_the_internet_archive_says_when_it_was_saved() -> None:
    comment = b"<!-- FILE ARCHIVED ON 06:15:43 Apr 17, 2018 AND RETRIEVED LATER -->"
    assert read(preview(POST) + comment).published_at == datetime(
        2018, 4, 17, 6, 15, 43, tzinfo=UTC
    )


def test_a_page_cannot_say_when_it_was_saved_from_within() -> None:
    """What stands inside is the channel's own text."""
    comment = b"<!-- FILE ARCHIVED ON 06:15:43 Apr 17, 2018 --></body>"
    assert read(preview(POST).replace(b"</body>", comment)).published_at is None


def test_a_moment_of_the_archive_that_is_none_is_unknown() -> None:
    comment = b"<!-- FILE ARCHIVED ON 06:15:43 Feb 31, 2018 -->"
    assert read(preview(POST) + comment).published_at is None


def test_a_post_within_a_post_is_not_counted_twice() -> None:
    inner = preview("18 5 2018-04-16T21:00:00+00:00").split(b'history">')[1].split(b"</section")[0]
    outer = preview(POST).replace(b"<time", inner + b"<time")
    assert read(outer).rows["post"].to_list() == ["harbour_example/17"]


def test_a_time_without_a_zone_could_be_any() -> None:
    reading = read(preview("17 5 2018-04-16T21:00:00"))
    assert reading.rejects.rows() == [(2, "bad_timestamp", "harbour_example/17")]


@pytest.mark.parametrize("extra", [b"\0", b"x" * (17 << 20)], ids=["nul", "huge"])
def test_a_page_that_is_none_is_refused(extra: bytes) -> None:
    with pytest.raises(SourceDrift):
        read(preview(POST) + extra)


def test_deep_nesting_breaks_nothing() -> None:
    deep = b"<div>" * 100_000
    try:
        rows = read(preview(POST).replace(b"<section", deep + b"<section")).rows
    except SourceDrift:
        return
    assert len(rows) <= 1


def test_counts_are_what_the_example_says() -> None:
    assert read_count("1.24K") == Count(value=1240.0, low=1235.0, high=1250.0)
