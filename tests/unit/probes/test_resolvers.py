from pathlib import Path

import pytest

from overblock.errors import FetchFailed, UsageError
from overblock.probes.pace import Pace
from overblock.probes.resolvers import (
    FAILURES_IN_A_ROW,
    MOST_PAUSES,
    Place,
    Resolver,
    Rotation,
    parse_place,
    system_places,
)


@pytest.mark.parametrize(
    ("written", "address", "port"),
    [
        *(("8.0.0.1", "8.0.0.1", 53), ("8.0.0.1:5353", "8.0.0.1", 5353)),
        *(
            ("2A00::1", "2a00::1", 53),
            ("[2a00::1]", "2a00::1", 53),
            ("[2a00::1]:99", "2a00::1", 99),
        ),
    ],
)
def test_a_resolver_is_written_as_everywhere(written: str, address: str, port: int) -> None:
    place = parse_place(written)
    assert place == Place(address=address, port=port)
    assert parse_place(str(place)) == place


@pytest.mark.parametrize(
    "written",
    ["", "dns.example", "8.0.0.1:", "8.0.0.1:0", "8.0.0.1:65536", "8.0.0", "[2a00::1", "::1:"],
)
def test_what_is_no_address_of_a_resolver_is_refused(written: str) -> None:
    with pytest.raises(UsageError):
        parse_place(written)


def test_the_machine_s_own_resolvers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("# mine\nnameserver 8.0.0.1\nsearch example\nnameserver 2a00::1\n", "utf-8")
    assert system_places(str(path)) == [Place(address="8.0.0.1"), Place(address="2a00::1")]
    path.write_text("search example\n", "utf-8")
    with pytest.raises(UsageError, match="names no resolver"):
        system_places(str(path))
    with pytest.raises(UsageError, match="names no resolver"):
        system_places(str(tmp_path / "none"))


def rotation(n: int) -> Rotation:
    places = [Place(address=f"8.0.0.{number}") for number in range(n)]
    return Rotation([Resolver(place=place, pace=Pace(1)) for place in places])


def chosen(from_: Rotation, n: int, now: float = 0.0, *avoid: int) -> list[int]:
    avoided = [from_.resolvers[number].place for number in avoid]
    return [int(one.place.address[-1]) for one in from_.choose(n, now, avoided)]


def test_each_resolver_has_its_turn() -> None:
    three = rotation(3)
    assert [chosen(three, 1) for _ in range(4)] == [[0], [1], [2], [0]]
    assert chosen(three, 2) == [1, 2]


def test_who_was_tried_comes_last() -> None:
    three = rotation(3)
    assert chosen(three, 3, 0.0, 0, 1)[0] == 2
    assert sorted(chosen(three, 3, 0.0, 0, 1, 2)) == [0, 1, 2]


def test_who_rests_is_left_out_until_it_is_over() -> None:
    two = rotation(2)
    two.resolvers[0].put_aside(0.0, 30)
    assert [chosen(two, 2), chosen(two, 2, 29.9), sorted(chosen(two, 2, 30))] == [[1], [1], [0, 1]]


def test_a_rest_lasts_twice_as_long_each_time_until_an_answer_comes() -> None:
    (one,) = rotation(1).resolvers
    assert [one.put_aside(0.0, 30) for _ in range(3)] == [30, 60, 120]
    one.note("timeout", failed=True)
    assert one.failures_in_a_row == FAILURES_IN_A_ROW  # a single failure is enough after a rest
    one.note("address", failed=False)
    assert (one.failures_in_a_row, one.put_aside(0.0, 30)) == (0, 30)


def test_where_all_rest_too_often_it_is_over() -> None:
    two = rotation(2)
    for one in two.resolvers:
        one.put_aside(0.0, 30)
    assert (two.choose(1, 10.0), two.rest_from(10.0)) == ([], 20.0)
    for _ in range(MOST_PAUSES):
        two.resolvers[0].put_aside(0.0, 30)
    assert two.rest_from(10.0) == 20.0  # the other may still come back
    for _ in range(MOST_PAUSES):
        two.resolvers[1].put_aside(0.0, 30)
    with pytest.raises(FetchFailed, match=r"no resolver answers \(8.0.0.0, 8.0.0.1\)"):
        two.rest_from(10.0)
