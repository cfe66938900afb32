"""The figures of the page on accuracy: verdicts on the labelled samples beside their labels.

Run by `python docs/_accuracy.py`, which writes them into the page; the samples lie beside the
project and are no part of it, so `make check` does not make this page anew.
"""

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from overblock.measurements.rules import LAYERS
from overblock.measurements.verdicts import all_rules
from overblock.reports.measured.verdicts import judge_files

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "explanation" / "accuracy.md"
SAMPLES = DOCS.parent.parent / "shared" / "samples" / "ooni"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
MESSENGERS = {"telegram", "whatsapp", "signal", "facebook_messenger"}
FOLLOWED = {f"{layer}_rule" for layer in LAYERS}
TRUTHS = {"constructed", "adjudicated"}


@dataclass(frozen=True)
class Judged:
    """One sample: its label and the verdict."""

    label: dict[str, str]
    row: dict[str, object]
    rule: str  # that decided: of the layer or feature, where the whole only says which

    @property
    def said(self) -> str:
        """The verdict's answer."""
        return str(self.row["blocked"])

    @property
    def is_right(self) -> bool:
        """As the label has it, or as it allows."""
        return self.said in {self.label["expected_blocked"], *self.label["also_ok"].split()}

    def meets(self, mine: str, theirs: str) -> bool:
        """Whether what is named on both sides has something in common."""
        return bool(_parts(self.row[mine]) & _parts(self.label[theirs]))


def _parts(written: object) -> set[str]:
    return set(re.split(r"[+ ]", str(written or ""))) - {"", "none"}


def judged_samples(folder: Path) -> list[Judged]:
    """Every sample whose label rests on more than an assumption, with the verdict on it."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        labels = [row for row in csv.DictReader(lines) if row["truth"] in TRUTHS]
    wholes = {str(row["file"]): row for row in _rows(folder, layers=False)}
    parts: dict[str, list[dict[str, object]]] = {}
    for row in _rows(folder, layers=True):
        parts.setdefault(str(row["file"]), []).append(row)
    return [
        Judged(label, wholes[label["file"]], _decider(wholes[label["file"]], parts[label["file"]]))
        for label in labels
    ]


def _rows(folder: Path, *, layers: bool) -> Iterator[dict[str, object]]:
    for frame in judge_files([str(folder)], layers=layers):
        yield from frame.iter_rows(named=True)


def _decider(whole: dict[str, object], parts: list[dict[str, object]]) -> str:
    """The rule that the whole follows: of its one layer, or of the first feature that is alike."""
    evidence = whole["evidence"]
    facts = evidence if isinstance(evidence, list) else []
    followed = [fact.partition("=")[2] for fact in facts if fact.partition("=")[0] in FOLLOWED]
    if len(followed) == 1:
        return str(followed[0])
    same = (part for part in parts if part["blocked"] == whole["blocked"] and _is_feature(part))
    return str(next(same, whole)["rule_id"])


def _is_feature(row: dict[str, object]) -> bool:
    return row["feature"] != "all"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none to count"


def scores(found: list[Judged]) -> list[tuple[str, str]]:
    """The scores, as they are defined beside the labels."""
    hit = [each for each in found if each.label["expected_blocked"] == "yes"]
    free = [each for each in found if each.label["expected_blocked"] in {"no", "down"}]
    true = [each for each in hit if each.said == "yes"]
    false = [each for each in free if each.said == "yes"]
    named = [each for each in true if each.label["feature"]]
    return [
        ("samples", str(len(found))),
        ("precision", _share(len(true), len(true) + len(false))),
        ("recall", _share(len(true), len(hit))),
        ("false alarms of those not blocked", _share(len(false), len(free))),
        ("right or allowed, of four answers", _share(sum(e.is_right for e in found), len(found))),
        ("mechanism overlaps", _share(sum(e.meets("mechanism", "expected_mechanism")
                                          for e in true), len(true))),
        ("feature overlaps", _share(sum(e.meets("feature", "feature") for e in named),
                                    len(named))),
    ]  # fmt: skip


def figures(found: list[Judged]) -> str:
    """The tables of the page."""
    groups = {
        "all": found,
        "pages": [each for each in found if each.label["nettest"] == "web_connectivity"],
        "messengers": [each for each in found if each.label["nettest"] in MESSENGERS],
    }
    columns = {name: scores(group) for name, group in groups.items()}
    lines = ["| score | " + " | ".join(columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    for place, (name, _) in enumerate(columns["all"]):
        cells = " | ".join(column[place][1] for column in columns.values())
        lines.append(f"| {name} | {cells} |")
    deciders = Counter(each.rule for each in found)
    right = Counter(each.rule for each in found if each.is_right)
    reasons = {rule.id: rule.because for rule in all_rules()}
    lines += ["", "| rule | decides | right | because |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{rule}` | {number} | {right[rule]} | {reasons[rule]} |"
        for rule, number in sorted(deciders.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return "\n".join(lines)


def main() -> None:
    """Write the figures into the page."""
    if not SAMPLES.is_dir():
        sys.exit("the labelled samples are not beside the project")
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = figures(judged_samples(SAMPLES))
    PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
