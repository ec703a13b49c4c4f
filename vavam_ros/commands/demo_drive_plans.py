"""Which of a drive's plans is driven by at a moment, and where it leads from there."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vavam_ros.commands.demo_recording import RecordedPath
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, DriveCommand, Plan


class DrivenPlans:
    """Recorded paths by time, and the poses from which they were planned."""

    def __init__(self, paths: Sequence[RecordedPath], poses: Mapping[int, Pose2]) -> None:
        """`poses`, by stamp, may still be filled while the drive goes on."""
        self._paths = sorted(paths, key=lambda path: path.stamp_ns)
        self._stamps_ns = [path.stamp_ns for path in self._paths]
        self._poses = poses

    def in_map(self, stamp_ns: int) -> NDArray[np.float64] | None:
        """[N, 2] m in `map`: what is still ahead in time of the newest path; None without any."""
        place = bisect.bisect_right(self._stamps_ns, stamp_ns) - 1
        if place < 0 or self._stamps_ns[place] not in self._poses:
            return None
        path = self._paths[place]
        count = len(path.waypoints_in_rig)
        age_s = (stamp_ns - path.stamp_ns) / NS_PER_S
        times_s = np.linspace(path.horizon_s / count, path.horizon_s, count)
        ahead = path.waypoints_in_rig[times_s > age_s]
        return self._poses[path.stamp_ns].to_fixed(ahead) if len(ahead) else None

    def at(self, stamp_ns: int, pose: Pose2, command: DriveCommand) -> Plan | None:
        """The same as the vehicle sees it that is at `pose` now."""
        points = self.in_map(stamp_ns)
        if points is None:
            return None
        waypoints = pose.to_rig(points).astype(np.float32)
        samples = np.zeros((0, *waypoints.shape), np.float32)
        return Plan(stamp_ns, command, waypoints, samples, np.zeros(len(points), np.float32), 0)
