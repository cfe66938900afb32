"""What exists has its place in the pages, and what the pages say is so."""

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from overblock import errors
from overblock.reasons import REASONS
from overblock.registers.flags import FLAGS
from overblock.sources import all_sources
from overblock.tables import ALL
from overblock.tables.names import OUTCOMES
from shared_data import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md"])
MOST_LINES = 400
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# A reason as a reader of bytes writes it: the words that reasons begin with, and single ones.
REASON = re.compile(
    r"(bad|duplicate|empty|host|no|not|nothing|nul|repeated|several|stray|too|unknown)(_[a-z0-9]+)+"
    r"|empty|ipv4_mapped|malformed|undecodable"
)
READERS = (
    *("addresses/*.py", "pipeline/*.py", "registers/*.py", "sources/*.py"),
    "measurements/decoding.py",
    "probes/name_lists.py",
)


@pytest.fixture(scope="module")
def generator() -> Any:
    sys.path.insert(0, str(DOCS))
    try:
        return import_module("_generate")
    finally:
        sys.path.remove(str(DOCS))


def page(name: str) -> str:
    return (DOCS / "reference" / f"{name}.md").read_text("utf-8")


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(path: Path) -> set[str]:
    """The places that a link can point at: headings, as the usual viewers name them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text("utf-8")), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def leads(path: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    inside = target.is_relative_to(ROOT) and target.exists()
    return inside and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_every_link_within_the_project_leads_somewhere(path: Path) -> None:
    text = FENCED.sub("", path.read_text("utf-8"))
    local = [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not leads(path, link)] == []


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_a_page_has_one_title_and_is_not_long(path: Path) -> None:
    """Generated pages may be longer: they are looked up, not read."""
    text = path.read_text("utf-8")
    assert len(re.findall(r"^# ", FENCED.sub("", text), re.MULTILINE)) == 1
    assert len(text.splitlines()) <= MOST_LINES or "[[[cog" in text


def test_the_map_of_the_pages_leads_to_each_of_them() -> None:
    linked = {
        (DOCS / link.partition("#")[0]).resolve()
        for link in LINK.findall((DOCS / "index.md").read_text("utf-8"))
    }
    assert {short(path) for path in set(PAGES) - linked} == {"docs/index.md"}


def test_generated_pages_say_what_the_code_says_now() -> None:
    """`make docs` mends it."""
    made = [str(path) for path in PAGES if "[[[cog" in path.read_text("utf-8")]
    cog = Path(sys.executable).parent / "cog"
    found = subprocess.run(
        [cog, "-I", DOCS, "-U", "--check", "--diff", "--verbosity=0", *made],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]


@pytest.mark.parametrize("name", [table.name for table in ALL])
def test_every_table_has_its_place(name: str) -> None:
    assert f"\n## {name}\n" in page("tables")


@pytest.mark.parametrize("name", all_sources())
def test_every_source_has_its_place(name: str) -> None:
    assert f"\n### {name}\n" in page("sources")


def test_every_error_has_its_place() -> None:
    names = set(re.findall(r"^class (\w+)", Path(errors.__file__).read_text("utf-8"), re.MULTILINE))
    assert names == set(re.findall(r"^\| `(\w+)` \|", page("errors"), re.MULTILINE))


@pytest.mark.parametrize("name", FLAGS)
def test_every_flag_has_its_place(name: str) -> None:
    assert f"| `{name}` |" in page("flags")


def test_every_command_and_option_has_a_page_and_a_help(generator: Any) -> None:
    written = page("commands")
    helps = dict(generator.command_helps())
    for name, text in helps.items():
        assert f"\n## {name}\n" in written
        lines = [line for line in text.splitlines() if line.strip()]
        assert not lines[1].startswith(("Options:", "Commands:")), f"{name} does not say what for"
        assert re.findall(r"^  --\S+(?: \S+)?$\n(?=  -|\Z)", text, re.MULTILINE) == []


def test_every_command_that_answers_has_its_answer_described(generator: Any) -> None:
    files_only = {"overblock", "overblock demo", "overblock init"}
    told = set(re.findall(r"^## (overblock \w+(?: \w+)?)$", page("answers"), re.MULTILINE))
    with_json = {name for name, text in generator.command_helps() if "--format" in text}
    assert told == with_json - files_only


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_every_command_line_in_the_pages_can_be_typed(path: Path, generator: Any) -> None:
    helps = dict(generator.command_helps())
    typed = re.findall(
        r"^(?:\$ +)?overblock +([a-z]\w*)\b(.*)$", path.read_text("utf-8"), re.MULTILINE
    )
    for group, words in typed:
        below = f"{group} {words.split()[0]}" if words.split() else group
        command = below if f"overblock {below}" in helps else group
        options = re.findall(r"(?<= )--[a-z][a-z-]*", words.partition("#")[0])
        missing = [option for option in options if option not in helps[f"overblock {command}"]]
        assert missing == [], f"overblock {command}{words}"


def given_reasons() -> set[str]:
    """All texts in the readers that look like a reason and are no column, outcome or flag."""
    columns = {column.name for table in ALL for column in table.columns}
    texts = {
        text
        for readers in READERS
        for path in (ROOT / "src" / "overblock").glob(readers)
        for text in re.findall(r'"([a-z0-9_]+)"', path.read_text("utf-8"))
    }
    return {text for text in texts - columns - set(OUTCOMES) if REASON.fullmatch(text)}


def test_every_reason_that_a_reader_can_give_is_explained() -> None:
    assert given_reasons() - set(REASONS) == set()


def test_every_reason_that_is_explained_can_be_given() -> None:
    """`bad_domain` is put together from the kind of resource, and `bad_url` can be."""
    assert set(REASONS) - given_reasons() <= {"bad_domain", "bad_url"}


def test_the_expected_rejects_of_the_cases_have_known_reasons() -> None:
    cases = (path for path in (ROOT / "tests" / "sources" / "cases").rglob("*") if path.is_file())
    text = b"\n".join(path.read_bytes() for path in cases if path.suffix == ".json")
    assert set(re.findall(r'"reason": ?"(\w+)"', text.decode("utf-8"))) - set(REASONS) == set()


def test_every_dependency_has_its_reason() -> None:
    """What is not worth a line is not worth depending on; what is gone needs none."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split(r"[<>=~ ]", line)[0] for line in declared["dependencies"]}
    told = (DOCS / "explanation" / "dependencies.md").read_text("utf-8")
    assert set(re.findall(r"^\| ([a-z][a-z0-9-]*) \|", told, re.MULTILINE)) - {"library"} == needed
