"""A map of the surroundings of the ego vehicle, seen from above."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from vavam_ros.geometry.curves import beside, box_corners
from vavam_ros.geometry.pose import Pose2
from vavam_ros.simulation.scene import CAR, Actor, Scene
from vavam_ros.simulation.town import (
    LANE_WIDTH_M,
    PARKING_WIDTH_M,
    PAVEMENT_WIDTH_M,
    Box,
    Town,
)

Array = NDArray[np.float64]
Rgb = tuple[int, int, int]

GRASS: Rgb = (214, 226, 203)
PAVEMENT: Rgb = (199, 199, 195)
ASPHALT: Rgb = (122, 126, 133)
PARKING: Rgb = (136, 140, 147)
MARKING: Rgb = (240, 240, 236)
HOUSE: Rgb = (226, 217, 204)
HOUSE_EDGE: Rgb = (186, 174, 158)
TREE: Rgb = (139, 178, 122)
ROUTE: Rgb = (86, 156, 240)
PLAN: Rgb = (255, 196, 0)
EGO: Rgb = (20, 92, 205)
CAR_EDGE: Rgb = (38, 40, 44)
PEDESTRIAN: Rgb = (214, 64, 48)
LAMPS: dict[str, Rgb] = {'red': (222, 40, 32), 'yellow': (250, 190, 20), 'green': (36, 176, 80)}

EGO_SIZE_M = (4.4, 1.8)
EGO_MIDDLE_M = 1.35  # ahead of its rear axle
_FINER = 2  # drawn larger, then reduced, so that edges are smooth
_LOW_SHARE = 0.7  # of the height, where the ego vehicle stands if its heading is up


def top_view(
    town: Town,
    scene: Scene,
    route_points: Array,
    plan_in_map: NDArray[np.floating] | None = None,
    size_px: tuple[int, int] = (288, 288),
    metres: float = 90.0,
    heading_up: bool = True,
) -> NDArray[np.uint8]:
    """[H, W, 3] RGB of `size_px` (width, height), `metres` from side to side.

    `route_points` and `plan_in_map` are [N, 2] m in `map`. The ego vehicle's heading is up, or
    north is.
    """
    paper = _Paper(scene.ego_rig, size_px, metres, heading_up)
    _draw_streets(paper, town)
    paper.line(route_points, 1.5, ROUTE)
    _draw_surroundings(paper, town)
    for light, state in zip(town.lights, scene.light_states, strict=bool(scene.light_states)):
        paper.dot((light.x_m, light.y_m), 1.3, LAMPS[state], CAR_EDGE)
    for actor in scene.actors:
        _draw_actor(paper, actor)
    _draw_ego(paper, scene.ego_rig)
    if plan_in_map is not None:
        paper.line(np.asarray(plan_in_map, np.float64), 0.8, PLAN)
        for x, y in np.asarray(plan_in_map, np.float64).tolist():
            paper.dot((x, y), 0.8, PLAN, CAR_EDGE)
    return paper.pixels()


class _Paper:
    """A sheet on which one draws in metres of `map`."""

    def __init__(
        self, ego: Pose2, size_px: tuple[int, int], metres: float, heading_up: bool
    ) -> None:
        width, height = size_px
        self._size_px = size_px
        self._scale = _FINER * width / metres  # pixels per metre
        place = (ego.x_m, ego.y_m)
        self._view = Pose2(*place, ego.yaw_rad if heading_up else math.pi / 2)
        share = _LOW_SHARE if heading_up else 0.5
        self._origin = np.array([_FINER * width / 2, _FINER * height * share])
        self._image = Image.new('RGB', (_FINER * width, _FINER * height), GRASS)
        self._canvas = ImageDraw.Draw(self._image)
        self._reach_m = math.hypot(width, height) * _FINER * share / self._scale

    def has(self, x_m: float, y_m: float, margin_m: float = 5.0) -> bool:
        """Whether a place may be on the sheet, or not farther than that from it."""
        distance_m = math.hypot(x_m - self._view.x_m, y_m - self._view.y_m)
        return distance_m < self._reach_m + margin_m

    def has_any(self, points: Array) -> bool:
        """Whether something of a curve [N, 2] may be on it, some metres wide."""
        gaps = points - (self._view.x_m, self._view.y_m)
        return bool(np.hypot(gaps[:, 0], gaps[:, 1]).min() < self._reach_m + 15.0)

    def polygon(self, points: Array, fill: Rgb, edge: Rgb | None = None) -> None:
        self._canvas.polygon(self._at(points), fill, edge)

    def line(self, points: Array, width_m: float, colour: Rgb) -> None:
        if len(points) > 1:
            width = max(_FINER, round(width_m * self._scale))
            self._canvas.line(self._at(points), colour, width, 'curve')

    def dot(
        self, place: tuple[float, float], radius_m: float, fill: Rgb, edge: Rgb | None = None
    ) -> None:
        ((x, y),) = self._at(np.array([place]))
        radius = max(_FINER, radius_m * self._scale)
        self._canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill, edge)

    def pixels(self) -> NDArray[np.uint8]:
        return np.array(self._image.resize(self._size_px, Image.Resampling.BOX))

    def _at(self, points: Array) -> list[tuple[float, float]]:
        ahead_left = self._view.to_rig(np.asarray(points, np.float64))
        pixels = self._origin - self._scale * ahead_left[:, ::-1]
        return [(x, y) for x, y in pixels.tolist()]


def _draw_streets(paper: _Paper, town: Town) -> None:
    """Each layer of all streets before the next, so that they join."""
    roads = [road.centre_m for road in town.roads if paper.has_any(road.centre_m)]
    outlines = [j.outline_m for j in town.junctions if paper.has_any(j.outline_m)]
    half = LANE_WIDTH_M + PARKING_WIDTH_M
    for outline in outlines:
        paper.line(np.concatenate([outline, outline[:2]]), 2 * PAVEMENT_WIDTH_M, PAVEMENT)
    for half_width, colour in ((half + PAVEMENT_WIDTH_M, PAVEMENT), (half, PARKING)):
        for road in roads:
            paper.polygon(_strip(road, half_width), colour)
    for outline in outlines:
        paper.polygon(outline, ASPHALT, ASPHALT)
    for road in roads:
        paper.polygon(_strip(road, LANE_WIDTH_M), ASPHALT)
        for first in range(2, len(road) - 4, 6):
            if paper.has(*road[first]):
                paper.line(road[[first, first + 3]], 0.25, MARKING)


def _strip(centre_m: Array, half_width_m: float) -> Array:
    """The outline of a road of that width, a little longer than the road itself."""
    points = np.concatenate([[1.5 * centre_m[0] - 0.5 * centre_m[1]], centre_m[1:-1],
                             [1.5 * centre_m[-1] - 0.5 * centre_m[-2]]])  # fmt: skip
    return np.concatenate([beside(points, half_width_m), beside(points, -half_width_m)[::-1]])


def _draw_surroundings(paper: _Paper, town: Town) -> None:
    for house in town.buildings:
        if paper.has(house.x_m, house.y_m, margin_m=15.0):
            paper.polygon(_corners(house), HOUSE, HOUSE_EDGE)
    for tree in town.trees:
        if paper.has(tree.x_m, tree.y_m):
            paper.dot((tree.x_m, tree.y_m), tree.crown_m, TREE)
    for car in town.parked:
        if paper.has(car.x_m, car.y_m):
            paper.polygon(_corners(car), _rgb(car), CAR_EDGE)


def _draw_actor(paper: _Paper, actor: Actor) -> None:
    if not paper.has(actor.x_m, actor.y_m):
        return
    if actor.kind != CAR:
        paper.dot((actor.x_m, actor.y_m), 0.7, PEDESTRIAN, CAR_EDGE)
        return
    paper.polygon(_corners(actor), _rgb(actor), CAR_EDGE)
    _draw_windscreen(paper, Pose2(actor.x_m, actor.y_m, actor.yaw_rad), actor.length_m)


def _draw_ego(paper: _Paper, rig: Pose2) -> None:
    x, y = rig.to_fixed(np.array([[EGO_MIDDLE_M, 0.0]]))[0].tolist()
    length, width = EGO_SIZE_M
    halo = np.array(box_corners(x, y, rig.yaw_rad, length + 1.0, width + 1.0))
    paper.polygon(halo, (255, 255, 255))
    paper.polygon(np.array(box_corners(x, y, rig.yaw_rad, length, width)), EGO)
    _draw_windscreen(paper, Pose2(x, y, rig.yaw_rad), length)


def _draw_windscreen(paper: _Paper, middle: Pose2, length_m: float) -> None:
    ahead = length_m * 0.22
    corners = [(ahead, 0.75), (ahead, -0.75), (ahead - 0.8, -0.6), (ahead - 0.8, 0.6)]
    paper.polygon(middle.to_fixed(np.array(corners)), (222, 232, 240))


def _corners(box: Box | Actor) -> Array:
    return np.array(box_corners(box.x_m, box.y_m, box.yaw_rad, box.length_m, box.width_m))


def _rgb(box: Box | Actor) -> Rgb:
    red, green, blue = (round(255 * min(share, 1.0)) for share in box.colour)
    return red, green, blue
