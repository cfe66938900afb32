"""What a watch remembers between two runs, in a file that is read whole and replaced whole.

A file that cannot be read is never overwritten: what it remembered would be lost, and with it the
changes that nobody has been told of.
"""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from overblock.durable import put_file
from overblock.errors import StoreDamaged, UsageError
from overblock.fleets.changes import FORMAT, FleetState

LAST = datetime.max.replace(tzinfo=UTC)
METRICS = b"# HELP overblock_"  # what they begin with


class _Format(msgspec.Struct):
    format: int


def load_state(path: Path, at: datetime) -> FleetState | None:
    """What was remembered; None where there is no file yet.

    Raises:
        StoreDamaged: the file is there and is no memory of a watch; it is left as it is.
        UsageError: it is of a moment after ``at``: changes would run backwards.
    """
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreDamaged(f"the state {path} cannot be read: {error.strerror}") from error
    try:
        found = msgspec.json.decode(written, type=_Format).format
        state = msgspec.json.decode(written, type=FleetState) if found == FORMAT else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found, state = None, None
    if state is None:
        what = "is no state of a watch" if found is None else f"is of format {found}, not {FORMAT}"
        raise StoreDamaged(f"{path} {what}; it is left as it is: move it away to begin anew")
    if state.at > at:
        raise UsageError(
            f"the state {path} is of {state.at:%Y-%m-%d %H:%M} UTC, later than the moment asked "
            f"about, {at:%Y-%m-%d %H:%M} UTC"
        )
    return state


def save_state(path: Path, state: FleetState) -> None:
    """Replace what was remembered, at one stroke.

    What a later run remembered stays: it began while this one was held up, and knows more.
    """
    held = load_state(path, LAST)
    if held is None or held.at <= state.at:
        put_file(path, msgspec.json.format(msgspec.json.encode(state), indent=1))


def check_metrics(path: Path) -> None:
    """Refuse a place for metrics that another file has, an inventory perhaps.

    Raises:
        UsageError: so it is, or it cannot be told; it is left as it is.
    """
    if not path.is_file():
        return
    try:
        with path.open("rb") as held:
            begins = held.read(len(METRICS))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; it is left as it is") from error
    if begins and begins != METRICS:
        raise UsageError(f"{path} holds no metrics of overblock; it is left as it is")


def save_metrics(path: Path, text: bytes) -> None:
    """Replace the metrics of the last run, at one stroke; nothing else is ever replaced.

    Raises:
        UsageError: another file has that place; it is left as it is.
    """
    check_metrics(path)
    put_file(path, text)
