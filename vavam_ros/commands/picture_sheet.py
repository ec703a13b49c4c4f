"""A sheet on which pictures and lines of text are laid out, for the frames of films."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib import font_manager
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

LINE_PX = 24  # from one line of text to the next
MARGIN_PX = 6  # left of a text
_FONT_PX = 15

GROUND = (24, 24, 24)
WHITE = (255, 255, 255)
GREY = (160, 160, 160)
YELLOW = (255, 221, 0)
RED = (255, 92, 72)

Colour = tuple[int, int, int]


class Sheet:
    """Dark where nothing is laid on it."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new('RGB', (width, height), GROUND)
        self._canvas = ImageDraw.Draw(self.image)

    def write(self, x: int, y: int, text: str, colour: Colour) -> None:
        """One line of text, LINE_PX high, with its corner at (x, y)."""
        self._canvas.text((x + MARGIN_PX, y + 3), text, colour, _font())

    def lay(self, picture: Image.Image | NDArray[np.uint8], x: int, y: int) -> None:
        """A picture, as large as it is."""
        laid = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        self.image.paste(laid, (x, y))


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_manager.findfont('DejaVu Sans'), _FONT_PX)
