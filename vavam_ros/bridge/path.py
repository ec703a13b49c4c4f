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
from vavam_ros.geometry.plan_shapes import timed_poses
from vavam_ros.records import Plan


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
    path = Path(header=Header(stamp=time_from_ns(plan.stamp_ns), frame_id=frame_id))
    path.poses = [
        PoseStamped(
            header=Header(stamp=time_from_ns(one.time_ns), frame_id=frame_id),
            pose=_pose(one.x_m, one.y_m, one.yaw_rad),
        )
        for one in timed_poses(plan)
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


def _pose(x: float, y: float, yaw: float) -> Pose:
    turned = Quaternion(z=math.sin(yaw / 2), w=math.cos(yaw / 2))
    return Pose(position=Point(x=x, y=y), orientation=turned)


def _yaw(q: Quaternion) -> float:
    return math.atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z))
