"""Plan -> nav_msgs/Path, and what a Path carries back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from nav_msgs.msg import Path
from numpy.typing import NDArray
from std_msgs.msg import Header

from vavam_ros.bridge.stamp import ns_from_time, time_from_ns
from vavam_ros.records import NS_PER_S, Plan

_SAME_PLACE_M = 1e-3  # closer than this, the direction between two points is noise


@dataclass(frozen=True)
class PathWaypoints:
    """What a Path says: where, and when."""

    frame_id: str
    stamp_ns: int
    positions_m: NDArray[np.float64]  # [H, 2] x, y in the header's frame
    yaws_rad: NDArray[np.float64]  # [H] ccw from x
    times_ns: NDArray[np.int64]  # [H] when to be there


def path_from_plan(plan: Plan, frame_id: str = 'base_link') -> Path:
    """Send the chosen waypoints at the plan's stamp; each pose has its own future stamp.

    Positions are metres in `frame_id`, the rig frame at the plan's stamp; orientations are along
    the path (see `headings_along`).
    """
    positions = plan.waypoints_in_rig.astype(np.float64)
    path = Path(header=Header(stamp=time_from_ns(plan.stamp_ns), frame_id=frame_id))
    path.poses = [
        PoseStamped(
            header=Header(stamp=time_from_ns(time_ns), frame_id=frame_id),
            pose=_pose(x, y, yaw),
        )
        for (x, y), yaw, time_ns in zip(
            positions.tolist(), headings_along(positions), _times_ns(plan), strict=True
        )
    ]
    return path


def waypoints_from_path(path: Path) -> PathWaypoints:
    """Read positions, headings and times of a path's poses; the reverse of `path_from_plan`."""
    poses = [stamped.pose for stamped in path.poses]
    return PathWaypoints(
        frame_id=path.header.frame_id,
        stamp_ns=ns_from_time(path.header.stamp),
        positions_m=np.array([(p.position.x, p.position.y) for p in poses]).reshape(-1, 2),
        yaws_rad=np.array([_yaw(p.orientation) for p in poses], np.float64),
        times_ns=np.array([ns_from_time(s.header.stamp) for s in path.poses], np.int64),
    )


def headings_along(positions_m: NDArray[np.float64]) -> list[float]:
    """Return the yaw (rad, ccw from x) at each of [H, 2] points, the path starting at (0, 0).

    It is the direction from the point before to the point after, at the last point that of the
    last segment. Where the two coincide (standing still) it stays what it was, at first 0.
    """
    points = np.concatenate([np.zeros((1, 2)), positions_m])
    before = points[:-1]
    after = np.concatenate([points[2:], points[-1:]])
    headings = []
    heading = 0.0
    for step_x, step_y in (after - before).tolist():
        if math.hypot(step_x, step_y) > _SAME_PLACE_M:
            heading = math.atan2(step_y, step_x)
        headings.append(heading)
    return headings


def _times_ns(plan: Plan) -> list[int]:
    step_ns = round(plan.step_s * NS_PER_S)
    return [plan.stamp_ns + (i + 1) * step_ns for i in range(len(plan.waypoints_in_rig))]


def _pose(x: float, y: float, yaw: float) -> Pose:
    turned = Quaternion(z=math.sin(yaw / 2), w=math.cos(yaw / 2))
    return Pose(position=Point(x=x, y=y), orientation=turned)


def _yaw(q: Quaternion) -> float:
    return math.atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z))
