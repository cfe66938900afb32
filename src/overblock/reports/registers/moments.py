"""Which snapshot of a register holds at a moment: between two snapshots nothing changes.

So an answer about any moment is one about the snapshot that holds then, and can be kept for all
moments until the next.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from overblock.errors import NoSnapshot
from overblock.reports.registers.states import register_snapshots
from overblock.store import View


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments at which a register was published, in order."""

    register: str
    at: list[datetime]

    def holding(self, at: datetime) -> datetime:
        """The last of them up to a moment.

        Raises:
            NoSnapshot: there is none by then.
        """
        place = bisect_right(self.at, at)
        if not place:
            raise NoSnapshot(
                f"{self.register} has no snapshot at or before {at:%Y-%m-%d %H:%M} UTC; "
                f"its first is of {self.at[0]:%Y-%m-%d %H:%M} UTC"
            )
        return self.at[place - 1]

    def beside(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """The moments before and after the one that holds, to step through them."""
        place = bisect_right(self.at, at)
        before = self.at[place - 2] if place > 1 else None
        return before, self.at[place] if place < len(self.at) else None


def register_moments(view: View, register: str) -> Moments:
    """All moments of a register.

    Raises:
        UnknownRegister: the observatory has no such register.
    """
    moments = register_snapshots(view, register)["ordered_at"].unique().sort()
    return Moments(register, moments.to_list())
