"""Seed -> town: a bent grid of two-way roads, and what stands beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.curves import arc_lengths, beside, bezier, cubic, direction, evenly
from vavam_ros.simulation.scenery import (
    make_buildings,
    make_lights,
    make_parked_cars,
    make_trees,
)
from vavam_ros.simulation.seeds import check_seed
from vavam_ros.simulation.town import (
    LANE_WIDTH_M,
    PARKING_WIDTH_M,
    Appearance,
    Junction,
    Lane,
    Road,
    Town,
)

Array = NDArray[np.float64]

NODES = 4  # junctions along either side of the grid
SPACING_M = 118.0
NODE_JITTER_M = 10.0
ARM_M = 15.0  # from a junction's middle to where its roads begin
ARM_JITTER_RAD = 0.09
LONGEST_HANDLE = 0.42  # of the distance between a road's ends
LEAST_RADIUS_M = 28.0
POINT_SPACING_M = 1.0
MISSING_SHARE = 0.12  # of the grid's roads, as far as each junction keeps two
STRAIGHT_RAD = 0.6  # a turn of less is 'straight'
HALF_ROAD_M = LANE_WIDTH_M + PARKING_WIDTH_M


def make_town(seed: int) -> Town:
    """The town of a seed, always the same; InputError for a seed that does not exist."""
    rng = np.random.default_rng([check_seed(seed), 0])
    nodes = _nodes(rng)
    pairs = _connected_pairs(rng)
    arms = _arm_yaws(nodes, pairs, rng)
    centres = [_centre_line(nodes, pair, arms, rng) for pair in pairs]
    roads = [
        Road(centre, *pair, lanes=(2 * i, 2 * i + 1))
        for i, (pair, centre) in enumerate(zip(pairs, centres, strict=True))
    ]
    lanes, junctions = _lanes_and_junctions(nodes, roads, arms)
    appearance = _appearance(rng)
    buildings = make_buildings(roads, nodes, rng)
    return Town(
        seed=seed,
        lanes=lanes,
        roads=tuple(roads),
        junctions=junctions,
        buildings=buildings,
        parked=make_parked_cars(roads, rng),
        trees=make_trees(roads, nodes, buildings, rng),
        lights=make_lights(lanes, junctions),
        appearance=appearance,
    )


def _nodes(rng: np.random.Generator) -> Array:
    """Middles of the junctions, [NODES * NODES, 2], row by row."""
    rows, columns = np.divmod(np.arange(NODES * NODES), NODES)
    grid = np.stack([columns, rows], axis=1) * SPACING_M
    return grid + rng.uniform(-NODE_JITTER_M, NODE_JITTER_M, grid.shape)


def _connected_pairs(rng: np.random.Generator) -> list[tuple[int, int]]:
    """Which neighbours a road joins: each junction keeps two or more, and all hang together."""
    every = [(n, n + 1) for n in range(NODES * NODES) if (n + 1) % NODES]
    every += [(n, n + NODES) for n in range(NODES * (NODES - 1))]
    kept = list(every)
    left = round(MISSING_SHARE * len(every))
    for place in rng.permutation(len(every)):
        without = [pair for pair in kept if pair != every[place]]
        if left and _is_good(without):
            kept, left = without, left - 1
    return kept


def _is_good(pairs: list[tuple[int, int]]) -> bool:
    neighbours: dict[int, set[int]] = {n: set() for n in range(NODES * NODES)}
    for one, other in pairs:
        neighbours[one].add(other)
        neighbours[other].add(one)
    if min(len(each) for each in neighbours.values()) < 2:
        return False
    reached, ahead = {0}, [0]
    while ahead:
        new = neighbours[ahead.pop()] - reached
        reached |= new
        ahead += sorted(new)
    return len(reached) == NODES * NODES


def _arm_yaws(
    nodes: Array, pairs: list[tuple[int, int]], rng: np.random.Generator
) -> dict[tuple[int, int], float]:
    """Direction in which the road to a neighbour leaves, by (junction, neighbour)."""
    ends = [end for one, other in pairs for end in ((one, other), (other, one))]
    return {
        (here, there): math.atan2(*(nodes[there] - nodes[here])[::-1])
        + rng.uniform(-ARM_JITTER_RAD, ARM_JITTER_RAD)
        for here, there in ends
    }


def _centre_line(
    nodes: Array,
    pair: tuple[int, int],
    arms: dict[tuple[int, int], float],
    rng: np.random.Generator,
) -> Array:
    """A curve between the two arms, bent to the side as far as its radius allows."""
    start_yaw, end_yaw = arms[pair], arms[pair[::-1]]
    start = nodes[pair[0]] + ARM_M * direction(start_yaw)
    end = nodes[pair[1]] + ARM_M * direction(end_yaw)
    handle = LONGEST_HANDLE * math.dist(start, end)
    side = direction(math.atan2(*(end - start)[::-1]) + math.pi / 2)
    bends = rng.uniform(-18.0, 18.0, 2)
    for share in np.linspace(1.0, 0.0, 11):
        first, second = share * bends[0] * side, share * bends[1] * side
        controls = np.array(
            [
                start,
                start + handle * direction(start_yaw) + first,
                end + handle * direction(end_yaw) + second,
                end,
            ]
        )
        points = evenly(cubic(controls), POINT_SPACING_M)
        if _least_radius(points) >= LEAST_RADIUS_M:
            break
    return points


def _least_radius(points: Array) -> float:
    headings = np.unwrap(np.arctan2(*np.diff(points, axis=0).T[::-1]))
    turned = np.abs(headings[4:] - headings[:-4]).max()
    return 4 * POINT_SPACING_M / max(float(turned), 1e-6)


def _lanes_and_junctions(
    nodes: Array, roads: list[Road], arms: dict[tuple[int, int], float]
) -> tuple[tuple[Lane, ...], tuple[Junction, ...]]:
    drafts = [_road_lane(road, i, way) for i, road in enumerate(roads) for way in (0, 1)]
    ends = [node for road in roads for node in (road.end, road.start)]  # by lane
    begins = [node for road in roads for node in (road.start, road.end)]
    lanes: list[Lane] = []
    crossing: dict[int, list[int]] = {n: [] for n in range(len(nodes))}
    successors: dict[int, list[int]] = {i: [] for i in range(len(drafts))}
    for here in range(len(nodes)):
        for one in (i for i, node in enumerate(ends) if node == here):
            for other in (i for i, node in enumerate(begins) if node == here):
                if drafts[one].road != drafts[other].road:
                    index = len(drafts) + len(lanes)
                    lanes.append(_connector(index, drafts[one], drafts[other], here))
                    crossing[here].append(index)
                    successors[one].append(index)
    on_roads = [_with_successors(lane, successors[lane.index]) for lane in drafts]
    junctions = tuple(
        _junction(nodes[n], [yaw for (here, _), yaw in arms.items() if here == n], roads, n, own)
        for n, own in crossing.items()
    )
    return (*on_roads, *lanes), junctions


def _road_lane(road: Road, index: int, way: int) -> Lane:
    centre = road.centre_m if way == 0 else road.centre_m[::-1]
    points = evenly(beside(centre, -LANE_WIDTH_M / 2), POINT_SPACING_M)
    return Lane(2 * index + way, points, index, -1, (), '', arc_lengths(points))


def _with_successors(lane: Lane, successors: list[int]) -> Lane:
    return Lane(
        lane.index,
        lane.points_m,
        lane.road,
        lane.junction,
        tuple(successors),
        lane.turn,
        lane.lengths_m,
    )


def _connector(index: int, one: Lane, other: Lane, junction: int) -> Lane:
    """The way across a junction from the end of one lane to the beginning of another."""
    arriving = math.atan2(*(one.points_m[-1] - one.points_m[-3])[::-1])
    leaving = math.atan2(*(other.points_m[2] - other.points_m[0])[::-1])
    points = bezier(one.points_m[-1], arriving, other.points_m[0], leaving)
    points = evenly(points, POINT_SPACING_M)
    turned = (leaving - arriving + math.pi) % (2 * math.pi) - math.pi
    turn = 'straight' if abs(turned) < STRAIGHT_RAD else 'left' if turned > 0 else 'right'
    return Lane(index, points, -1, junction, (other.index,), turn, arc_lengths(points))


def _junction(
    middle: Array, arm_yaws: Iterable[float], roads: list[Road], node: int, lanes: list[int]
) -> Junction:
    """Its outline runs along the mouths of its roads and, rounded, between them."""
    mouths = sorted((_mouth(road, node) for road in roads if node in (road.start, road.end)),
                    key=lambda mouth: mouth[0])  # fmt: skip
    outline = []
    for (_, yaw, place), (_, next_yaw, next_place) in zip(
        mouths, mouths[1:] + mouths[:1], strict=True
    ):
        left = direction(yaw + math.pi / 2)
        corner = place + HALF_ROAD_M * left
        next_corner = next_place - HALF_ROAD_M * direction(next_yaw + math.pi / 2)
        outline.append(place - HALF_ROAD_M * left)
        outline.extend(bezier(corner, yaw + math.pi, next_corner, next_yaw, 12))
    return Junction(
        (float(middle[0]), float(middle[1])), np.array(outline), tuple(lanes), len(mouths)
    )


def _mouth(road: Road, node: int) -> tuple[float, float, Array]:
    """Where a road leaves a junction: its order around it, its direction outwards, its place."""
    points = road.centre_m if road.start == node else road.centre_m[::-1]
    yaw = math.atan2(*(points[2] - points[0])[::-1])
    return yaw % (2 * math.pi), yaw, points[0]


def _appearance(rng: np.random.Generator) -> Appearance:
    brightness, warmth = rng.uniform(0.75, 1.0), rng.uniform(-0.05, 0.05)
    grey_sky, grey = rng.uniform(0.0, 1.0), float(rng.uniform(0.24, 0.40))
    blue = np.array([0.45, 0.65, 0.92]) * (1 - grey_sky) + np.array([0.74, 0.77, 0.80]) * grey_sky
    haze = blue * 0.5 + np.array([0.78, 0.79, 0.80]) * 0.5
    sun = np.array([1.0 + warmth, 0.97, 0.92 - warmth]) * rng.uniform(0.45, 0.7) * brightness
    grass = np.array([rng.uniform(0.28, 0.42), rng.uniform(0.42, 0.55), rng.uniform(0.18, 0.28)])
    pavement = float(rng.uniform(0.52, 0.66))
    return Appearance(
        sky=_colour(blue * brightness),
        haze=_colour(haze * brightness),
        haze_from_m=float(rng.uniform(30, 60)),
        haze_to_m=float(rng.uniform(130, 190)),
        sun=_colour(sun),
        ambient=_colour(np.array([0.42, 0.44, 0.48]) * brightness),
        sun_yaw_rad=float(rng.uniform(-math.pi, math.pi)),
        sun_height_rad=float(rng.uniform(0.5, 1.2)),
        asphalt=_colour(np.array([grey, grey, grey * 1.03])),
        marking=_colour(np.full(3, rng.uniform(0.82, 0.96))),
        pavement=_colour(np.array([pavement, pavement * 0.98, pavement * 0.95])),
        grass=_colour(grass),
        camera_height_m=float(rng.uniform(1.43, 1.59)),
        centre_line_yellow=bool(rng.random() < 0.3),
        centre_dash_m=float(rng.choice([0.0, 3.0, 4.0])),
    )


def _colour(rgb: Array) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in np.clip(rgb, 0.0, 1.0))
    return red, green, blue
