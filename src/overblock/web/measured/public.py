"""What visitors are told of where data came from: the name of a file, never its place.

The command line names whole paths, as its reader owns the machine.
"""

from pathlib import PurePosixPath, PureWindowsPath

from msgspec.structs import replace

from overblock.reports.measured.measurements import (
    MeasurementAnswer,
    MeasurementRow,
    MeasurementsAnswer,
)


def name_of(place: str) -> str:
    """The last part of a path of any system; an archive's member keeps its own name."""
    return PureWindowsPath(PurePosixPath(place).name).name or place


def public_list(answer: MeasurementsAnswer) -> MeasurementsAnswer:
    """Measurements as visitors may see them."""
    return replace(answer, measurements=[_public(row) for row in answer.measurements])


def public_measurement(answer: MeasurementAnswer) -> MeasurementAnswer:
    """One measurement as visitors may see it."""
    kept = {
        name: name_of(str(told)) if name == "name" else told
        for name, told in answer.kept_as.items()
    }
    return replace(answer, measurement=_public(answer.measurement), kept_as=kept)


def _public(row: MeasurementRow) -> MeasurementRow:
    return replace(row, file=name_of(row.file))
