"""Where a vehicle was at any time, from odometry; never across a hole in it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, DriveCommand, EgoState
from vavam_ros.training.drives import HORIZON, STEP_S

MOST_HOLE_S = 0.2
ASIDE_M = 2.0  # of the pose 3 s ahead, as the released models' training data was labelled


class EgoTrack:
    """States in the order of their stamps; of equal stamps the first counts."""

    def __init__(self, states: Iterable[EgoState], most_hole_s: float = MOST_HOLE_S) -> None:
        table = {one.stamp_ns: (one.x_m, one.y_m, one.yaw_rad, one.speed_mps) for one in states}
        self.stamps_ns: NDArray[np.int64] = np.array(sorted(table), np.int64)
        rows = np.array([table[int(stamp)] for stamp in self.stamps_ns], np.float64)
        self._rows = rows.reshape(-1, 4)
        self._rows[:, 2] = np.unwrap(self._rows[:, 2])
        holes = np.diff(self.stamps_ns) > most_hole_s * NS_PER_S
        self._part = np.concatenate([[0], np.cumsum(holes)])  # which stretch a state is of

    def __len__(self) -> int:
        return len(self.stamps_ns)

    def at(self, stamps_ns: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """States (x m, y m, yaw rad, m/s) at each time [N, 4], and whether they are known [N]."""
        if not len(self):
            return np.zeros((len(stamps_ns), 4)), np.zeros(len(stamps_ns), np.bool_)
        known = self._stretch(stamps_ns) >= 0
        since_ns = self.stamps_ns - self.stamps_ns[0]  # small enough for float64
        asked = (stamps_ns - self.stamps_ns[0]).astype(np.float64)
        columns = [np.interp(asked, since_ns, column) for column in self._rows.T]
        return np.stack(columns, axis=1), known

    def targets(
        self, stamps_ns: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Where the vehicle went from each time [N, 6, 2] m in its rig frame, and if it is known.

        Known means that no hole lies between the time and the last waypoint's.
        """
        steps_ns = np.round(np.arange(HORIZON + 1) * STEP_S * NS_PER_S).astype(np.int64)
        times = stamps_ns[:, None] + steps_ns
        states, _ = self.at(times.reshape(-1))
        stretches = self._stretch(times.reshape(-1)).reshape(times.shape)
        known = (stretches >= 0).all(axis=1) & (stretches == stretches[:, :1]).all(axis=1)
        paths = states.reshape(*times.shape, 4)
        ahead = [Pose2(*path[0, :3]).to_rig(path[1:, :2]) for path in paths]
        targets = np.array(ahead, np.float32).reshape(-1, HORIZON, 2)
        targets[~known] = 0
        return targets, known

    def _stretch(self, stamps_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The stretch without a hole that each time lies in; -1 where it is in none."""
        if not len(self):
            return np.full(len(stamps_ns), -1, np.int64)
        last = len(self) - 1
        before = np.searchsorted(self.stamps_ns, stamps_ns, side='right') - 1
        after = np.searchsorted(self.stamps_ns, stamps_ns, side='left')
        inside = (before >= 0) & (after <= last)
        parts = self._part[before.clip(0)]
        same = parts == self._part[after.clip(max=last)]
        return np.where(inside & same, parts, -1)


def commands_by_pose(targets: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`pose-3s`: the side that the pose 3 s ahead lies on, beyond 2 m; straight if unknown."""
    aside_m = np.where(known, targets[:, -1, 1], 0.0)
    commands = np.full(len(targets), DriveCommand.STRAIGHT, np.int64)
    commands[aside_m > ASIDE_M] = DriveCommand.LEFT
    commands[aside_m < -ASIDE_M] = DriveCommand.RIGHT
    return commands
