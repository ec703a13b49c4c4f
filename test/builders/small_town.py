"""A town of one straight road between two junctions, for tests that know where things are."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from vavam_ros.geometry.curves import arc_lengths
from vavam_ros.geometry.pose import Pose2
from vavam_ros.simulation.scene import CAR, Actor, Scene
from vavam_ros.simulation.town import (
    LANE_WIDTH_M,
    PARKING_WIDTH_M,
    Appearance,
    Box,
    Junction,
    Lane,
    Road,
    Town,
    TrafficLight,
    Tree,
)

LENGTH_M = 60  # of the road, along x from (0, 0)
NOON = Appearance(
    sky=(0.4, 0.6, 0.9),
    haze=(0.7, 0.75, 0.8),
    haze_from_m=60.0,
    haze_to_m=150.0,
    sun=(0.5, 0.5, 0.45),
    ambient=(0.45, 0.45, 0.5),
    sun_yaw_rad=1.0,
    sun_height_rad=1.0,
    asphalt=(0.25, 0.25, 0.26),
    marking=(0.95, 0.95, 0.95),
    pavement=(0.6, 0.6, 0.58),
    grass=(0.3, 0.5, 0.2),
    camera_height_m=1.5,
    centre_line_yellow=False,
    centre_dash_m=0.0,
)


def small_town(**look: object) -> Town:
    """The road has a house, a tree, a parked car and a traffic light at its far end."""
    x = np.arange(LENGTH_M + 1.0)
    centre = np.stack([x, np.zeros_like(x)], axis=1)
    right = centre - (0, LANE_WIDTH_M / 2)
    left = centre[::-1] + (0, LANE_WIDTH_M / 2)
    lanes = tuple(
        Lane(index, points, 0, -1, (), '', arc_lengths(points))
        for index, points in enumerate((right, left))
    )
    half = LANE_WIDTH_M + PARKING_WIDTH_M
    junctions = tuple(
        Junction((middle, 0.0), np.array(
            [(middle - 10, -half), (middle + 10, -half), (middle + 10, half), (middle - 10, half)]
        ), (), 3)
        for middle in (-10.0, LENGTH_M + 10.0)
    )  # fmt: skip
    return Town(
        seed=0,
        lanes=lanes,
        roads=(Road(centre, 0, 1, (0, 1)),),
        junctions=junctions,
        buildings=(Box(30.0, 16.0, 0.0, 12.0, 9.0, 8.0, (0.6, 0.35, 0.3)),),
        parked=(Box(25.0, 4.6, math.pi, 4.4, 1.8, 1.5, (0.1, 0.2, 0.7)),),
        trees=(Tree(18.0, -7.4, 5.0, 1.4, (0.2, 0.4, 0.1)),),
        lights=(TrafficLight(60.0, -6.2, math.pi, 0, 0.0),),
        appearance=replace(NOON, **look),
    )


def scene_at(x_m: float, *actors: Actor, light_states: tuple[str, ...] = ()) -> Scene:
    """The ego vehicle in the middle of its lane, which it drives along x."""
    return Scene(1.0, Pose2(x_m, -LANE_WIDTH_M / 2, 0.0), actors, light_states)


def car_at(x_m: float, yaw_rad: float = 0.0, braking: bool = False) -> Actor:
    """A green car in the ego vehicle's lane."""
    size = (4.4, 1.8, 1.5)
    place = (x_m, -LANE_WIDTH_M / 2, yaw_rad)
    return Actor(0, CAR, *place, 5.0, *size, (0.1, 0.5, 0.2), braking)
