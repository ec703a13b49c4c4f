"""What moves in a scene, built anew for every image."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from vavam_ros.simulation.car_model import car
from vavam_ros.simulation.daylight import Daylight
from vavam_ros.simulation.panda_mesh import PatchVertices, add_node
from vavam_ros.simulation.patches import Patches, joined, placed
from vavam_ros.simulation.pedestrian_model import pedestrian
from vavam_ros.simulation.scene import CAR, Actor, Scene
from vavam_ros.simulation.standing_models import light_lamps, light_pole, shadow
from vavam_ros.simulation.town import Town, TrafficLight
from vavam_ros.simulation.town_mesh import SHADOW_ORDER, SOLID_ORDER

STRIDE_M = 1.5  # walked from one step of the left leg to the next


class ActorMesh:
    """Cars, pedestrians and traffic lights below `root`."""

    def __init__(self, root: Any, town: Town, light: Daylight) -> None:
        self._root, self._light, self._town = root, light, town
        self._poles = joined(light_pole(each) for each in town.lights)
        self._paths: list[Any] = []

    def show(self, scene: Scene, x_m: float, y_m: float) -> None:
        """Replace what was shown by the scene's actors, as seen from a camera at (x, y)."""
        for path in self._paths:
            path.remove_node()
        reach_m = self._town.appearance.haze_to_m
        near = [a for a in scene.actors if math.hypot(a.x_m - x_m, a.y_m - y_m) < reach_m]
        asphalt = self._town.appearance.asphalt
        shadows = joined(
            placed(shadow(a.length_m, a.width_m, asphalt), a.x_m, a.y_m, a.yaw_rad) for a in near
        )
        solids = joined([actor_model(actor, scene.time_s) for actor in near] + self._lit(scene))
        self._paths = [
            self._node(patches, (x_m, y_m), order)
            for patches, order in ((shadows, SHADOW_ORDER), (solids, SOLID_ORDER))
            if len(patches)
        ]

    def _node(self, patches: Patches, seen_from_m: tuple[float, float], order: int) -> Any:
        corners = patches.corners_m.reshape(-1, 3).astype(np.float32)
        distances = np.hypot(*(corners[:, :2] - np.array(seen_from_m, np.float32)).T)
        vertices = PatchVertices(corners)
        colours = self._light.lit(patches).repeat(4, axis=0)
        vertices.set_colours(self._light.through_haze(colours, distances))
        geom = vertices.geom(0, len(patches))
        return add_node(self._root, geom, order, solid=order == SOLID_ORDER)

    def _lit(self, scene: Scene) -> list[Patches]:
        """The traffic lights, where they are on."""
        if not scene.light_states:
            return []
        states = zip(self._town.lights, scene.light_states, strict=True)
        return [self._poles, *(_lamps(light, state) for light, state in states)]


def actor_model(actor: Actor, time_s: float) -> Patches:
    """The actor's shape where it is."""
    if actor.kind == CAR:
        size = (actor.length_m, actor.width_m, actor.height_m)
        model = _car(*size, actor.colour, actor.braking)
    else:
        stride = math.sin(2 * math.pi * time_s * actor.speed_mps / STRIDE_M)
        model = pedestrian(actor.height_m, actor.width_m, actor.colour, stride)
    return placed(model, actor.x_m, actor.y_m, actor.yaw_rad)


_car = functools.lru_cache(maxsize=256)(car)


@functools.lru_cache(maxsize=1024)
def _lamps(light: TrafficLight, state: str) -> Patches:
    return light_lamps(light, state)
