"""The shape of the project: what no single module can promise for itself."""

import ast
import inspect
import os
import re
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from overblock import errors
from overblock.errors import OverblockError
from overblock.sources import all_sources
from overblock.tables import ALL, Table
from shared_data import ROOT

MOST_LINES = 400  # of a file: a longer one is two things
MOST_LINES_OF_A_FUNCTION = 40
LONGER_FILES: dict[str, str] = {}  # path → why it cannot be two
LONGER_FUNCTIONS: dict[str, str] = {}  # path::name → why it cannot be two
ERRORS_ELSEWHERE: dict[str, str] = {}  # path::name → why it stands outside errors.py
HELP_SECONDS = 0.2  # best of five; on an idle machine it is half of that
HEAVY = {"polars", "numpy", "duckdb", "pyarrow", "lxml", "altair", "geoip2fast", "PIL"}
BIN = Path(sys.executable).parent
PACKAGE = ROOT / "src" / "overblock"
REGISTRY = re.compile(
    # in pieces, so that this file does not name what it forbids
    rb"|".join([rb"py" + rb"pi\.org", rb"python" + rb"hosted", rb"npm" + rb"js\.(org|com)"])
)
ONE_MACHINE = re.compile(rb"(?<![\w./-])/(?:work|root|home)/\w")


def files() -> Iterator[Path]:
    """Every file of the project, as far as names tell: no caches, no environment, no history."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if not _made(name)]
        yield from (Path(folder, name) for name in names if not name.startswith(".coverage"))


def _made(name: str) -> bool:
    hidden = name.startswith(".") and name not in {".ci", ".github"}
    return hidden or name in {"__pycache__", "dist", "build", "observatory", "out"}


def python_files() -> list[Path]:
    return sorted(path for path in files() if path.suffix == ".py")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_bytes(), filename=relative(path))))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_long() -> None:
    lengths = {relative(path): len(path.read_bytes().splitlines()) for path in python_files()}
    long = {name for name, length in lengths.items() if length >= MOST_LINES}
    assert long == set(LONGER_FILES)


def test_no_function_is_long() -> None:
    long = {
        f"{relative(path)}::{function.name}"
        for path in python_files()
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 >= MOST_LINES_OF_A_FUNCTION
    }
    assert long == set(LONGER_FUNCTIONS)


def test_imports_point_only_up_the_tree() -> None:
    """The contracts stand in pyproject.toml; here they are part of the tests too."""
    found = subprocess.run(
        [BIN / "lint-imports", "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_part_of_the_package_has_its_layer() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = contract["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = [part.strip() for layer in layers for part in layer.split("|")]
    parts = {file.stem for file in PACKAGE.glob("*.py")} - {"__init__"}
    parts |= {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    assert sorted(placed) == sorted(f"overblock.{part}" for part in parts)


def test_a_package_has_no_second_list_of_what_it_offers() -> None:
    """A name is public when it has no underscore: a list of names would be a thing to keep."""
    assert [
        relative(path)
        for path in python_files()
        if re.search(rb"^__all__", path.read_bytes(), re.MULTILINE)
    ] == []


@pytest.mark.parametrize("forbidden", [REGISTRY, ONE_MACHINE], ids=["registry", "one_machine"])
def test_no_file_names_a_package_registry_or_a_path_of_one_machine(
    forbidden: re.Pattern[bytes],
) -> None:
    named = {relative(path): forbidden.search(path.read_bytes()) for path in files()}
    assert {name: found.group() for name, found in named.items() if found} == {}


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_a_table_says_what_it_and_each_of_its_columns_mean(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert table.meaning.endswith(".")
    assert all(column.meaning for column in table.columns)
    assert len(set(names)) == len(names)
    assert set(table.key) <= set(names)


def test_no_two_tables_have_one_name() -> None:
    assert len({table.name for table in ALL}) == len(ALL)


@pytest.mark.parametrize("name", all_sources())
def test_a_source_is_named_after_its_file_and_has_a_case(name: str) -> None:
    source = all_sources()[name]
    case = ROOT / "tests" / "sources" / "cases" / name
    assert source.read.__module__ == f"overblock.sources.{name}"
    assert any(case.iterdir()) if case.is_dir() else False, f"no case in tests/sources/cases/{name}"


def exception_classes() -> list[type[OverblockError]]:
    found = [value for value in vars(errors).values() if inspect.isclass(value)]
    return [value for value in found if issubclass(value, OverblockError)]


def drawn_tree() -> dict[str, str]:
    """Each class in the tree of the docstring, with the one it hangs from."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for indent, name in re.findall(r"^( {4,})([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE):
        while above and above[-1][0] >= len(indent):
            above.pop()
        parents[name] = above[-1][1] if above else "Exception"
        above.append((len(indent), name))
    return parents


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    assert drawn_tree() == {
        kind.__name__: kind.__bases__[0].__name__ for kind in exception_classes()
    }


def test_every_error_stands_in_the_one_module_of_errors() -> None:
    """Else a command exits with a code that no page explains."""
    bases = {kind.__name__ for kind in exception_classes()}
    elsewhere = {
        f"{relative(path)}::{node.name}"
        for path in python_files()
        if path.is_relative_to(ROOT / "src") and path != Path(errors.__file__)
        for node in nodes(path)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id in bases for base in node.bases)
    }
    assert elsewhere == set(ERRORS_ELSEWHERE)


@pytest.mark.parametrize("kind", exception_classes(), ids=lambda kind: kind.__name__)
def test_an_error_says_how_a_command_exits_and_what_the_web_answers(
    kind: type[OverblockError],
) -> None:
    assert 1 <= kind.exit_code < 64
    assert 400 <= kind.http_status < 600
    assert (kind.__doc__ or "").endswith(".")


def catches_all(handler: ast.ExceptHandler) -> bool:
    named = handler.type.id if isinstance(handler.type, ast.Name) else ""
    return handler.type is None or named in {"Exception", "BaseException"}


def test_what_nobody_thought_of_is_never_swallowed() -> None:
    """To tidy up and raise on is fine."""
    assert [
        f"{relative(path)}:{node.lineno}"
        for path in python_files()
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
        if not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    ] == []


def help_seconds() -> float:
    """The processor's seconds, not the clock's: a busy neighbour makes a start late, not long."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([BIN / "overblock", "--help"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_starts_at_once() -> None:
    assert min(help_seconds() for _ in range(5)) < HELP_SECONDS


def test_help_loads_no_engine() -> None:
    """The time above may pass on a fast machine; this holds on every one."""
    script = (
        "import sys, contextlib\n"
        "from overblock.cli.main import main\n"
        "sys.argv = ['overblock', '--help']\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    started = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert "Usage: overblock" in started.stdout
    loaded = {name.partition(".")[0] for name in started.stderr.split()}
    assert loaded & HEAVY == set()


def test_the_heavy_modules_are_ones_that_exist() -> None:
    """A misspelt name would never be found loaded."""
    assert {name for name in HEAVY if find_spec(name) is None} == set()
