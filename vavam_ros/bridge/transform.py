"""Transform -> the tree of frames: geometry_msgs/TransformStamped in a tf2_msgs/TFMessage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from geometry_msgs.msg import Transform as TransformMsg
from std_msgs.msg import Header

from vavam_ros.bridge.optional_messages import optional_class
from vavam_ros.bridge.stamp import time_from_ns
from vavam_ros.geometry.pose import Transform

TF_MESSAGE = 'tf2_msgs/msg/TFMessage'


def tf_from_transforms(transforms: Iterable[Transform], stamp_ns: int) -> Any:
    """TFMessage of all at one time; InputError where tf2_msgs is not installed."""
    stamped = [transform_stamped(transform, stamp_ns) for transform in transforms]
    return optional_class(TF_MESSAGE)(transforms=stamped)


def transform_stamped(transform: Transform, stamp_ns: int) -> TransformStamped:
    """Where the child is in the parent, at a time."""
    x, y, z = transform.translation_m
    rotation = transform.rotation
    return TransformStamped(
        header=Header(stamp=time_from_ns(stamp_ns), frame_id=transform.parent),
        child_frame_id=transform.child,
        transform=TransformMsg(
            translation=Vector3(x=float(x), y=float(y), z=float(z)),
            rotation=Quaternion(x=rotation.x, y=rotation.y, z=rotation.z, w=rotation.w),
        ),
    )
