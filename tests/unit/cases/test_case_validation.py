"""A person writes a case with mistakes; all of them are told, each with its place."""

import shutil
from pathlib import Path

import pytest

from overblock.cases.drafting import draft_case
from overblock.cases.loading import BUNDLED, bundled_cases, load_case
from overblock.cases.replay import judged_claims
from overblock.cases.validation import hints_of, problems_of
from overblock.errors import CaseError
from running import inside

FACTS = """\
name = "made-up"
title = "A made-up case"
place = "ES"
utc_offset = "+01:00"
documented_from = "2025"
documented_until = "2025-12-31"
languages = ["en"]
[target]
name = "somebody"
"""
CLAIMS = "claim_id,said_by,said_at,about,figure,unit,statement_summary,source_url\n"
HIT = "service,kind,host,first_reported,how_known,source_url,confidence\n"
URL = "https://example.org/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small sound case."""
    (tmp_path / "case.toml").write_text(FACTS)
    (tmp_path / "claims.csv").write_text(
        f"{CLAIMS}a,A paper,2025-02,sites hit,2,sites,Two shops went dark,{URL}\n"
        f"b,A firm,2025-03-01,parts,1-3,,Parts of it,{URL}\n"
        f"c,A firm,2025-03-01,sum,9,,All of it,{URL}\n"
        f"d,A firm,2025-03-01,since,2025-01-07,,The day,{URL}\n"
    )
    (tmp_path / "services_hit.csv").write_text(
        f"{HIT}Shop,retail,shop.example,2025,press,{URL},low\n"
        f"Bank,finance,,2025-02-03,own word,{URL},high\n"
    )
    (tmp_path / "claim_checks.toml").write_text(
        '[a]\nquery = { table = "services_hit", value = "count" }\nsaid = "exactly"\n'
        '[b]\ncannot = "nobody counted"\n'
        '[c]\narithmetic = "two + part"\nnumbers.two = { claim = "a" }\n'
        'numbers.part = { claim = "b" }\nsaid = "exactly"\nitself = true\n'
        '[d]\ncannot = "a day is no figure"\n'
    )
    return tmp_path


@pytest.mark.parametrize("name", bundled_cases())
def test_the_cases_that_ship_are_sound(name: str) -> None:
    assert problems_of(BUNDLED / name) == []


@pytest.mark.parametrize("name", bundled_cases())
def test_the_cases_that_ship_have_russian_words(name: str) -> None:
    assert hints_of(BUNDLED / name, ["ru"]) == []


def test_it_is_told_what_a_russian_report_would_have_in_english(folder: Path) -> None:
    """Nothing told the author; the report came with an English title and English sectors."""
    facts = folder / "case.toml"
    facts.write_text(FACTS + '[sectors]\nretail = "shops"\n')
    lacks = "a report in 'ru' has its title and its sectors in English"
    assert hints_of(folder, ["ru"]) == [f"case.toml: [translations.ru] is missing: {lacks}"]
    told = inside("case", "validate", folder)
    assert (told.code, lacks in told.err) == (0, True)
    titled = facts.read_text() + '[translations.ru]\ntitle = "Case"\n'
    facts.write_text(titled)
    (hint,) = hints_of(folder, ["ru"])
    assert hint.endswith("lacks words: a report in 'ru' has its sectors in English")
    facts.write_text(titled + 'sectors = { retail = "Shops" }\n')
    assert hints_of(folder, ["ru"]) == []


def test_a_sound_case_has_no_problems_and_its_claims_have_verdicts(folder: Path) -> None:
    assert problems_of(folder) == []
    judged = judged_claims(load_case(folder))
    assert judged["verdict"].to_list() == [
        "agrees",
        "untestable",
        "contradicts_itself",
        "untestable",
    ]
    assert judged.row(2, named=True)["low"] == 3
    assert judged.row(2, named=True)["high"] == 5
    assert judged["quantity"][0] == "count(services_hit)"
    assert judged["quantity"][2] == "two + part with two = claim a, part = claim b"


def test_all_mistakes_of_all_tables_are_told_with_row_and_value(folder: Path) -> None:
    (folder / "claims.csv").write_text(
        f"{CLAIMS}a,A paper,2025-13,sites hit,two,sites,Two shops went dark,{URL}\n"
        f"b,,2025-03-01,parts,1-3,,Parts of it,javascript:alert(1)\n"
    )
    (folder / "services_hit.csv").write_text(
        f"{HIT}Shop,retail,shop.example,2025,press,{URL},sure\nBank,finance\n"
    )
    assert problems_of(folder) == [
        "claims.csv row 2: said_at '2025-13' is not a time",
        "claims.csv row 2: figure 'two' is not a figure",
        "claims.csv row 3: said_by is empty",
        "claims.csv row 3: source_url 'javascript:alert(1)' is not a web address",
        "services_hit.csv row 2: confidence 'sure' is none of high, medium, low",
        "services_hit.csv row 3: 2 cells, wanted 7",
    ]


@pytest.mark.parametrize(
    ("checks", "problem"),
    [
        ('[z]\ncannot = "x"\n', "'z' is no claim"),
        ('[a]\nsaid = "exactly"\n', "neither a quantity nor why it cannot be tested"),
        (
            '[a]\nquery = { table = "none", value = "count" }\nsaid = "exactly"\n',
            "no table 'none'",
        ),
        ('[a]\narithmetic = "x"\nnumbers.x = { claim = "zz" }\n', "no claim 'zz' with a figure"),
        ('[a]\narithmetic = "x"\nnumbers.x = { figure = 7 }\n', "has a figure and no source"),
        ('[a]\narithmetic = "x"\n', "arithmetic and its numbers go together"),
        (
            '[a]\nquantity = "services"\nquery = { table = "claims", value = "count" }\n',
            "more than one of quantity, query and arithmetic",
        ),
    ],
)
def test_checks_that_cannot_be_made_are_told(folder: Path, checks: str, problem: str) -> None:
    rest = "".join(f'[{name}]\ncannot = "x"\n' for name in "abcd" if f"[{name}]" not in checks)
    (folder / "claim_checks.toml").write_text(checks + rest)
    found = problems_of(folder)
    assert len(found) == 1
    assert problem in found[0]


def test_a_unit_that_nobody_knows_is_told_until_the_case_explains_it(folder: Path) -> None:
    claims = (folder / "claims.csv").read_text().replace(",sites,", ",sietes,")
    (folder / "claims.csv").write_text(claims)
    assert len(problems_of(folder)) == 1
    assert problems_of(folder)[0].startswith("claims.csv row 2: unit 'sietes' is not known")
    with pytest.raises(CaseError, match="sietes"):
        load_case(folder)
    with (folder / "case.toml").open("a") as facts:
        facts.write('[units]\nsietes = "groups of seven sites"\n')
    assert problems_of(folder) == []


def test_a_file_that_no_part_reads_is_told(folder: Path) -> None:
    shutil.move(folder / "services_hit.csv", folder / "servicehits.csv")
    assert problems_of(folder)[0].startswith("servicehits.csv: no part of a case; known are ")


def test_times_that_contradict_each_other_are_told(folder: Path) -> None:
    (folder / "case.toml").write_text(FACTS.replace("2025-12-31", "2024"))
    assert problems_of(folder) == ["case.toml: it ends (2024) before it begins"]


def test_a_draft_says_what_is_missing(tmp_path: Path) -> None:
    for name, text in draft_case("a-case", ["claims", "series"]).items():
        (tmp_path / name).write_text(text)
    missing = ("title", "place", "documented_from", "documented_until", "target.name")
    assert problems_of(tmp_path) == [f"case.toml: {key}: must not be empty" for key in missing]
    with pytest.raises(CaseError, match=r"case\.toml: title: must not be empty"):
        load_case(tmp_path)
    (tmp_path / "case.toml").write_text(FACTS)
    assert problems_of(tmp_path) == []


def test_a_case_says_its_title_in_several_languages_in_either_way(folder: Path) -> None:
    facts = FACTS.replace('title = "A made-up case"', 'title = { en = "A case", ru = "Дело" }')
    more = '[translations.ru]\ntarget = "кто-то"\n[translations.de]\ntitle = "Ein Fall"\n'
    (folder / "case.toml").write_text(facts + more)
    assert problems_of(folder) == []
    said = [load_case(folder).facts.said_in(name) for name in ("en", "ru", "de", "fr")]
    assert [one.title for one in said] == ["A case", "Дело", "Ein Fall", "A case"]
    assert [one.target.name for one in said] == ["somebody", "кто-то", "somebody", "somebody"]


@pytest.mark.parametrize(
    "line",
    ["title = 3", "title = { ru = 3 }", "title = {}", "translations = 3", "translations.ru = 3"],
)
def test_a_title_that_is_none_is_told(folder: Path, line: str) -> None:
    words = FACTS.replace('title = "A made-up case"', line if line.startswith("t") else "")
    if "translations" in line:
        words = f"{line}\ntitle = {{ en = 'A', ru = 'B' }}\n" + words.replace(line, "")
    (folder / "case.toml").write_text(words)
    (problem,) = problems_of(folder)
    assert problem.startswith("case.toml:")


@pytest.mark.parametrize("name", bundled_cases())
def test_what_is_said_of_safeguards_stands_in_a_row_of_the_case(name: str) -> None:
    case = load_case(name)
    sources = {
        link
        for table in case.tables.values()
        if "source_url" in table.columns
        for link in table["source_url"]
    }
    safeguards = case.facts.safeguards
    told = [getattr(safeguards, field) for field in safeguards.__struct_fields__]
    assert {one.source_url for one in told if one} <= sources
    assert any(told)
    russian = case.facts.said_in("ru").safeguards
    for field in safeguards.__struct_fields__:
        one, other = getattr(safeguards, field), getattr(russian, field)
        assert (one is None) == (other is None)
        assert one is None or (one.met == other.met and one.note != other.note)


def test_a_safeguard_without_a_web_address_is_told(folder: Path) -> None:
    safeguard = '[safeguards.review_of_harm]\nnote = "x"\nsource_url = "javascript:alert(1)"\n'
    (folder / "case.toml").write_text(FACTS + safeguard)
    (problem,) = problems_of(folder)
    assert problem.startswith("case.toml: safeguard review_of_harm: 'javascript:")
    with pytest.raises(CaseError, match="not a web address"):
        load_case(folder)
