"""Messages of bags as the package's records, each type in one function."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vavam_ros.bags.still import why_no_image
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import Quaternion, yaw_from_quaternion
from vavam_ros.records import NS_PER_S, CameraFrame, EgoState

_RGB_PLACES = {
    'rgb8': (3, (0, 1, 2)),
    'bgr8': (3, (2, 1, 0)),
    'rgba8': (4, (0, 1, 2)),
    'bgra8': (4, (2, 1, 0)),
    'mono8': (1, (0, 0, 0)),
}  # encoding: bytes a pixel, places of red, green and blue


def stamp_ns(header: Any) -> int:
    """A header's stamp in nanoseconds."""
    return int(header.stamp.sec) * NS_PER_S + int(header.stamp.nanosec)


def frame_from_message(message: Any) -> CameraFrame:
    """sensor_msgs/Image or CompressedImage; InputError for what cannot be decoded."""
    header = message.header
    raw = hasattr(message, 'encoding')
    pixels = _raw(message) if raw else _compressed(message)
    return CameraFrame(stamp_ns(header), header.frame_id, pixels)


def state_from_message(message: Any, ahead_m: float = 0.0) -> EgoState:
    """nav_msgs/Odometry of a place `ahead_m` before the rear axle -> the rear axle's state.

    Raises InputError for numbers that are not finite.
    """
    pose, speed = message.pose.pose, message.twist.twist.linear.x
    q = pose.orientation
    yaw = yaw_from_quaternion(Quaternion(q.x, q.y, q.z, q.w))
    numbers = (pose.position.x, pose.position.y, q.x, q.y, q.z, q.w, speed)
    if not all(map(math.isfinite, numbers)):
        raise InputError(
            f'odometry of {message.child_frame_id!r} at {stamp_ns(message.header)} ns has numbers '
            'that are not finite'
        )
    return EgoState(
        stamp_ns(message.header),
        pose.position.x - ahead_m * math.cos(yaw),
        pose.position.y - ahead_m * math.sin(yaw),
        yaw,
        speed,
    )


def _raw(message: Any) -> NDArray[np.uint8]:
    if message.encoding not in _RGB_PLACES:
        raise InputError(
            f'an image of frame {message.header.frame_id!r} has encoding {message.encoding!r}: '
            f'supported are {", ".join(_RGB_PLACES)}'
        )
    channels, places = _RGB_PLACES[message.encoding]
    height, width, step = message.height, message.width, message.step
    if not height * width or step < width * channels or len(message.data) < step * height:
        raise InputError(
            f'an image of frame {message.header.frame_id!r} is {width}x{height} with rows of '
            f'{step} bytes and {len(message.data)} bytes in all: they do not fit'
        )
    rows = np.frombuffer(message.data, np.uint8, height * step).reshape(height, step)
    pixels = rows[:, : width * channels].reshape(height, width, channels)
    return np.ascontiguousarray(pixels[..., places])


def _compressed(message: Any) -> NDArray[np.uint8]:
    try:
        picture = Image.open(io.BytesIO(message.data.tobytes()), formats=('JPEG', 'PNG'))
        return np.array(picture.convert('RGB'))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f'a compressed image of frame {message.header.frame_id!r} at '
            f'{stamp_ns(message.header)} ns is no readable JPEG or PNG: {why_no_image(error)}'
        ) from error
