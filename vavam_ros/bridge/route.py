"""A route's points <-> nav_msgs/Path, as CARLA's waypoints come: places without times."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from nav_msgs.msg import Path
from numpy.typing import NDArray
from std_msgs.msg import Header

from vavam_ros.bridge.stamp import time_from_ns
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import quaternion_from_yaw


def path_from_route(points_m: NDArray[np.float64], frame_id: str, stamp_ns: int) -> Path:
    """Points [N, 2] in driving order, each pose looking along the route."""
    points = np.asarray(points_m, np.float64).reshape(-1, 2)
    header = Header(stamp=time_from_ns(stamp_ns), frame_id=frame_id)
    steps = np.diff(points, axis=0, append=points[-1:])
    steps[-1:] = steps[-2:-1] if len(points) > 1 else (1.0, 0.0)  # the last one as before it
    yaws = np.arctan2(steps[:, 1], steps[:, 0])
    path = Path(header=header)
    path.poses = [
        PoseStamped(header=header, pose=_pose(x, y, yaw))
        for (x, y), yaw in zip(points.tolist(), yaws.tolist(), strict=True)
    ]
    return path


def route_from_path(path: Path) -> NDArray[np.float64]:
    """Points [N, 2] m in the header's frame; InputError where one is not finite."""
    places = [stamped.pose.position for stamped in path.poses]
    points = np.array([(place.x, place.y) for place in places], np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise InputError(f'a route of {len(points)} points has some that are not finite')
    return points


def _pose(x: float, y: float, yaw: float) -> Pose:
    qx, qy, qz, qw = quaternion_from_yaw(yaw)
    return Pose(position=Point(x=x, y=y), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))
