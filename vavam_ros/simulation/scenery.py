"""What stands beside the roads: buildings, parked cars, trees, traffic lights."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.curves import beside, box_corners
from vavam_ros.simulation.town import (
    LANE_WIDTH_M,
    PARKING_WIDTH_M,
    PAVEMENT_WIDTH_M,
    Box,
    Colour,
    Junction,
    Lane,
    Road,
    TrafficLight,
    Tree,
)

Array = NDArray[np.float64]

HALF_ROAD_M = LANE_WIDTH_M + PARKING_WIDTH_M
HALF_STREET_M = HALF_ROAD_M + PAVEMENT_WIDTH_M
CLEAR_OF_JUNCTION_M = 27.0  # from its middle, for whatever could hide crossing traffic
CAR_COLOURS: tuple[Colour, ...] = (
    (0.75, 0.10, 0.10), (0.10, 0.20, 0.60), (0.85, 0.85, 0.86), (0.12, 0.12, 0.13),
    (0.55, 0.57, 0.60), (0.10, 0.42, 0.25), (0.80, 0.62, 0.12), (0.45, 0.25, 0.15),
)  # fmt: skip
FACADES = ((0.72, 0.55, 0.42), (0.62, 0.35, 0.28), (0.80, 0.76, 0.66), (0.52, 0.54, 0.58),
           (0.68, 0.66, 0.60), (0.46, 0.40, 0.36))  # fmt: skip
SLOT_M = 6.5
PARKED_SHARE = 0.3
PHASE_S = 10.0


def make_buildings(
    roads: Sequence[Road], nodes: Array, rng: np.random.Generator
) -> tuple[Box, ...]:
    """In rows along the pavements, none on a road, a junction or another building."""
    streets = np.concatenate([road.centre_m for road in roads])
    buildings: list[Box] = []
    for road in roads:
        for side in (-1, 1):
            at_m = rng.uniform(0, 8)
            while at_m < len(road.centre_m) - 1:
                length, depth = rng.uniform(8, 19), rng.uniform(8, 13)
                box = _building(road, side, at_m + length / 2, (length, depth), rng)
                if _is_free(box, streets, nodes, buildings):
                    buildings.append(box)
                at_m += length + rng.uniform(1.5, 14)
    return tuple(buildings)


def _building(
    road: Road, side: int, at_m: float, size_m: tuple[float, float], rng: np.random.Generator
) -> Box:
    x, y, yaw = _place(road, at_m, side * (HALF_STREET_M + rng.uniform(0.5, 4) + size_m[1] / 2))
    shade = rng.uniform(0.8, 1.1)
    red, green, blue = np.clip(np.array(FACADES[rng.integers(len(FACADES))]) * shade, 0, 1)
    colour = (float(red), float(green), float(blue))
    return Box(x, y, yaw, size_m[0], size_m[1], float(rng.uniform(5, 16)), colour)


def _is_free(box: Box, streets: Array, nodes: Array, others: Sequence[Box]) -> bool:
    ring = _outline(box)
    reach = math.hypot(box.length_m, box.width_m) / 2
    if np.hypot(*(ring[:, None] - nodes[None]).T).min() <= 20.0:
        return False
    apart = all(
        math.hypot(box.x_m - other.x_m, box.y_m - other.y_m)
        > 0.9 * (reach + math.hypot(other.length_m, other.width_m) / 2)
        for other in others
    )
    if not apart:
        return False
    near = streets[np.hypot(*(streets - (box.x_m, box.y_m)).T) < reach + HALF_STREET_M + 1.0]
    to_street = np.hypot(*(ring[:, None] - near[None]).T).min(initial=math.inf)
    return bool(to_street > HALF_STREET_M + 0.3)


def _outline(box: Box) -> Array:
    """Corners and points between them [16, 2]."""
    corners = np.array(box_corners(box.x_m, box.y_m, box.yaw_rad, box.length_m, box.width_m))
    shares = np.linspace(0, 1, 4, endpoint=False)[:, None, None]
    return np.asarray((corners + shares * (np.roll(corners, -1, 0) - corners)).reshape(-1, 2))


def make_parked_cars(roads: Sequence[Road], rng: np.random.Generator) -> tuple[Box, ...]:
    """In the strips beside the lanes, in driving direction, not near junctions."""
    slots = [
        (road, side, float(at_m))
        for road in roads
        for side in (-1, 1)
        for at_m in np.arange(14.0, len(road.centre_m) - 14.0, SLOT_M)
    ]
    return tuple(_parked(*slot, rng) for slot in slots if rng.random() < PARKED_SHARE)


def _parked(road: Road, side: int, at_m: float, rng: np.random.Generator) -> Box:
    aside = side * (LANE_WIDTH_M + PARKING_WIDTH_M / 2 + rng.uniform(0.0, 0.2))
    x, y, yaw = _place(road, at_m, float(aside))
    turned = yaw if side < 0 else yaw + math.pi
    size = (float(rng.uniform(4.0, 4.8)), float(rng.uniform(1.7, 1.85)))
    colour = CAR_COLOURS[rng.integers(len(CAR_COLOURS))]
    return Box(x, y, turned, *size, float(rng.uniform(1.4, 1.7)), colour)


def make_trees(
    roads: Sequence[Road], nodes: Array, buildings: Sequence[Box], rng: np.random.Generator
) -> tuple[Tree, ...]:
    """Along the outer edges of the pavements, clear of junctions and of other roads."""
    streets = np.concatenate([road.centre_m for road in roads])
    trees = []
    for road in roads:
        for side in (-1, 1):
            for at_m in np.arange(rng.uniform(6, 20), len(road.centre_m) - 6, 16.0):
                aside = side * (HALF_STREET_M - 0.6)
                x, y, _ = _place(road, float(at_m + rng.uniform(-3, 3)), aside)
                tree = _tree(x, y, rng)
                if rng.random() < 0.6 and _has_room(tree, streets, nodes):
                    trees.append(tree)
    return tuple(trees)


def _tree(x: float, y: float, rng: np.random.Generator) -> Tree:
    green = (float(rng.uniform(0.12, 0.3)), float(rng.uniform(0.3, 0.48)), 0.14)
    return Tree(x, y, float(rng.uniform(4, 8)), float(rng.uniform(1.0, 1.9)), green)


def _has_room(tree: Tree, streets: Array, nodes: Array) -> bool:
    place = (tree.x_m, tree.y_m)
    to_street = np.hypot(*(streets - place).T).min()
    return bool(
        to_street > HALF_ROAD_M + 0.8 and np.hypot(*(nodes - place).T).min() > CLEAR_OF_JUNCTION_M
    )


def make_lights(lanes: Sequence[Lane], junctions: Sequence[Junction]) -> tuple[TrafficLight, ...]:
    """One for each lane that enters a junction of 3 or 4 roads; ways that cross alternate."""
    lights = []
    for junction in junctions:
        if junction.arms < 3:
            continue
        entering = [lane for lane in lanes if set(lane.successors) & set(junction.lanes)]
        first_yaw = _last_yaw(entering[0])
        for lane in entering:
            yaw = _last_yaw(lane)
            crosses = abs(math.sin(yaw - first_yaw)) > math.sin(math.pi / 4)
            x, y = lane.points_m[-1] + (LANE_WIDTH_M / 2 + PARKING_WIDTH_M + 0.5) * np.array(
                [math.sin(yaw), -math.cos(yaw)]
            )
            phase_s = PHASE_S if crosses else 0.0
            lights.append(TrafficLight(float(x), float(y), yaw + math.pi, lane.index, phase_s))
    return tuple(lights)


def _last_yaw(lane: Lane) -> float:
    return math.atan2(*(lane.points_m[-1] - lane.points_m[-3])[::-1])


def _place(road: Road, at_m: float, left_m: float) -> tuple[float, float, float]:
    """x, y and yaw along the road, `at_m` from its beginning and `left_m` beside its centre."""
    index = min(max(round(at_m), 1), len(road.centre_m) - 2)
    x, y = beside(road.centre_m[index - 1 : index + 2], left_m)[1]
    yaw = math.atan2(*(road.centre_m[index + 1] - road.centre_m[index - 1])[::-1])
    return float(x), float(y), yaw
