"""Times whose neighbours are near enough to each other, and values between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vavam_ros.records import NS_PER_S


class Stretches:
    """Increasing times, parted wherever more than `most_hole_s` lies between two neighbours."""

    def __init__(self, stamps_ns: NDArray[np.int64], most_hole_s: float) -> None:
        self.stamps_ns = stamps_ns
        self._holes = np.diff(stamps_ns) > most_hole_s * NS_PER_S
        first = np.zeros(min(len(stamps_ns), 1), np.int64)
        self.parts: NDArray[np.int64] = np.concatenate([first, np.cumsum(self._holes)])

    def of(self, asked_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The stretch that each time lies in [N]; -1 where it is in none."""
        if not len(self.stamps_ns):
            return np.full(len(asked_ns), -1, np.int64)
        last = len(self.stamps_ns) - 1
        before = np.searchsorted(self.stamps_ns, asked_ns, side='right') - 1
        after = np.searchsorted(self.stamps_ns, asked_ns, side='left')
        inside = (before >= 0) & (after <= last)
        parts = self.parts[before.clip(0)]
        same = parts == self.parts[after.clip(max=last)]
        return np.where(inside & same, parts, -1)

    def bounds_ns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First and last time of the stretch that each of the times is of, [N] each."""
        first = self.stamps_ns[np.searchsorted(self.parts, self.parts, side='left')]
        last = self.stamps_ns[np.searchsorted(self.parts, self.parts, side='right') - 1]
        return first, last

    def holes_ns(self) -> NDArray[np.int64]:
        """The last time before each hole and the first after it, [holes, 2]."""
        starts = np.flatnonzero(self._holes)
        return np.stack([self.stamps_ns[starts], self.stamps_ns[starts + 1]], axis=1)


def interpolated(
    stamps_ns: NDArray[np.int64], rows: NDArray[np.float64], asked_ns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Rows [N, columns] at other times, linear in each column; beyond the ends as there."""
    since_ns = stamps_ns - stamps_ns[0]  # small enough for float64
    asked = (asked_ns - stamps_ns[0]).astype(np.float64)
    return np.stack([np.interp(asked, since_ns, column) for column in rows.T], axis=1)
