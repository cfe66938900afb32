"""What is said to the allocator under Polars, and that it is said in time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from overblock.cli._memory import GENEROUS, hold_freed_memory

# Runs a command, and tells whether the settings stood when Polars was first looked for.
WATCHED = """
import os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "polars":
            print(all(os.environ.get(key) for key in {settings!r}))
            sys.meta_path.remove(self)
sys.meta_path.insert(0, Watch())
from overblock.cli.main import main
sys.argv = ["overblock", "collateral", {register!r}, "--names", {names!r}]
main()
"""


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = dict.fromkeys(GENEROUS, "dirty_decay_ms:0")
    monkeypatch.setattr(os, "environ", dict(mine))
    hold_freed_memory()
    assert os.environ == mine


def test_the_settings_stand_before_polars_is_imported(tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("name,address\nshop.example,192.0.2.1\n")
    code = WATCHED.format(settings=list(GENEROUS), register="192.0.2.0/24", names=str(names))
    bare = {key: value for key, value in os.environ.items() if key not in GENEROUS}
    told = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=bare
    )
    assert told.stdout.splitlines()[0] == "True", told.stderr
