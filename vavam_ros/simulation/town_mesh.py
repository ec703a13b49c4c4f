"""All of a town that does not move, cut into tiles, of which only those in sight are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.simulation.car_model import car
from vavam_ros.simulation.daylight import Daylight
from vavam_ros.simulation.panda_mesh import PatchVertices, add_node
from vavam_ros.simulation.patches import Patches, joined, placed
from vavam_ros.simulation.standing_models import building, shadow, tree
from vavam_ros.simulation.street_mesh import street_layers
from vavam_ros.simulation.town import Box, Town

FIRST_FLAT_ORDER, SHADOW_ORDER, SOLID_ORDER = 10, 15, 20
_TILE_M = 40.0


class TownMesh:
    """The town's geometry below `root`."""

    def __init__(self, root: Any, town: Town, light: Daylight, half_hfov_rad: float) -> None:
        layers = town_layers(town)
        keys = [_tile_keys(layer) for layer in layers]
        self._tiles = [
            _Tile(root, [_part(*pair, name) for pair in zip(layers, keys, strict=True)], light)
            for name in np.unique(np.concatenate(keys), axis=0)
        ]
        self._middles = np.array([tile.middle for tile in self._tiles])
        self._radii_m = np.array([tile.radius_m for tile in self._tiles])
        self._reach_m = town.appearance.haze_to_m
        self._half_hfov_rad = half_hfov_rad

    def seen_from(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        """Show what a camera there may see, as hazy as it is from there."""
        in_sight = self._in_sight(x_m, y_m, yaw_rad)
        for tile, seen in zip(self._tiles, in_sight.tolist(), strict=True):
            tile.show(seen)
            if seen:
                tile.seen_from(x_m, y_m)

    def _in_sight(self, x_m: float, y_m: float, yaw_rad: float) -> NDArray[np.bool_]:
        """Which tiles reach between the image's sides, this side of where haze is all."""
        offsets = self._middles - (x_m, y_m)
        inside = np.hypot(*offsets.T) < self._reach_m + self._radii_m
        for side in (-1, 1):
            edge = yaw_rad + side * self._half_hfov_rad
            within = side * (offsets @ (math.sin(edge), -math.cos(edge)))
            inside &= within > -self._radii_m
        return np.asarray(inside)


def town_layers(town: Town) -> tuple[Patches, ...]:
    """The street's flat layers, one upon the other, then all that stands."""
    solids = [building(box) for box in town.buildings]
    solids += [tree(each) for each in town.trees]
    solids += [_parked_car(box) for box in town.parked]
    return (*street_layers(town), _shadows(town), joined(solids))


def _shadows(town: Town) -> Patches:
    """Dark ground below parked cars and around trunks."""
    asphalt, pavement = town.appearance.asphalt, town.appearance.pavement
    parts = [
        placed(shadow(box.length_m, box.width_m, asphalt), box.x_m, box.y_m, box.yaw_rad)
        for box in town.parked
    ]
    parts += [placed(shadow(0.8, 0.8, pavement), each.x_m, each.y_m, 0) for each in town.trees]
    return joined(parts)


def _parked_car(box: Box) -> Patches:
    model = car(box.length_m, box.width_m, box.height_m, box.colour, braking=False)
    return placed(model, box.x_m, box.y_m, box.yaw_rad)


def _tile_keys(patches: Patches) -> NDArray[np.int64]:
    """[N, 2] column and row of the tile that a patch's middle is in."""
    return np.asarray(np.floor(patches.corners_m[:, :, :2].mean(axis=1) / _TILE_M), np.int64)


def _part(patches: Patches, keys: NDArray[np.int64], name: NDArray[np.int64]) -> Patches:
    inside = (keys == name).all(axis=1)
    return Patches(patches.corners_m[inside], patches.colours[inside])


class _Tile:
    """The patches of one square of the town, layer by layer."""

    def __init__(self, root: Any, layers: Sequence[Patches], light: Daylight) -> None:
        everything = joined(layers)
        corners = everything.corners_m.reshape(-1, 3).astype(np.float32)
        self._light = light
        self._ground = np.ascontiguousarray(corners[:, :2])
        self._colours = light.lit(everything).repeat(4, axis=0)
        self.middle = (self._ground.max(axis=0) + self._ground.min(axis=0)) / 2
        self.radius_m = float(np.hypot(*(self._ground - self.middle).T).max())
        self._vertices = PatchVertices(corners)
        self._paths = []
        firsts = np.cumsum([0, *(len(layer) for layer in layers)]).tolist()
        for place, layer in enumerate(layers):
            if len(layer):
                geom = self._vertices.geom(firsts[place], len(layer))
                solid = place == len(layers) - 1
                order = SOLID_ORDER if solid else FIRST_FLAT_ORDER + place
                self._paths.append(add_node(root, geom, order, solid))
        self._shown = True

    def show(self, shown: bool) -> None:
        """Show it, or hide it."""
        if shown != self._shown:
            self._shown = shown
            for path in self._paths:
                path.show() if shown else path.hide()

    def seen_from(self, x_m: float, y_m: float) -> None:
        """Let haze be before it as seen from (x, y)."""
        distances = np.hypot(*(self._ground - np.array((x_m, y_m), np.float32)).T)
        self._vertices.set_colours(self._light.through_haze(self._colours, distances))
