"""The question as users put it: `overblock collateral`, of an observatory with many names."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl

from overblock.collateral.groups import GROUPS
from overblock.pipeline.naming import PART_ROWS
from overblock.store import Store
from overblock.tables import NAME_CATEGORIES, NAME_SIGNS, RESOLUTIONS
from worlds import REGISTER

DAY = "2018-05-05"
NAMES = f"names_parquet@{DAY}"
COMMAND = "from overblock.cli.main import main; main()"


def write_observatory(folder: Path, parts: list[Path]) -> Path:
    """What ingesting the names in any order would leave: each part goes through the alphabet."""
    store = Store.create(folder / "observatory")
    n_rows = sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in parts)
    n_parts = -(-n_rows // PART_ROWS)
    with store.writing("names") as writer:
        for place in range(n_parts):
            dealt = [pl.read_parquet(path).gather_every(n_parts, place) for path in parts]
            writer.append(RESOLUTIONS, NAMES, pl.concat(dealt).sort("name"))
        signs = pl.read_parquet(folder / "signs.parquet")
        writer.append(NAME_SIGNS, NAMES, signs.sort("name"))
        categories = pl.read_parquet(folder / "categories.parquet")
        writer.append(NAME_CATEGORIES, f"citizenlab_lists@{DAY}", categories)
        writer.publish()
    return store.root


def ask(root: Path) -> tuple[float, float, dict[str, Any]]:
    """Seconds and MiB at its peak of the command, and its answer.

    It is begun by a small process: what begins as a copy of a large one is told to have been large.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_ask, (root,))


def _ask(root: Path) -> tuple[float, float, dict[str, Any]]:
    question = ["collateral", str(REGISTER), "--at", DAY, "--by", "sector", "--format", "json"]
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *question, "--store", str(root)],
        stdout=subprocess.PIPE,
    ) as command:
        assert command.stdout is not None
        told = command.stdout.read()
        _, status, usage = os.wait4(command.pid, 0)
        command.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begin
    assert not command.returncode
    return seconds, usage.ru_maxrss / 1024, json.loads(told)


def figures_of_answer(answer: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Counts by group and reach, as the world was made."""
    found = {(row["group"], row["reach"]): row["count"] for row in answer["groups"]}
    return {key: count for key, count in found.items() if count and key[0] in GROUPS}
