"""Image files of a clip: decoded, and as the bytes they are stored in."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from vavam_ros.errors import InputError

# What image decoders along the way understand; everything else would be sent re-encoded.
_PASSED_THROUGH = {'JPEG': 'jpeg', 'PNG': 'png'}
_EIGHT_BIT_MODES = ('RGB', 'RGBA', 'L')


@dataclass(frozen=True)
class Still:
    """One image file."""

    rgb: NDArray[np.uint8]  # [height, width, 3]
    encoding: str  # of `encoded`: 'jpeg' or 'png', as sensor_msgs/CompressedImage names them
    encoded: bytes  # the file itself if it is jpeg or png, else the pixels as png


def read_still(path: Path) -> Still:
    """Decode `path` fully, whatever its suffix says; InputError when it is no 8-bit image."""
    try:
        content = path.read_bytes()
        image = Image.open(io.BytesIO(content))
        image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f'image {path} cannot be decoded: {why_no_image(error)}') from error
    if image.mode not in _EIGHT_BIT_MODES:
        raise InputError(
            f'image {path} has pixel mode {image.mode}: expected 8-bit colour or grey'
        )
    rgb = np.asarray(image.convert('RGB'))
    encoding = _PASSED_THROUGH.get(image.format or '')
    return Still(rgb, encoding, content) if encoding else Still(rgb, 'png', _png(rgb))


def why_no_image(error: Exception) -> str:
    """The library's reason, without the address in memory that it gives for an unknown format."""
    if isinstance(error, UnidentifiedImageError):
        return 'it is no image of a known format'
    return str(error)


def _png(rgb: NDArray[np.uint8]) -> bytes:
    content = io.BytesIO()
    Image.fromarray(rgb).save(content, 'PNG')
    return content.getvalue()
