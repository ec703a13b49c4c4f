"""Where points of the ground appear in the image of a camera mounted on the rig."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.polyline import Points

_NEAREST_M = 0.5  # before the camera: closer, a point's pixel runs off to infinity
_FRAMES_SEEN = 3.0  # half-sizes of the image beside its middle: what is farther out is cut off


@dataclass(frozen=True)
class CameraMount:
    """Where a camera is in the rig frame (x forward, y left, z up), looking ahead."""

    x_m: float
    y_m: float
    z_m: float
    pitch_rad: float = 0.0  # positive looks down


@dataclass(frozen=True)
class MountedCamera:
    """An undistorted camera on the rig."""

    pinhole: Pinhole
    mount: CameraMount

    def ground_segments(self, points_in_rig: Points) -> NDArray[np.float64]:
        """Draw a line through points [N, 2] m on the ground as segments [M, 2 ends, 2] pixels.

        What is behind the camera, or far beside the image, is cut away: M may be zero.
        """
        optical = self._optical(np.asarray(points_in_rig, np.float64))
        segments = np.stack([optical[:-1], optical[1:]], axis=1)
        for normal, least in self._limits():
            segments = _cut(segments, normal, least)
        directions = segments[..., :2] / segments[..., 2:]
        pinhole = self.pinhole
        return directions * (pinhole.fx_px, pinhole.fy_px) + (pinhole.cx_px, pinhole.cy_px)

    def _optical(self, points_in_rig: NDArray[np.float64]) -> NDArray[np.float64]:
        """[N, 2] m on the ground -> [N, 3] m in the optical frame: right, down, depth."""
        cos, sin = math.cos(self.mount.pitch_rad), math.sin(self.mount.pitch_rad)
        ahead = points_in_rig[:, 0] - self.mount.x_m
        left = points_in_rig[:, 1] - self.mount.y_m
        height = self.mount.z_m
        down, depth = height * cos - ahead * sin, ahead * cos + height * sin
        return np.stack([-left, down, depth], axis=1)

    def _limits(self) -> list[tuple[NDArray[np.float64], float]]:
        """Half-spaces (normal, least distance) of the optical frame that are worth drawing."""
        pinhole = self.pinhole
        across = _FRAMES_SEEN * pinhole.width_px / (2 * pinhole.fx_px)
        along = _FRAMES_SEEN * pinhole.height_px / (2 * pinhole.fy_px)
        sides = [(1, 0, across), (-1, 0, across), (0, 1, along), (0, -1, along)]
        return [(np.array([0.0, 0.0, 1.0]), _NEAREST_M)] + [
            (np.array(side, np.float64), 0.0) for side in sides
        ]


def _cut(
    segments: NDArray[np.float64], normal: NDArray[np.float64], least: float
) -> NDArray[np.float64]:
    """Keep of segments [M, 2, 3] what is in one half-space; [M', 2, 3]."""
    inside = segments @ normal - least
    seen = (inside >= 0).any(axis=1)
    (start, end), (at_start, at_end) = segments[seen].swapaxes(0, 1), inside[seen].T
    crosses = (at_start < 0) != (at_end < 0)
    share = np.where(crosses, at_start / np.where(crosses, at_start - at_end, 1.0), 0.0)
    crossing = start + share[:, None] * (end - start)
    return np.stack(
        [
            np.where((at_start < 0)[:, None], crossing, start),
            np.where((at_end < 0)[:, None], crossing, end),
        ],
        axis=1,
    )
