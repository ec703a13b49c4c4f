"""sensor_msgs/Image and CompressedImage <-> RGB pixels.

Raw images go through cv_bridge where the ROS installation provides a working one, and through
numpy elsewhere; both are held to the same checks before and give the same array after.
"""

from __future__ import annotations

import array
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from vavam_ros.bridge.stamp import time_from_ns
from vavam_ros.errors import InputError

Pixels = NDArray[np.uint8]

_CHANNELS = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1}
_RGB_PLACES = {
    'rgb8': (0, 1, 2),
    'bgr8': (2, 1, 0),
    'rgba8': (0, 1, 2),
    'bgra8': (2, 1, 0),
    'mono8': (0, 0, 0),
}
_PILLOW_MODES = ('L', 'LA', 'P', 'RGB', 'RGBA', '1')  # 8 bits a channel at most
BROKEN_PICTURE = (OSError, SyntaxError, ValueError, EOFError, PillowImage.DecompressionBombError)


@dataclass(frozen=True)
class ImageConverter:
    """What turns a checked sensor_msgs/Image into [H, W, 3] RGB, and why it is this one."""

    convert: Callable[[Image], Pixels]
    description: str


def rgb_from_image(msg: Image) -> Pixels:
    """Return [H, W, 3] uint8 RGB, contiguous, from rgb8, bgr8, rgba8, bgra8 or mono8.

    Rows may be padded (`step`); alpha is dropped; rgb8 without padding shares the message's
    memory. Raises InputError, with the values found, for any other encoding or a wrong size.
    """
    check_layout(msg)
    return image_converter().convert(msg)


def image_from_rgb(rgb: Pixels, stamp_ns: int, frame_id: str) -> Image:
    """Make an rgb8 image without row padding from [H, W, 3] uint8 RGB."""
    height, width, _ = rgb.shape
    msg = Image(
        header=Header(stamp=time_from_ns(stamp_ns), frame_id=frame_id),
        height=height,
        width=width,
        encoding='rgb8',
        step=3 * width,
    )
    msg.data = _bytes_field(np.ascontiguousarray(rgb).data)
    return msg


def bgra_image_from_rgb(rgb: Pixels, stamp_ns: int, frame_id: str) -> Image:
    """Make an opaque bgra8 image, as CARLA's cameras send them, from [H, W, 3] uint8 RGB."""
    height, width, _ = rgb.shape
    bgra = np.empty((height, width, 4), np.uint8)
    for channel, place in enumerate(_RGB_PLACES['bgra8']):
        bgra[..., place] = rgb[..., channel]
    bgra[..., 3] = 255
    msg = Image(
        header=Header(stamp=time_from_ns(stamp_ns), frame_id=frame_id),
        height=height,
        width=width,
        encoding='bgra8',
        step=4 * width,
    )
    msg.data = _bytes_field(bgra.data)
    return msg


def rgb_from_compressed(msg: CompressedImage) -> Pixels:
    """Return [H, W, 3] uint8 RGB from JPEG or PNG; InputError if it is neither, or broken.

    The data decide, not the `format` field, which every driver fills in its own way.
    """
    try:
        return _decoded(bytes(msg.data))
    except BROKEN_PICTURE as error:
        raise InputError(
            f'compressed image of frame {msg.header.frame_id!r} (format {msg.format!r}, '
            f'{len(msg.data)} bytes) is not a readable 8-bit JPEG or PNG: {error}'
        ) from error


def compressed_from_rgb(
    rgb: Pixels, stamp_ns: int, frame_id: str, quality: int = 90
) -> CompressedImage:
    """Make a JPEG image from [H, W, 3] uint8 RGB."""
    encoded = io.BytesIO()
    PillowImage.fromarray(np.ascontiguousarray(rgb)).save(encoded, 'JPEG', quality=quality)
    msg = CompressedImage(
        header=Header(stamp=time_from_ns(stamp_ns), frame_id=frame_id),
        format='rgb8; jpeg compressed bgr8',  # as image_transport names a standard colour JPEG
    )
    msg.data = _bytes_field(encoded.getbuffer())
    return msg


@lru_cache(maxsize=1)
def image_converter() -> ImageConverter:
    """Choose the converter, once: cv_bridge if it passes a trial, else numpy.

    Its `description` says which and why, for the node's log.
    """
    try:
        converter = _cv_bridge_converter()
        trial_passed = _reads_padded_rows(converter)
    except (ImportError, AttributeError) as error:
        # AttributeError: an extension built for numpy 1 fails so under numpy 2.
        return ImageConverter(_rgb_by_numpy, f'numpy (cv_bridge does not work here: {error})')
    if not trial_passed:
        return ImageConverter(_rgb_by_numpy, 'numpy (this cv_bridge misreads padded rows)')
    return ImageConverter(converter, 'cv_bridge')


def _cv_bridge_converter() -> Callable[[Image], Pixels]:
    from cv_bridge import CvBridge

    bridge = CvBridge()

    def convert(msg: Image) -> Pixels:
        return np.ascontiguousarray(bridge.imgmsg_to_cv2(msg, desired_encoding='rgb8'))

    return convert


def _reads_padded_rows(convert: Callable[[Image], Pixels]) -> bool:
    """Try rows of one pixel and one byte of padding: some releases divide the step wrongly."""
    msg = Image(height=2, width=1, encoding='bgr8', is_bigendian=1, step=4)
    msg.data = _bytes_field(bytes([3, 2, 1, 0, 6, 5, 4, 0]))
    expected = np.array([[[1, 2, 3]], [[4, 5, 6]]], np.uint8)
    return np.array_equal(convert(msg), expected)


def _rgb_by_numpy(msg: Image) -> Pixels:
    pixels = _pixels(msg)
    if msg.encoding == 'rgb8' and pixels.flags.c_contiguous:
        return pixels
    rgb = np.empty((msg.height, msg.width, 3), np.uint8)
    # Channel by channel: a quarter of the time of copying a reversed view.
    for channel, place in enumerate(_RGB_PLACES[msg.encoding]):
        rgb[..., channel] = pixels[..., place]
    return rgb


def _pixels(msg: Image) -> Pixels:
    """[H, W, channels], a view of the message's data without the rows' padding."""
    channels = _CHANNELS[msg.encoding]
    rows = np.frombuffer(msg.data, np.uint8, msg.height * msg.step)
    rows = rows.reshape(msg.height, msg.step)[:, : msg.width * channels]
    return rows.reshape(msg.height, msg.width, channels)


def check_layout(msg: Image) -> None:
    """Raise InputError, with the values found, where `rgb_from_image` would; reads no pixels."""
    channels = _CHANNELS.get(msg.encoding)
    problem = None
    if channels is None:
        problem = f'its encoding is {msg.encoding!r}, supported are {", ".join(_CHANNELS)}'
    elif msg.width == 0 or msg.height == 0:
        problem = 'it has no pixels'
    elif msg.step < msg.width * channels:
        problem = f'its step is {msg.step}, a row of {msg.encoding} needs {msg.width * channels}'
    elif len(msg.data) < msg.step * msg.height:
        problem = (
            f'it holds {len(msg.data)} bytes, {msg.height} rows of {msg.step} bytes '
            f'need {msg.step * msg.height}'
        )
    if problem:
        raise InputError(
            f'image {msg.width}x{msg.height} of frame {msg.header.frame_id!r} cannot be read: '
            f'{problem}; check the camera driver'
        )


def _decoded(data: bytes) -> Pixels:
    with PillowImage.open(io.BytesIO(data), formats=('JPEG', 'PNG')) as picture:
        if picture.mode not in _PILLOW_MODES:
            raise ValueError(f'its pixels are of mode {picture.mode}')
        picture.load()
        # Converting RGB to RGB would take as long as decoding it.
        return np.array(picture if picture.mode == 'RGB' else picture.convert('RGB'))


def _bytes_field(data: bytes | memoryview) -> array.array[int]:
    # For anything but an array, some distributions check every element in Python. It is set
    # after the message is made, because the constructor would copy it once more.
    field = array.array('B')
    field.frombytes(data)
    return field
