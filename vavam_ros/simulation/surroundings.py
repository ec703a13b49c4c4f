"""Sky and open ground, which go with the camera."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.simulation.daylight import Daylight
from vavam_ros.simulation.panda_mesh import PatchVertices, add_node
from vavam_ros.simulation.patches import of_one_colour
from vavam_ros.simulation.town import Appearance

Array = NDArray[np.float64]

SKY_ORDER, GROUND_ORDER = 0, 1
_SECTORS = 24
_GROUND_RADII_M = (0.01, 6.0, 15, 30, 45, 60, 75, 90, 110, 130, 150, 170, 190, 210, 390)
_SKY_RADIUS_M = 380.0
_SKY_HEIGHTS_RAD = tuple(math.radians(deg) for deg in (-1.0, 6.0, 12.0, 20.0, 35.0, 70.0))


class Surroundings:
    """A disc of grass and a dome of sky around the camera."""

    def __init__(self, root: Any, look: Appearance, light: Daylight) -> None:
        radii = np.array(_GROUND_RADII_M)
        ground = _rings(radii, np.zeros_like(radii))[:, ::-1]
        grass = light.lit(of_one_colour(ground, look.grass)).repeat(4, axis=0)
        distances = np.hypot(*ground.reshape(-1, 3)[:, :2].T).astype(np.float32)
        heights = np.array(_SKY_HEIGHTS_RAD)
        dome = _rings(_SKY_RADIUS_M * np.cos(heights), _SKY_RADIUS_M * np.sin(heights))[:, ::-1]
        share = np.clip(np.arcsin(dome.reshape(-1, 3)[:, 2:] / _SKY_RADIUS_M) / heights[-1], 0, 1)
        share = np.clip((share - 0.08) * 2.2, 0, 1)
        sky = 255 * (np.array(look.haze) * (1 - share) + np.array(look.sky) * share)
        self._paths = [
            _add(root, dome, sky.astype(np.float32), SKY_ORDER),
            _add(root, ground, light.through_haze(grass, distances), GROUND_ORDER),
        ]

    def follow(self, x_m: float, y_m: float) -> None:
        """Be around a camera at (x, y)."""
        for path in self._paths:
            path.set_pos(x_m, y_m, 0)


def _add(root: Any, corners_m: Array, colours: NDArray[np.float32], order: int) -> Any:
    vertices = PatchVertices(corners_m.reshape(-1, 3).astype(np.float32))
    vertices.set_colours(colours)
    path = add_node(root, vertices.geom(0, len(corners_m)), order, solid=False)
    path.set_two_sided(True)
    return path


def _rings(radii_m: Array, heights_m: Array) -> Array:
    """Patches [N, 4, 3] between circles."""
    angles = np.arange(_SECTORS) * 2 * math.pi / _SECTORS
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    circles = [
        np.column_stack([radius * circle, np.full(_SECTORS, height)])
        for radius, height in zip(radii_m, heights_m, strict=True)
    ]
    bands = [
        np.stack([one, np.roll(one, -1, 0), np.roll(other, -1, 0), other], axis=1)
        for one, other in itertools.pairwise(circles)
    ]
    return np.concatenate(bands)
