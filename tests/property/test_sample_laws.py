"""Labelled measurements, written otherwise: what they mean stays."""

import csv
import json
import random
from typing import Any

import pytest

from measurement_changes import CHANGES, WEB, Change, wrapped
from measurement_worlds import Document, judged
from shared_data import shared

MOST_CHANGES = 4  # at once


def samples() -> list[tuple[dict[str, str], Document]]:
    """Labels that rest on more than an assumption, and what they are of."""
    folder = shared("samples", "ooni")
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        labels = [each for each in csv.DictReader(lines) if each["truth"] != "weak"]
    return [(each, json.loads((folder / each["file"]).read_bytes())) for each in labels]


def is_right(label: dict[str, str], verdict: dict[str, Any]) -> bool:
    allowed = {label["expected_blocked"], *label["also_ok"].split()}
    if verdict["blocked"] not in allowed:
        return False
    if (label["expected_blocked"], verdict["blocked"]) != ("yes", "yes"):
        return True
    told = set((verdict["mechanism"] or "").split("+"))
    return bool(told & set(label["expected_mechanism"].split("+")))


def wrong_after(found: list[tuple[dict[str, str], Document]]) -> list[str]:
    verdicts = judged(*(document for _, document in found))
    pairs = zip(found, verdicts, strict=True)
    return [label["file"] for (label, _), verdict in pairs if not is_right(label, verdict)]


def changed(found: Document, draw: random.Random) -> Document:
    if not found.get("test_keys"):
        return found
    for change in draw.sample(CHANGES, draw.randint(1, MOST_CHANGES)):
        found = change(found, draw)
    return wrapped(found, draw) if draw.random() < 1 / 4 else found


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_label_holds_however_its_measurement_is_written(change: Change) -> None:
    draw = random.Random(7)  # noqa: S311  (no secret)
    found = [
        (label, change(document, draw)) for label, document in samples() if document["test_keys"]
    ]
    assert any(label["nettest"] == WEB for label, _ in found)
    assert wrong_after(found) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_label_holds_under_several_changes_at_once(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  (no secret)
    assert wrong_after([(label, changed(document, draw)) for label, document in samples()]) == []
