"""Sun, ambient light and haze: the colour of a surface as it is seen."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vavam_ros.simulation.patches import Patches
from vavam_ros.simulation.town import Appearance

Array = NDArray[np.float64]
Single = NDArray[np.float32]

_TONE = 0.78  # a camera's tone curve: shadows come out lighter than they are


class Daylight:
    """Light of one appearance. Colours out of it are 0..255, not yet rounded."""

    def __init__(self, appearance: Appearance) -> None:
        height, yaw = appearance.sun_height_rad, appearance.sun_yaw_rad
        self._to_sun = np.array(
            [math.cos(height) * math.cos(yaw), math.cos(height) * math.sin(yaw), math.sin(height)]
        )
        self._sun, self._ambient = np.array(appearance.sun), np.array(appearance.ambient)
        self._haze = 255 * np.array(appearance.haze, np.float32)
        self._from_m = appearance.haze_from_m
        self._span_m = appearance.haze_to_m - appearance.haze_from_m

    def lit(self, patches: Patches) -> Single:
        """[N, 3] of patches in the sun, whose shadows are left out."""
        normals = patches.normals
        facing = np.maximum(normals @ self._to_sun, 0.0)
        # What looks down gets less of the sky's light than what looks up.
        sky_share = 0.85 + 0.15 * normals[:, 2]
        light = sky_share[:, None] * self._ambient + facing[:, None] * self._sun
        exposed = np.clip(patches.colours * light, 0, 1) ** _TONE
        return np.asarray(255 * exposed, np.float32)

    def haze_share(self, distances_m: Single) -> Single:
        """How much of the haze's colour is seen instead of a thing at that distance, 0..1."""
        return np.asarray(np.clip((distances_m - self._from_m) / self._span_m, 0, 1), np.float32)

    def through_haze(self, colours: Single, distances_m: Single) -> Single:
        """[N, 3] colours as they look from distances [N]."""
        share = self.haze_share(distances_m)[:, None]
        return np.asarray(colours + share * (self._haze - colours), np.float32)
