"""Names straight from a file: which source reads it, its beginning tells."""

import gzip
from io import BytesIO
from pathlib import Path

import pytest

from overblock.errors import FetchFailed, SourceDrift, UsageError
from overblock.reports.names.files import guess_names_source, names_of_file
from overblock.tables import RESOLUTIONS
from source_cases import CASES, cases, sample

RESOLVERS = [name for name, source in cases().items() if source.fills is RESOLUTIONS]
TEXTS = [name for name in RESOLVERS if not sample(name).startswith(b"PAR1")]


@pytest.mark.parametrize("name", TEXTS)
def test_each_form_is_known_by_how_it_begins(name: str) -> None:
    assert guess_names_source(sample(name)).name == name


@pytest.mark.parametrize("name", RESOLVERS)
def test_a_file_says_what_its_source_says_of_it_again_and_again(name: str) -> None:
    (path,) = (CASES / name).glob("sample*")
    wanted = cases()[name].read(sample(name))
    table = names_of_file(str(path))
    for _ in range(2):
        assert sum(map(len, table.batches())) == len(wanted.rows)
    assert sum(map(len, table.signs())) == len(wanted.signs if wanted.signs is not None else ())
    assert table.n_rejects() == wanted.rejects["record"].n_unique()


def test_massdns_as_json_is_told_from_zdns() -> None:
    line = b'{"name":"shop.example.","type":"A","class":"IN","status":"NXDOMAIN","data":{}}\n'
    assert guess_names_source(line).name == "massdns"


@pytest.mark.parametrize("line", [b"shop.example\n", b"93.184.216.34\n", b"a.example, 1.1.1.1\n"])
def test_a_plain_list_is_read_where_nothing_else_fits(line: bytes) -> None:
    assert guess_names_source(b"# ours\n" + line).name == "names_list"


@pytest.mark.parametrize(
    "head", [b"", b"<html>no list</html>", b"just some prose, and more of it\n" * 9, b"\0" * 99]
)
def test_what_is_no_list_is_refused_and_shown(head: bytes) -> None:
    with pytest.raises(SourceDrift, match="begins with" if head else "it is empty"):
        guess_names_source(head)


def test_a_pipe_is_read_as_a_file_would_be_and_as_often() -> None:
    piped = gzip.compress(b"shop.example 93.184.216.34\nrubbish here too\n")
    table = names_of_file("-", stdin=BytesIO(piped))
    names = [frame["name"].to_list() for _ in range(2) for frame in table.batches()]
    assert (names, table.name, table.n_rejects()) == ([["shop.example"]] * 2, "stdin", 1)


def test_a_file_is_dated_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "answers-2018-04-16.csv"
    path.write_bytes(b"name,address\nshop.example,93.184.216.34\n")
    assert f"{names_of_file(str(path)).dated_at:%Y-%m-%d}" == "2018-04-16"


def test_a_source_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,shop.example\n")
    with pytest.raises(UsageError, match="tranco gives no resolutions"):
        names_of_file(str(path), "tranco")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FetchFailed, match=r"nowhere\.csv"):
        list(names_of_file("nowhere.csv").batches())
