"""Many targets at once are answered from a copy in memory, and get the same answers."""

from pathlib import Path

from overblock.reports.checks.check import FEW, check
from register_worlds import HOUR, NOW, START, dump, ingest, line, observatory

TARGETS = [
    *("203.0.113.1", "203.0.113.0/25", "198.51.100.7", "198.51.100.8", "2001:db8::1"),
    *("shop.example", "www.shop.example", "http://shop.example/a", "http://203.0.113.9/"),
    *("other.example", "10.0.0.0/8"),
]


def test_many_targets_get_the_answers_that_each_gets_alone(tmp_path: Path) -> None:
    store = observatory(tmp_path / "observatory")
    first = [
        line("203.0.113.0/24"),
        line("198.51.100.7", "shop.example", "http://shop.example/a", decision="2"),
        *(line(f"233.252.0.{number}") for number in range(3)),  # so that no state seems shrunken
    ]
    for hour, lines in enumerate((first, first[1:])):
        path = tmp_path / f"{hour}.csv"
        path.write_bytes(dump(START + hour * HOUR, lines))
        ingest(store, [path])
    plain = tmp_path / "plain.txt"
    plain.write_text("203.0.113.0/28\n198.51.100.8\n", encoding="utf-8")
    ingest(store, [plain], "plain_list")
    view = store.view()
    assert len(TARGETS) > FEW
    for at, listed in ((START + 2 * HOUR, {True, False}), (NOW + HOUR, {True, None})):
        together = list(check(view, TARGETS, at))
        assert together == [answer for target in TARGETS for answer in check(view, [target], at)]
        assert {answer.listed for answer in together} == listed
