"""The picture that the preprocessing goldens were made from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def golden_card(height_px: int, width_px: int) -> NDArray[np.uint8]:
    """The goldens' test card, by its formula."""
    y, x = np.mgrid[:height_px, :width_px]
    red = (255 * x // (width_px - 1) + 60 * ((x // 3 + y // 5) % 2)) % 256
    green = (255 * y // (height_px - 1) + 5 * ((7 * x + 13 * y) % 17)) % 256
    blue = ((x * x + 3 * y * y) // 1500) % 256
    return np.stack([red, green, blue], -1).astype(np.uint8)
