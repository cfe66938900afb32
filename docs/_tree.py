"""The tree of the package, as the contract of its imports has it: each part with its own words."""

import ast
import tomllib
from pathlib import Path

from _generate import _grid

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "overblock"


def layers() -> str:
    """Every layer, from the lowest: a part imports only from rows above its own."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    [found, *_] = contract["tool"]["importlinter"]["contracts"]
    rows = [
        (f"`{name}`", _does(PACKAGE / name))
        for layer in reversed(found["layers"])
        for name in (part.strip().removeprefix("overblock.") for part in layer.split("|"))
    ]
    return _grid(("part", "what it is for"), rows)


def _does(place: Path) -> str:
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    told = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return " ".join(told.partition("\n\n")[0].split()).replace("``", "`")
