"""A line with lengths along it: a route, or a planned path."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError
from vavam_ros.geometry.polyline import segment_lengths
from vavam_ros.geometry.pose import Pose2

_BACK_M, _ON_M = 10.0, 50.0  # of the last progress: where the vehicle is looked for first
_LOST_M = 10.0  # from that part of the line: then it is looked for on the whole


@dataclass(frozen=True, eq=False)
class Line:
    """Places in driving order; InputError for fewer than two that differ, or NaN."""

    points_m: NDArray[np.float64]  # [N, 2] in one frame; a place that repeats is left out
    lengths_m: NDArray[np.float64] = field(init=False)  # [N] along the line from its start

    def __post_init__(self) -> None:
        points = np.asarray(self.points_m, np.float64).reshape(-1, 2)
        if not np.isfinite(points).all():
            raise InputError('a route or path has points that are not finite')
        points = points[np.concatenate([[True], segment_lengths(points) > 0])[: len(points)]]
        if len(points) < 2:
            raise InputError(f'a route or path has {len(points)} places: it needs two or more')
        lengths = np.concatenate([[0.0], np.cumsum(segment_lengths(points))])
        object.__setattr__(self, 'points_m', points)
        object.__setattr__(self, 'lengths_m', lengths)

    def progress_m(self, pose: Pose2, last_m: float | None = None) -> float:
        """How far along the line its nearest place to `pose` is.

        Looks near `last_m`, the progress a moment ago, where that is given and the vehicle is
        there, so that a line may cross itself; else at all of it, preferably where it leads as
        the vehicle heads.
        """
        if last_m is not None:
            starts, ends = self.lengths_m[:-1], self.lengths_m[1:]
            near = (ends >= last_m - _BACK_M) & (starts <= last_m + _ON_M)
            distance_m, progress_m = self._nearest(pose, near)
            if distance_m <= _LOST_M:
                return progress_m
        agrees = np.diff(self.points_m, axis=0) @ (np.cos(pose.yaw_rad), np.sin(pose.yaw_rad)) > 0
        agreeing_m, agreeing_progress_m = self._nearest(pose, agrees)
        distance_m, progress_m = self._nearest(pose, np.ones_like(agrees))
        return agreeing_progress_m if agreeing_m <= distance_m + _LOST_M else progress_m

    def nearest_m(self, pose: Pose2) -> float:
        """How far along the line its nearest place is, wherever that leads."""
        return self._nearest(pose, np.ones(len(self.points_m) - 1, np.bool_))[1]

    def place_at(self, progress_m: float) -> NDArray[np.float64]:
        """[2] m, the place at that length; the line's ends beyond them."""
        return np.array([np.interp(progress_m, self.lengths_m, axis) for axis in self.points_m.T])

    def _nearest(self, pose: Pose2, among: NDArray[np.bool_]) -> tuple[float, float]:
        """Distance and progress of the nearest place on some of the segments."""
        if not among.any():
            return np.inf, 0.0
        steps = np.diff(self.points_m, axis=0)[among]
        aside = np.array([pose.x_m, pose.y_m]) - self.points_m[:-1][among]
        squares = (steps**2).sum(axis=1)
        shares = np.clip((aside * steps).sum(axis=1) / squares, 0.0, 1.0)
        distances = np.hypot(*(aside - shares[:, None] * steps).T)
        best = int(np.argmin(distances))
        length_m = self.lengths_m[:-1][among][best]
        return float(distances[best]), float(length_m + shares[best] * np.sqrt(squares[best]))
