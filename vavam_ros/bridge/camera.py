"""What image and camera_info messages say of the camera behind them, without decoding pixels."""

from __future__ import annotations

import io

from PIL import Image as PillowImage
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from vavam_ros.bridge.image import BROKEN_PICTURE, check_layout
from vavam_ros.bridge.stamp import time_from_ns
from vavam_ros.errors import InputError
from vavam_ros.geometry.pinhole import Pinhole


def camera_of(msg: Image | CompressedImage) -> str:
    """Name the camera by frame and image size: another size is another camera.

    Raises InputError for a raw image that cannot be read (see `rgb_from_image`), and for a
    compressed one that does not begin like a JPEG or PNG.
    """
    if isinstance(msg, CompressedImage):
        width, height = _size(msg)
    else:
        check_layout(msg)
        width, height = msg.width, msg.height
    return f'{msg.header.frame_id} {width}x{height}'


def pinhole_from_camera_info(msg: CameraInfo) -> Pinhole:
    """Read the intrinsics, `k`, of the full image; distortion does not enter.

    Raises InputError for a camera that was never calibrated (no focal length, or no size).
    """
    (fx_px, _, cx_px), (_, fy_px, cy_px) = msg.k[0:3], msg.k[3:6]
    if not (fx_px > 0 and fy_px > 0 and msg.width and msg.height):
        raise InputError(
            f'camera_info of frame {msg.header.frame_id!r} is not calibrated: '
            f'{msg.width}x{msg.height}, focal lengths {fx_px:g} and {fy_px:g}'
        )
    return Pinhole(msg.width, msg.height, fx_px, fy_px, cx_px, cy_px)


def camera_info_from_pinhole(pinhole: Pinhole, stamp_ns: int, frame_id: str) -> CameraInfo:
    """plumb_bob without distortion; the reverse of `pinhole_from_camera_info`."""
    fx, fy, cx, cy = (pinhole.fx_px, pinhole.fy_px, pinhole.cx_px, pinhole.cy_px)
    return CameraInfo(
        header=Header(stamp=time_from_ns(stamp_ns), frame_id=frame_id),
        width=pinhole.width_px,
        height=pinhole.height_px,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def _size(msg: CompressedImage) -> tuple[int, int]:
    try:
        with PillowImage.open(io.BytesIO(msg.data), formats=('JPEG', 'PNG')) as picture:
            width, height = picture.size
            return int(width), int(height)
    except BROKEN_PICTURE as error:
        raise InputError(
            f'compressed image of frame {msg.header.frame_id!r} (format {msg.format!r}, '
            f'{len(msg.data)} bytes) does not begin like a JPEG or PNG: {error}'
        ) from error
