"""nav_msgs/Odometry <-> EgoState.

An EgoState is the rear axle's; where a message has the pose of a place ahead of it (CARLA: the
actor's centre), `ahead_m` says how far.
"""

from __future__ import annotations

import math

from geometry_msgs.msg import Point, Pose, PoseWithCovariance, Twist, TwistWithCovariance, Vector3
from geometry_msgs.msg import Quaternion as QuaternionMsg
from nav_msgs.msg import Odometry
from std_msgs.msg import Header

from vavam_ros.bridge.stamp import ns_from_time, time_from_ns
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import Quaternion, quaternion_from_yaw, yaw_from_quaternion
from vavam_ros.records import EgoState

_LEAST_NORM = 0.5  # of a quaternion: that of a rotation is 1


def odometry_from_state(
    state: EgoState,
    frame_id: str,
    child_frame_id: str,
    ahead_m: float = 0.0,
    yaw_rate_radps: float = 0.0,
) -> Odometry:
    """The pose of the place `ahead_m` before the rear axle, and its velocity in its own axes."""
    msg = Odometry(header=Header(stamp=time_from_ns(state.stamp_ns), frame_id=frame_id))
    msg.child_frame_id = child_frame_id
    x, y, z, w = quaternion_from_yaw(state.yaw_rad)
    position = Point(
        x=state.x_m + ahead_m * math.cos(state.yaw_rad),
        y=state.y_m + ahead_m * math.sin(state.yaw_rad),
    )
    msg.pose = PoseWithCovariance(
        pose=Pose(position=position, orientation=QuaternionMsg(x=x, y=y, z=z, w=w))
    )
    velocity = Vector3(x=float(state.speed_mps), y=float(yaw_rate_radps * ahead_m))
    msg.twist = TwistWithCovariance(
        twist=Twist(linear=velocity, angular=Vector3(z=float(yaw_rate_radps)))
    )
    return msg


def state_from_odometry(msg: Odometry, ahead_m: float = 0.0) -> EgoState:
    """The rear axle, `ahead_m` behind the place whose pose the message has.

    Raises InputError for numbers that are not finite and for an orientation that is no rotation.
    """
    pose = msg.pose.pose
    q = pose.orientation
    rotation = Quaternion(q.x, q.y, q.z, q.w)
    numbers = (pose.position.x, pose.position.y, *rotation, msg.twist.twist.linear.x)
    if not all(map(math.isfinite, numbers)):
        raise InputError(f'odometry of {msg.child_frame_id!r} has numbers that are not finite')
    if math.hypot(*rotation) < _LEAST_NORM:
        raise InputError(
            f'odometry of {msg.child_frame_id!r} has no orientation: its quaternion is '
            f'({q.x:g}, {q.y:g}, {q.z:g}, {q.w:g})'
        )
    yaw = yaw_from_quaternion(rotation)
    return EgoState(
        stamp_ns=ns_from_time(msg.header.stamp),
        x_m=pose.position.x - ahead_m * math.cos(yaw),
        y_m=pose.position.y - ahead_m * math.sin(yaw),
        yaw_rad=yaw,
        speed_mps=msg.twist.twist.linear.x,
    )
