"""Where a vehicle was at any time, from poses; never across a hole in them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.pose import Pose2
from vavam_ros.geometry.stretches import Stretches, interpolated
from vavam_ros.records import NS_PER_S, DriveCommand, EgoState

STEP_S = 0.5  # between the models' frames, and between waypoints: 2 Hz
HORIZON = 6  # waypoints
HISTORY_S = 3.5  # from the first frame of a whole window to its newest
MOST_HOLE_S = 0.2
ASIDE_M = 2.0  # of the pose 3 s ahead, as the released models' training data was labelled
SPEED_REACH_S = 0.1  # before and after a pose, for its speed


class EgoTrack:
    """States in the order of their stamps; of equal stamps the first counts.

    Between two states all is linear: a vehicle with the lateral acceleration a then is off by
    a t^2 / 8 in the middle of a time t, 1 cm for 3 m/s^2 and 0.2 s, 9 cm for 0.5 s.
    """

    def __init__(self, states: Iterable[EgoState], most_hole_s: float = MOST_HOLE_S) -> None:
        table: dict[int, tuple[float, float, float, float]] = {}
        for one in states:
            table.setdefault(one.stamp_ns, (one.x_m, one.y_m, one.yaw_rad, one.speed_mps))
        self.stamps_ns: NDArray[np.int64] = np.array(sorted(table), np.int64)
        rows = np.array([table[int(stamp)] for stamp in self.stamps_ns], np.float64)
        self.rows = rows.reshape(-1, 4)  # x m, y m, yaw rad (without jumps), m/s
        self.rows[:, 2] = np.unwrap(self.rows[:, 2])
        self.most_hole_s = most_hole_s
        self._stretches = Stretches(self.stamps_ns, most_hole_s)

    def __len__(self) -> int:
        return len(self.stamps_ns)

    def at(self, stamps_ns: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """States (x m, y m, yaw rad, m/s) at each time [N, 4], and whether they are known [N]."""
        if not len(self):
            return np.zeros((len(stamps_ns), 4)), np.zeros(len(stamps_ns), np.bool_)
        known = self._stretches.of(stamps_ns) >= 0
        return interpolated(self.stamps_ns, self.rows, stamps_ns), known

    def targets(
        self, stamps_ns: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Where the vehicle went from each time [N, 6, 2] m in its rig frame, and if it is known.

        Known means that no hole lies between the time and the last waypoint's.
        """
        steps_ns = np.round(np.arange(HORIZON + 1) * STEP_S * NS_PER_S).astype(np.int64)
        times = stamps_ns[:, None] + steps_ns
        states, _ = self.at(times.reshape(-1))
        known = self.covers(stamps_ns, 0.0, HORIZON * STEP_S)
        paths = states.reshape(*times.shape, 4)
        ahead = [Pose2(*path[0, :3]).to_rig(path[1:, :2]) for path in paths]
        targets = np.array(ahead, np.float32).reshape(-1, HORIZON, 2)
        targets[~known] = 0
        return targets, known

    def covers(
        self,
        stamps_ns: NDArray[np.int64],
        before_s: float = HISTORY_S,
        after_s: float = HORIZON * STEP_S,
    ) -> NDArray[np.bool_]:
        """Whether all is known from `before_s` before each time to `after_s` after it [N]."""
        first = self._stretches.of(stamps_ns - round(before_s * NS_PER_S))
        last = self._stretches.of(stamps_ns + round(after_s * NS_PER_S))
        return np.asarray((first >= 0) & (first == last))

    def holes_ns(self) -> NDArray[np.int64]:
        """The last time before each hole and the first after it, [holes, 2]."""
        return self._stretches.holes_ns()


def forward_speeds(
    stamps_ns: NDArray[np.int64], poses: NDArray[np.float64], most_hole_s: float
) -> NDArray[np.float64]:
    """Speed along the heading at each of the poses [N, 3] (x m, y m, yaw rad), m/s; signed.

    Central differences over 0.1 s before and after, one-sided at the ends of a stretch. NaN for a
    pose that has no other within `most_hole_s`.
    """
    first_ns, last_ns = Stretches(stamps_ns, most_hole_s).bounds_ns()
    reach_ns = round(SPEED_REACH_S * NS_PER_S)
    before_ns = np.maximum(stamps_ns - reach_ns, first_ns)
    after_ns = np.minimum(stamps_ns + reach_ns, last_ns)
    places = poses[:, :2]
    moved_m = interpolated(stamps_ns, places, after_ns) - interpolated(
        stamps_ns, places, before_ns
    )
    forward_m = moved_m[:, 0] * np.cos(poses[:, 2]) + moved_m[:, 1] * np.sin(poses[:, 2])
    seconds = (after_ns - before_ns) / NS_PER_S
    speeds = np.full(len(poses), np.nan)
    np.divide(forward_m, seconds, out=speeds, where=seconds > 0)
    return speeds


def commands_by_pose(targets: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`pose-3s`: the side that the pose 3 s ahead lies on, beyond 2 m; straight if unknown."""
    aside_m = np.where(known, targets[:, -1, 1], 0.0)
    commands = np.full(len(targets), DriveCommand.STRAIGHT, np.int64)
    commands[aside_m > ASIDE_M] = DriveCommand.LEFT
    commands[aside_m < -ASIDE_M] = DriveCommand.RIGHT
    return commands
