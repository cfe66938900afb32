"""What must not change a verdict, and what a verdict may never be."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement_draws import worlds
from measurement_worlds import Censor, Document, World, document, judged
from overblock.measurements import rules_web
from overblock.measurements.rules import Rule, Rulebook
from overblock.measurements.sign_frames import schema_of
from overblock.measurements.signs import FeatureSigns, WebSigns
from overblock.measurements.verdicts import all_rules
from service_worlds import SERVICES, ungreeted, without_name
from shared_data import shared

OPINIONS: dict[str, list[Any]] = {
    "blocking": ["dns", "tcp_ip", "http-diff", "http-failure", False, None],
    "accessible": [True, False, None],
    "x_status": [1, 2, 16, None],
    "x_blocking_flags": [0, 1, 2, 4, 8, 16, 32, None],
    "x_dns_flags": [0, 1, 4, None],
    "x_null_null_flags": [0, 1, 8, None],
    "signal_backend_status": ["ok", "blocked"],
    "telegram_web_status": ["ok", "blocked"],
    "facebook_dns_blocking": [True, False],
}  # what the probe makes of it

few = settings(max_examples=6)  # each judges thirty worlds in one go
many_worlds = st.lists(worlds, min_size=30, max_size=30)


def said(*found: Document) -> list[tuple[object, ...]]:
    names = ("state", "blocked", "mechanism", "feature", "rule_id")
    return [tuple(each[name] for name in names) for each in judged(*found)]


def same_after(found: list[Document], changed: list[Document]) -> None:
    verdicts = said(*found, *changed)
    assert verdicts[: len(found)] == verdicts[len(found) :]


def renamed(found: Document) -> Document:
    text = json.dumps(found).replace("shop.example", "книги.example".encode("idna").decode())
    made: Document = json.loads(text.replace("far.example", "away.example"))
    return made


def shuffled(found: Document, seed: int) -> Document:
    """Requests keep their order: it is the chain of redirects."""
    made = copy.deepcopy(found)
    for name in ("queries", "tcp_connect", "tls_handshakes"):
        if isinstance(made["test_keys"].get(name), list):
            random.Random(seed).shuffle(made["test_keys"][name])  # noqa: S311  (no secret)
    return made


def opinionated(found: Document, seed: int) -> Document:
    made, draw = copy.deepcopy(found), random.Random(seed)  # noqa: S311  (no secret)
    for name, values in OPINIONS.items():
        made["test_keys"][name] = draw.choice(values)
    return made


def false_for_null(found: Any) -> Any:
    if isinstance(found, dict):
        return {
            name: False if name == "failure" and value is None else false_for_null(value)
            for name, value in found.items()
        }
    return [false_for_null(each) for each in found] if isinstance(found, list) else found


@few
@given(many_worlds)
def test_a_verdict_does_not_hang_on_names(drawn: list[World]) -> None:
    found = [document(each) for each in drawn]
    same_after(found, [renamed(each) for each in found])


@few
@given(many_worlds, st.integers(0, 1000))
def test_a_verdict_does_not_hang_on_who_measured(drawn: list[World], number: int) -> None:
    found = [document(each) for each in drawn]
    probes = [each | {"probe_asn": f"AS{number}", "probe_cc": "ZZ"} for each in found]
    same_after(found, probes)


@few
@given(many_worlds, st.integers(0, 1000))
def test_a_verdict_does_not_hang_on_the_order_of_tries(drawn: list[World], seed: int) -> None:
    found = [document(each) for each in drawn]
    verdicts = said(*found, *(shuffled(each, seed) for each in found))
    shown = [each[:3] for each in verdicts]
    assert shown[: len(found)] == shown[len(found) :]


@few
@given(many_worlds, st.integers(0, 1000))
def test_a_verdict_does_not_hang_on_the_probes_opinion(drawn: list[World], seed: int) -> None:
    found = [document(each) for each in drawn] + [make() for make in SERVICES.values()]
    found += [
        ungreeted(make(), "web.telegram.org", "chat.signal.org") for make in SERVICES.values()
    ]
    same_after(found, [opinionated(each, seed) for each in found])


@few
@given(many_worlds)
def test_false_says_no_failure_as_null_does(drawn: list[World]) -> None:
    found = [document(each) for each in drawn]
    same_after(found, [false_for_null(each) for each in found])


@few
@given(many_worlds)
def test_without_a_control_only_what_proves_itself_is_blocked(drawn: list[World]) -> None:
    uncompared = [each for each in drawn if each.control != "works"]
    for each in judged(*(document(world) for world in uncompared)):
        assert each["blocked"] in {"no", "unknown"} or each["mechanism"].startswith("dns")


@few
@given(many_worlds)
def test_nothing_is_blocked_where_nothing_is_done(drawn: list[World]) -> None:
    """Whatever the site's own faults, and whether a control is there or not."""
    free = [document(each.with_censor(**vars_of(Censor()))) for each in drawn]
    assert {each["blocked"] for each in judged(*free)} <= {"no", "down", "unknown"}


@few
@given(st.lists(worlds, min_size=3, max_size=6))
def test_a_verdict_does_not_hang_on_what_is_judged_with_it(drawn: list[World]) -> None:
    """What shows the same signs is judged once, and services stand among pages."""
    services = [make() for make in SERVICES.values()]
    found = [document(each) for each in drawn]
    names = ("blocked", "mechanism", "feature", "detail", "rule_id", "confidence", "evidence")
    alone = [[each[name] for name in names] for one in found for each in judged(one)]
    among = [[each[name] for name in names] for each in judged(*found, *services, *reversed(found))]
    assert among[: len(found)] == alone
    assert among[: -len(found) - 1 : -1] == alone


def vars_of(censor: Censor) -> dict[str, Any]:
    return {name: getattr(censor, name) for name in Censor.__dataclass_fields__}


def test_the_judged_samples_do_not_hang_on_opinions_nor_order() -> None:
    """Real documents, of which some were shortened: there the probe's word may be all there is."""
    folder = shared("samples", "ooni")
    found = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*/*.json"))]
    pages = [each for each in found if each["test_name"] == "web_connectivity"]
    assert len(pages) > 50
    same_after(pages, [opinionated(shuffled(each, 1), 2) for each in pages])


def test_a_failure_in_the_users_language_is_the_same_failure() -> None:
    russian = "Удаленный хост принудительно разорвал существующее подключение."
    spelt = ("connection_reset", "unknown_failure: read tcp: connection reset by peer",
             f"unknown_failure: wsarecv: {russian}")  # fmt: skip
    verdicts = said(*(ungreeted(SERVICES["signal"](), "chat.signal.org", failure=how)
                      for how in spelt))  # fmt: skip
    assert len(set(verdicts)) == 1
    assert said(without_name(SERVICES["signal"](), "chat.signal.org"))[0][1] == "yes"


signs = st.fixed_dictionaries({
    "x": st.one_of(st.none(), st.integers(0, 3)), "y": st.one_of(st.none(), st.booleans()),
})  # fmt: skip


@settings(max_examples=30)
@given(st.lists(signs, max_size=30), st.permutations(range(4)))
def test_the_first_rule_that_holds_decides_and_null_does_not_hold(
    rows: list[dict[str, Any]], order: list[int]
) -> None:
    """The model asks one rule after the other of one row after the other."""
    conditions = [pl.col("x") > 1, pl.col("y"), ~pl.col("y"), pl.col("x") == 0]
    plain: list[Callable[[dict[str, Any]], bool]] = [
        lambda row: row["x"] is not None and row["x"] > 1,
        lambda row: row["y"] is True,
        lambda row: row["y"] is False,
        lambda row: row["x"] == 0,
    ]
    rules = [
        Rule(id=str(place), layer="all", when=conditions[place], state="ok", confidence=1.0,
             because="", evidence=("x",))
        for place in order
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema={"x": pl.Int64, "y": pl.Boolean})
    found = Rulebook(rules).judge(frame)
    wanted = [next((str(each) for each in order if plain[each](row)), None) for row in rows]
    assert found["rule_id"].to_list() == wanted
    facts = [
        [f"x={row['x']}"] if rule is not None and row["x"] is not None else []
        for row, rule in zip(rows, wanted, strict=True)
    ]
    assert found["evidence"].to_list() == facts


def test_rules_have_ids_of_their_own_reasons_and_signs_that_exist() -> None:
    rules = all_rules()
    ids = [rule.id for rule in rules]
    assert len(set(ids)) == len(ids)
    assert all(rule.because.endswith(".") and 0 < rule.confidence <= 1 for rule in rules)


@pytest.mark.parametrize("struct", [WebSigns, FeatureSigns])
def test_each_sign_has_a_type_of_a_column(struct: type[WebSigns] | type[FeatureSigns]) -> None:
    schema = schema_of(struct)
    assert list(schema) == list(struct.__struct_fields__)


def test_what_rules_share_has_a_name_that_no_sign_has() -> None:
    """A term stands beside the signs: it would be taken for one."""
    signs = pl.DataFrame(schema=schema_of(WebSigns))
    beside = rules_web.TERMS.beside(signs)
    terms = beside.drop(signs.columns)
    assert beside.select(signs.columns).schema == signs.schema
    assert set(terms.schema.values()) == {pl.Boolean()}
