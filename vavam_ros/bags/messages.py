"""Records as the messages that bags hold, each pair in one function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rosbags.typesys.stores import ros2_jazzy as ros

from vavam_ros.bags.token_image import TOKEN_ENCODING
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.plan_shapes import LINE_LIFETIME_NS, PlanLine, plan_lines, timed_poses
from vavam_ros.geometry.pose import Quaternion, Transform, quaternion_from_yaw
from vavam_ros.records import NS_PER_S, CameraFrame, EgoState, FrameTokens, Plan

_UNKNOWN_COVARIANCE = np.zeros(36)  # all zero, as messages have it that state none


def image_from_frame(frame: CameraFrame) -> ros.sensor_msgs__msg__Image:
    """rgb8 rows without padding."""
    height, width, channels = frame.image.shape
    return ros.sensor_msgs__msg__Image(
        header=_header(frame.stamp_ns, frame.camera),
        height=height,
        width=width,
        encoding='rgb8',
        is_bigendian=0,
        step=width * channels,
        data=np.ascontiguousarray(frame.image).reshape(-1),
    )


def image_from_tokens(tokens: FrameTokens) -> ros.sensor_msgs__msg__Image:
    """16UC1, little-endian, rows without padding."""
    rows, columns = tokens.tokens.shape
    return ros.sensor_msgs__msg__Image(
        header=_header(tokens.stamp_ns, tokens.camera),
        height=rows,
        width=columns,
        encoding=TOKEN_ENCODING,
        is_bigendian=0,
        step=2 * columns,
        data=np.frombuffer(tokens.tokens.astype('<u2').tobytes(), np.uint8),
    )


def string(text: str) -> ros.std_msgs__msg__String:
    """As it is."""
    return ros.std_msgs__msg__String(text)


def compressed_image(
    stamp_ns: int, camera: str, encoding: str, encoded: bytes
) -> ros.sensor_msgs__msg__CompressedImage:
    """`encoded` as it is, said to be `encoding` ('jpeg' or 'png')."""
    data = np.frombuffer(encoded, np.uint8)
    return ros.sensor_msgs__msg__CompressedImage(_header(stamp_ns, camera), encoding, data)


def camera_info_from_pinhole(
    pinhole: Pinhole, stamp_ns: int, camera: str
) -> ros.sensor_msgs__msg__CameraInfo:
    """plumb_bob with no distortion."""
    k = np.array(
        [[pinhole.fx_px, 0, pinhole.cx_px], [0, pinhole.fy_px, pinhole.cy_px], [0, 0, 1]],
        np.float64,
    )
    return ros.sensor_msgs__msg__CameraInfo(
        header=_header(stamp_ns, camera),
        height=pinhole.height_px,
        width=pinhole.width_px,
        distortion_model='plumb_bob',
        d=np.zeros(5),
        k=k.reshape(-1),
        r=np.eye(3).reshape(-1),
        p=np.hstack([k, np.zeros((3, 1))]).reshape(-1),
        binning_x=0,
        binning_y=0,
        roi=ros.sensor_msgs__msg__RegionOfInterest(0, 0, 0, 0, False),
    )


def odometry_from_ego(ego: EgoState, parent: str, child: str) -> ros.nav_msgs__msg__Odometry:
    """Position, heading and forward speed; the other twist components are not known: zero."""
    pose = ros.geometry_msgs__msg__Pose(
        ros.geometry_msgs__msg__Point(ego.x_m, ego.y_m, 0.0),
        _rotation(quaternion_from_yaw(ego.yaw_rad)),
    )
    twist = ros.geometry_msgs__msg__Twist(_vector(ego.speed_mps, 0.0, 0.0), _vector(0.0, 0.0, 0.0))
    return ros.nav_msgs__msg__Odometry(
        header=_header(ego.stamp_ns, parent),
        child_frame_id=child,
        pose=ros.geometry_msgs__msg__PoseWithCovariance(pose, _UNKNOWN_COVARIANCE),
        twist=ros.geometry_msgs__msg__TwistWithCovariance(twist, _UNKNOWN_COVARIANCE),
    )


def tf_from_transforms(
    transforms: Sequence[Transform], stamp_ns: int
) -> ros.tf2_msgs__msg__TFMessage:
    """All at one time."""
    return ros.tf2_msgs__msg__TFMessage([_transform(one, stamp_ns) for one in transforms])


def path_from_plan(plan: Plan, rig_frame: str) -> ros.nav_msgs__msg__Path:
    """The chosen waypoints at the plan's stamp; each pose has its own future stamp."""
    poses = [
        ros.geometry_msgs__msg__PoseStamped(
            _header(one.time_ns, rig_frame),
            ros.geometry_msgs__msg__Pose(
                ros.geometry_msgs__msg__Point(one.x_m, one.y_m, 0.0),
                _rotation(quaternion_from_yaw(one.yaw_rad)),
            ),
        )
        for one in timed_poses(plan)
    ]
    return ros.nav_msgs__msg__Path(_header(plan.stamp_ns, rig_frame), poses)


def candidates_from_plan(plan: Plan, rig_frame: str) -> ros.visualization_msgs__msg__MarkerArray:
    """A line for each sample and what-if, the chosen one thick; the first deletes earlier ones."""
    kind = ros.visualization_msgs__msg__Marker
    nothing = PlanLine('', 0, np.zeros((0, 2)), 0.0, (0, 0, 0), 0.0)
    erase: Any = _marker(plan.stamp_ns, rig_frame, nothing, kind.ARROW, kind.DELETEALL)
    # Any, since rosbags declares the array of an older distribution's markers.
    lines: list[Any] = [
        _marker(plan.stamp_ns, rig_frame, one, kind.LINE_STRIP, kind.ADD)
        for one in plan_lines(plan)
    ]
    return ros.visualization_msgs__msg__MarkerArray([erase, *lines])


def _marker(
    stamp_ns: int, frame_id: str, line: PlanLine, kind: int, action: int
) -> ros.visualization_msgs__msg__Marker:
    red, green, blue = (value / 255 for value in line.colour)
    lifetime = divmod(LINE_LIFETIME_NS, NS_PER_S)
    return ros.visualization_msgs__msg__Marker(
        header=_header(stamp_ns, frame_id),
        ns=line.namespace,
        id=line.index,
        type=kind,
        action=action,
        pose=ros.geometry_msgs__msg__Pose(
            ros.geometry_msgs__msg__Point(0.0, 0.0, 0.0), _rotation(quaternion_from_yaw(0.0))
        ),
        scale=_vector(line.width_m, 0.0, 0.0),
        color=ros.std_msgs__msg__ColorRGBA(red, green, blue, line.alpha),
        lifetime=ros.builtin_interfaces__msg__Duration(*lifetime),
        frame_locked=False,
        points=[ros.geometry_msgs__msg__Point(x, y, 0.0) for x, y in line.points_m.tolist()],
        colors=[],
        texture_resource='',
        texture=compressed_image(0, '', '', b''),
        uv_coordinates=[],
        text='',
        mesh_resource='',
        mesh_file=ros.visualization_msgs__msg__MeshFile('', np.zeros(0, np.uint8)),
        mesh_use_embedded_materials=False,
    )


def _transform(transform: Transform, stamp_ns: int) -> ros.geometry_msgs__msg__TransformStamped:
    return ros.geometry_msgs__msg__TransformStamped(
        _header(stamp_ns, transform.parent),
        transform.child,
        ros.geometry_msgs__msg__Transform(
            _vector(*transform.translation_m), _rotation(transform.rotation)
        ),
    )


def _header(stamp_ns: int, frame_id: str) -> ros.std_msgs__msg__Header:
    seconds, nanoseconds = divmod(stamp_ns, NS_PER_S)
    return ros.std_msgs__msg__Header(
        ros.builtin_interfaces__msg__Time(seconds, nanoseconds), frame_id
    )


def _vector(x: float, y: float, z: float) -> ros.geometry_msgs__msg__Vector3:
    return ros.geometry_msgs__msg__Vector3(x, y, z)


def _rotation(rotation: Quaternion) -> ros.geometry_msgs__msg__Quaternion:
    return ros.geometry_msgs__msg__Quaternion(*rotation)
