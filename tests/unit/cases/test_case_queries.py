import polars as pl
import pytest

from overblock.cases.queries import Query, ask, calculate
from overblock.errors import CaseError

TABLES = {
    "impact": pl.DataFrame(
        {
            "asn": [13335, 16509, 16509],
            "name": ["Cloudflare", "Amazon", None],
            "domains": [501305, 40, 2],
            "at_first": ["2026-01-01", "2026-02-01", "2026-03-01"],
        }
    ).with_columns(pl.col("at_first").str.to_datetime(time_unit="us", time_zone="UTC"))
}


@pytest.mark.parametrize(
    ("query", "figure"),
    [
        (Query(table="impact", value="count"), 3),
        (Query(table="impact", value="count", where={"asn": 16509}), 2),
        (Query(table="impact", value="count", where={"name": ["Cloudflare", "Amazon"]}), 2),
        (Query(table="impact", value="distinct", column="asn"), 2),
        (Query(table="impact", value="sum", column="domains"), 501347),
        (Query(table="impact", value="max", column="domains"), 501305),
        (Query(table="impact", value="only", column="domains", where={"asn": 13335}), 501305),
        (Query(table="impact", value="mean", column="domains", where={"asn": 16509}), 21),
        (Query(table="impact", value="count", from_="2026-02-01"), 2),
        (Query(table="impact", value="count", from_="2026-02-01", until="2026-03-01"), 1),
    ],
)
def test_a_query_gives_its_figure(query: Query, figure: float) -> None:
    assert ask(query, TABLES, "here") == figure


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (Query(table="none", value="count"), "no table 'none'"),
        (Query(table="impact", value="sum", column="none"), "no column 'none'"),
        (Query(table="impact", value="count", where={"none": 1}), "no column 'none'"),
        (Query(table="impact", value="sum", column="name"), "holds no numbers"),
        (Query(table="impact", value="only", column="domains"), "has 3 rows, not one"),
        (Query(table="impact", value="min", column="domains", where={"asn": 1}), "has no rows"),
        (Query(table="impact", value="count", from_="once"), "'once' is not a moment"),
    ],
)
def test_a_query_that_cannot_be_asked_says_why(query: Query, reason: str) -> None:
    with pytest.raises(CaseError, match=f"here: .*{reason}"):
        ask(query, TABLES, "here")


def test_a_query_reads_as_a_sentence() -> None:
    query = Query(
        table="impact", value="sum", column="domains", where={"asn": [1, 2]}, from_="2026-01-01"
    )
    assert query.words() == "sum(impact.domains where asn = 1 or 2 and at_first from 2026-01-01)"


@pytest.mark.parametrize(
    ("expression", "value"),
    [("a + b", 10.8), ("(a + b) / 2", 5.4), ("-a", -3.8), ("b * 2 - 1", 13), ("7", 7)],
)
def test_arithmetic_gives_its_value(expression: str, value: float) -> None:
    assert calculate(expression, {"a": 3.8, "b": 7.0}, "here") == pytest.approx(value)


@pytest.mark.parametrize(
    "expression",
    [
        "a / (b - b)",
        "__import__('os')",
        "a.real",
        "a ** b",
        "[a]",
        "a if b else a",
        "True",
        "c",
        "",
        "a +",
        "(" * 150 + "a" + ")" * 150,
        "-" * 199 + "a",
        "1" * 500,
    ],
)
def test_what_is_no_arithmetic_is_refused(expression: str) -> None:
    if expression.startswith("-"):
        assert abs(calculate(expression, {"a": 1.0}, "here")) == 1
        return
    with pytest.raises(CaseError, match="here: "):
        calculate(expression, {"a": 1.0, "b": 2.0}, "here")
