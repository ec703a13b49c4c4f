"""Intrinsics of an undistorted camera.

Pixel centres have integer coordinates, as in OpenCV: the image spans -0.5 .. width - 0.5, so the
middle of an image w pixels wide is (w - 1) / 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vavam_ros.errors import InputError


@dataclass(frozen=True)
class Pinhole:
    """A pinhole camera: pixel = focal * direction / depth + centre."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float

    @classmethod
    def from_horizontal_fov(cls, width_px: int, height_px: int, hfov_deg: float) -> Pinhole:
        """Square pixels, the axis in the middle, `hfov_deg` from the left edge to the right one.

        Raises InputError when the angle is not between 0 and 180 degrees.
        """
        if not 0 < hfov_deg < 180:
            raise InputError(
                f'horizontal field of view is {hfov_deg} deg: it must be between 0 and 180'
            )
        focal_px = width_px / (2 * math.tan(math.radians(hfov_deg) / 2))
        centre_px = ((width_px - 1) / 2, (height_px - 1) / 2)
        return cls(width_px, height_px, focal_px, focal_px, *centre_px)

    def cropped(self, left_px: int, top_px: int, width_px: int, height_px: int) -> Pinhole:
        """The camera of the part of the image that starts at column `left_px`, row `top_px`."""
        centre_px = (self.cx_px - left_px, self.cy_px - top_px)
        return Pinhole(width_px, height_px, self.fx_px, self.fy_px, *centre_px)

    def resized(self, width_px: int, height_px: int) -> Pinhole:
        """The camera of the image scaled to a new size, edges on edges."""
        across, down = width_px / self.width_px, height_px / self.height_px
        return Pinhole(
            width_px,
            height_px,
            self.fx_px * across,
            self.fy_px * down,
            (self.cx_px + 0.5) * across - 0.5,
            (self.cy_px + 0.5) * down - 0.5,
        )
