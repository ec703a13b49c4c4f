"""What moves, at one moment, as far as a camera can see it."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.geometry.pose import Pose2
from vavam_ros.simulation.town import Colour

CAR = 'car'
PEDESTRIAN = 'pedestrian'


@dataclass(frozen=True)
class Actor:
    """A moving thing: an upright box with its middle at (x, y) in `map`."""

    name: int  # the same from moment to moment
    kind: str  # CAR or PEDESTRIAN
    x_m: float
    y_m: float
    yaw_rad: float
    speed_mps: float
    length_m: float
    width_m: float
    height_m: float
    colour: Colour
    braking: bool = False  # its brake lights are lit


@dataclass(frozen=True)
class Scene:
    """One moment of a world."""

    time_s: float
    ego_rig: Pose2  # the rear axle's centre in `map`
    actors: tuple[Actor, ...]  # without the ego vehicle
    light_states: tuple[str, ...]  # per Town.lights 'green', 'yellow' or 'red'; empty: lights off
