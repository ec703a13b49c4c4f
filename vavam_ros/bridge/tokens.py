"""FrameTokens <-> sensor_msgs/Image of encoding 16UC1: one pixel per codebook index."""

from __future__ import annotations

import array

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from vavam_ros.bridge.stamp import ns_from_time, time_from_ns
from vavam_ros.errors import InputError
from vavam_ros.records import FrameTokens

_ENCODING = '16UC1'
_INDICES = range(2**16)


def image_from_tokens(frame: FrameTokens) -> Image:
    """Make a 16UC1 image, little-endian, rows x columns, at the frame's stamp and camera.

    Raises InputError for an index that 16 bits cannot hold.
    """
    lowest, highest = int(frame.tokens.min()), int(frame.tokens.max())
    if lowest not in _INDICES or highest not in _INDICES:
        raise InputError(
            f'tokens from {lowest} to {highest} do not fit a {_ENCODING} image (0 to 65535)'
        )
    rows, columns = frame.tokens.shape
    return Image(
        header=Header(stamp=time_from_ns(frame.stamp_ns), frame_id=frame.camera),
        height=rows,
        width=columns,
        encoding=_ENCODING,
        is_bigendian=0,
        step=2 * columns,
        data=array.array('B', frame.tokens.astype('<u2').tobytes()),
    )


def tokens_from_image(msg: Image) -> FrameTokens:
    """Read the tokens of a 16UC1 image of either byte order, padded rows or not.

    Raises InputError for another encoding, no pixels, or less data than the size needs.
    """
    _check_layout(msg)
    order = '>u2' if msg.is_bigendian else '<u2'
    rows = np.frombuffer(msg.data, np.uint8, msg.height * msg.step).reshape(msg.height, msg.step)
    tokens = np.ascontiguousarray(rows[:, : 2 * msg.width]).view(order)
    return FrameTokens(
        stamp_ns=ns_from_time(msg.header.stamp),
        camera=msg.header.frame_id,
        tokens=tokens.astype(np.int32),
    )


def _check_layout(msg: Image) -> None:
    problem = None
    if msg.encoding != _ENCODING:
        problem = f'its encoding is {msg.encoding!r}, tokens are {_ENCODING}'
    elif msg.width == 0 or msg.height == 0:
        problem = 'it has no pixels'
    elif msg.step < 2 * msg.width:
        problem = f'its step is {msg.step}, a row needs {2 * msg.width}'
    elif len(msg.data) < msg.step * msg.height:
        problem = f'it holds {len(msg.data)} bytes, its size needs {msg.step * msg.height}'
    if problem:
        raise InputError(
            f'token image {msg.width}x{msg.height} of frame {msg.header.frame_id!r} '
            f'cannot be read: {problem}'
        )
