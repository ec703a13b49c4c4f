"""16UC1 images whose pixels are codebook indices, as the planner publishes tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError

TOKEN_ENCODING = '16UC1'


def tokens_from_message(message: Any) -> NDArray[np.int32]:
    """sensor_msgs/Image -> [rows, columns]; InputError for another encoding or a bad size."""
    encoding = getattr(message, 'encoding', 'compressed')
    said = f'a token image of frame {message.header.frame_id!r}'
    if encoding != TOKEN_ENCODING:
        raise InputError(f'{said} has encoding {encoding!r}: tokens are {TOKEN_ENCODING}')
    height, width, step = message.height, message.width, message.step
    if not height * width or step < 2 * width or len(message.data) < step * height:
        raise InputError(
            f'{said} is {width}x{height} with rows of {step} bytes and {len(message.data)} bytes '
            'in all: they do not fit'
        )
    rows = np.frombuffer(message.data, np.uint8, height * step).reshape(height, step)
    order = '>u2' if message.is_bigendian else '<u2'
    return np.ascontiguousarray(rows[:, : 2 * width]).view(order).astype(np.int32)
