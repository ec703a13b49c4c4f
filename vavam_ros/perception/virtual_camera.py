"""Any camera's image as the model's own camera would show it: cropped, resized, normalised.

Resizing is torch's antialiased bilinear filter on uint8, which the models were trained with. Other
filters, OpenCV's above all, shift grey levels enough to change tokens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from vavam_ros.errors import InputError

SAME_ASPECT = 0.005  # relative; 1599 x 900 counts as 16:9, 4:3 and 3:2 do not


@dataclass(frozen=True)
class Region:
    """The part of an image that the model sees, in that image's pixels."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class VirtualCamera:
    """The model's view: its size, and what to cut off a real image's top.

    Raises InputError for a size that is not positive or a negative crop.
    """

    height_px: int
    width_px: int
    crop_top_px: int = 0  # rows of the real image, before anything else

    def __post_init__(self) -> None:
        if self.height_px < 1 or self.width_px < 1:
            raise InputError(f'view {self.width_px}x{self.height_px}: both must be positive')
        if self.crop_top_px < 0:
            raise InputError(f'crop_top_px is {self.crop_top_px}: it must not be negative')

    def view(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Real image [h, w, 3] RGB -> the model's image [height, width, 3] RGB, a new array.

        An aspect other than the model's is cropped about the centre, never squeezed; `describe`
        says so. Raises InputError for another type or shape, or when the top crop takes all.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(
                f'image is {image.dtype} {list(image.shape)}: expected uint8 [height, width, 3]'
            )
        height_px, width_px = image.shape[:2]
        part = self.region(height_px, width_px)
        pixels = image[part.top_px :, part.left_px :][: part.height_px, : part.width_px]
        for size in self._sizes(part, height_px, width_px):
            pixels = resize(pixels, *size)
        return pixels

    def region(self, height_px: int, width_px: int) -> Region:
        """Which part of an image of this size the view shows."""
        rows = height_px - self.crop_top_px
        if rows < 1 or width_px < 1:
            raise InputError(
                f'crop_top_px {self.crop_top_px} leaves nothing of an image {width_px}x{height_px}'
            )
        fitting_columns = rows * self.width_px / self.height_px
        if abs(width_px / fitting_columns - 1) <= SAME_ASPECT:
            return Region(0, self.crop_top_px, width_px, rows)
        columns_kept = min(width_px, max(1, round(fitting_columns)))
        rows_kept = min(rows, max(1, round(width_px * self.height_px / self.width_px)))
        return Region(
            left_px=(width_px - columns_kept) // 2,
            top_px=self.crop_top_px + (rows - rows_kept) // 2,
            width_px=columns_kept,
            height_px=rows_kept,
        )

    def describe(self, height_px: int, width_px: int) -> str | None:
        """What of an image of this size is lost to its aspect, as a sentence; None if nothing."""
        part = self.region(height_px, width_px)
        rows = height_px - self.crop_top_px
        across, down = self._unit()
        if part.width_px < width_px:
            cut = f'{width_px - part.width_px} of its {width_px} columns are cut, left and right'
            return f"image {width_px}x{rows} is wider than the model's {across}:{down} view: {cut}"
        if part.height_px < rows:
            cut = f'{rows - part.height_px} of its {rows} rows are cut, above and below'
            return (
                f"image {width_px}x{rows} is taller than the model's {across}:{down} view: {cut}"
            )
        return None

    def _sizes(self, part: Region, height_px: int, width_px: int) -> list[tuple[int, int]]:
        """The sizes (height, width) to resize to, one after the other.

        The reference brings a nuScenes image that is a few pixels off 1600 x 900 to that size
        first, and the result is not that of one step: so do we, to the nearest exact size.
        """
        final = (self.height_px, self.width_px)
        whole = part.width_px == width_px and part.height_px == height_px - self.crop_top_px
        exact = part.width_px * self.height_px == part.height_px * self.width_px
        if exact or not whole:
            return [final]
        across, down = self._unit()
        times = max(1, round((part.width_px / across + part.height_px / down) / 2))
        return [(times * down, times * across), final]

    def _unit(self) -> tuple[int, int]:
        """The aspect in smallest numbers (across, down), such as 16, 9."""
        divisor = math.gcd(self.height_px, self.width_px)
        return self.width_px // divisor, self.height_px // divisor


def resize(image: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """[h, w, 3] -> [height, width, 3], bilinear with antialias, rounded to uint8; a new array."""
    # torch takes neither read-only arrays (a ROS message's buffer) nor negative strides (BGR
    # turned around). Handed channels-last it is three times as fast as PIL, and exact.
    writable = np.require(image, requirements=['C', 'W'])
    planes = torch.from_numpy(writable).permute(2, 0, 1)[None]
    resized = F.interpolate(planes, (height_px, width_px), mode='bilinear', antialias=True)
    return resized[0].permute(1, 2, 0).contiguous().numpy()


def normalised(view: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Image [h, w, 3] uint8 -> the tokenizer's input [3, h, w] in [-1, 1]."""
    unit = view.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(2 * unit - 1, dtype=np.float32)
