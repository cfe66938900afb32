"""The page of the answers: what ``--format json`` gives, struct by struct."""

import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from types import NoneType
from typing import Literal, get_args, get_origin, get_type_hints

import msgspec

from overblock.pipeline.keeping import Kept
from overblock.reports.audiences.audience import AudienceAnswer
from overblock.reports.cases.answer import CaseReport
from overblock.reports.checks.check import CheckAnswer
from overblock.reports.collateral.answer import CollateralAnswer, CollateralSeries
from overblock.reports.collateral.cotenants import CotenantsAnswer
from overblock.reports.collateral.dead_orders import DeadOrdersAnswer
from overblock.reports.collateral.impact import ImpactAnswer
from overblock.reports.collateral.observed import ObservedCollateral
from overblock.reports.document.verifying import VerifyAnswer
from overblock.reports.fleets.answer import WatchAnswer
from overblock.reports.measured.blocked_addresses import BlockedAddressesAnswer
from overblock.reports.measured.events import EventsAnswer
from overblock.reports.measured.measurements import MeasurementAnswer, MeasurementsAnswer
from overblock.reports.measured.verdicts import VerdictAnswer
from overblock.reports.registers.diff import DiffAnswer
from overblock.reports.registers.extent import ExtentAnswer
from overblock.reports.registers.history import HistoryAnswer
from overblock.reports.sources import SourceHealth
from overblock.reports.stamps import StampedArtefact

ROOTS: dict[str, tuple[type, str]] = {
    "extent": (ExtentAnswer, "one object"),
    "history": (HistoryAnswer, "one object"),
    "diff": (DiffAnswer, "one object"),
    "check": (CheckAnswer, "a list, one object a target, in the order asked"),
    "collateral": (
        CollateralAnswer,
        "one object; of `observed` an ObservedCollateral, with `--over-time` a CollateralSeries",
    ),
    "cotenants": (CotenantsAnswer, "a list, one object a target, in the order asked"),
    "impact": (ImpactAnswer, "one object"),
    "dead": (DeadOrdersAnswer, "one object"),
    "events": (EventsAnswer, "one object; with `--addresses` a BlockedAddressesAnswer"),
    "measurements ingest": (Kept, "one object"),
    "measurements rebuild": (Kept, "one object"),
    "measurements list": (MeasurementsAnswer, "one object"),
    "measurements show": (MeasurementAnswer, "one object"),
    "audience": (AudienceAnswer, "one object"),
    "sources": (SourceHealth, "a list, one object a source"),
    "watch": (WatchAnswer, "one object"),
    "case replay": (CaseReport, "one object"),
    "verify": (VerifyAnswer, "one object"),
    "stamps": (StampedArtefact, "a list, one object an artefact"),
    "verdicts": (VerdictAnswer, "a list, one object a measurement, layer or feature"),
}
MORE: dict[str, tuple[type, ...]] = {  # by an option
    "collateral": (CollateralSeries, ObservedCollateral),
    "events": (BlockedAddressesAnswer,),
}
PLAIN: dict[object, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "yes or no",
    datetime: "moment",
    date: "date",
    NoneType: "null",
}


def answers() -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
    """Heading, words, and fields as name, type and meaning; a part stands once, after its first."""
    seen: set[type] = set()
    for command, (root, shape) in ROOTS.items():
        yield f"overblock {command}", f"{_doc(root)}\nGiven as {shape}.", _fields(root)
        for part in [*_parts(root), *MORE.get(command, ()), *_parts_of(MORE.get(command, ()))]:
            if part not in seen:
                known = part.__name__ in {other.__name__ for other in seen}
                heading = f"{part.__name__} of {command}" if known else part.__name__
                yield heading, _doc(part), _fields(part)
                seen.add(part)


def _doc(struct: type) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", inspect.getdoc(struct) or "")


def _fields(struct: type) -> list[tuple[str, str, str]]:
    said = dict(re.findall(r"^    (\w+): .*?  # (.+)$", inspect.getsource(struct), re.MULTILINE))
    hints = get_type_hints(struct)
    return [(f"`{name}`", _typed(hints[name]), said.get(name, "")) for name in _names(struct)]


def _names(struct: type) -> list[str]:
    if dataclasses.is_dataclass(struct):
        return [field.name for field in dataclasses.fields(struct)]
    return [field.name for field in msgspec.structs.fields(struct)]


def _typed(hint: object) -> str:
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, type) and _is_struct(hint):
        return hint.__name__
    held = get_args(hint)
    if get_origin(hint) is Literal:
        return " or ".join(f"`{word}`" for word in held)
    if get_origin(hint) in {list, tuple}:
        return f"list of {_typed(held[0])}"
    if get_origin(hint) is dict:
        return f"object of {_typed(held[1])}"
    return " or ".join(_typed(one) for one in held)


def _is_struct(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct)


def _parts(struct: type) -> list[type]:
    """The structs that a struct holds, at any depth, each once, in order of first mention."""
    found: dict[type, None] = {}
    for name in _names(struct):
        for part in _structs_in(get_type_hints(struct)[name]):
            found |= dict.fromkeys([part, *_parts(part)])
    return list(found)


def _parts_of(structs: Iterable[type]) -> list[type]:
    return [part for struct in structs for part in _parts(struct)]


def _structs_in(hint: object) -> list[type]:
    if isinstance(hint, type) and _is_struct(hint):
        return [hint]
    return [part for held in get_args(hint) for part in _structs_in(held)]
