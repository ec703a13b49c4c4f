"""What image and camera_info messages say of the camera behind them, without decoding pixels."""

from __future__ import annotations

import io

from PIL import Image as PillowImage
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vavam_ros.bridge.image import BROKEN_PICTURE, check_layout
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
