"""The camera of the embedded world."""

from __future__ import annotations

import math
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vavam_ros.geometry.mounted_camera import CameraMount
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.training_camera import TRAINING_HFOV_DEG, TRAINING_MOUNT
from vavam_ros.simulation.actor_mesh import ActorMesh
from vavam_ros.simulation.daylight import Daylight
from vavam_ros.simulation.panda import OffscreenView
from vavam_ros.simulation.scene import Scene
from vavam_ros.simulation.surroundings import Surroundings
from vavam_ros.simulation.town import Town
from vavam_ros.simulation.town_mesh import TownMesh

AHEAD_M = TRAINING_MOUNT.x_m  # of the rear axle


class SceneCamera:
    """Looks ahead from the ego vehicle; what it sees depends on town and scene alone."""

    def __init__(
        self,
        town: Town,
        width_px: int = 512,
        height_px: int = 288,
        hfov_deg: float = TRAINING_HFOV_DEG,
        pipe: str = 'software',
        finer: int = 1,
    ) -> None:
        """Open it; InputError where the pipe is missing.

        With `finer` above 1 it draws that many times larger and takes the mean, which smooths
        edges and places them more exactly.
        """
        self.pinhole = Pinhole.from_horizontal_fov(width_px, height_px, hfov_deg)
        self.mount = CameraMount(AHEAD_M, 0.0, town.appearance.camera_height_m)
        self._finer = finer
        drawn = self.pinhole.resized(finer * width_px, finer * height_px)
        self._view = OffscreenView(pipe, drawn.width_px, drawn.height_px, drawn.fx_px)
        light = Daylight(town.appearance)
        self._surroundings = Surroundings(self._view.root, town.appearance, light)
        self._town = TownMesh(self._view.root, town, light, math.radians(hfov_deg) / 2)
        self._actors = ActorMesh(self._view.root, town, light)

    def image(self, scene: Scene) -> NDArray[np.uint8]:
        """[H, W, 3] RGB, as seen from the scene's ego vehicle."""
        ego = scene.ego_rig
        x = ego.x_m + self.mount.x_m * math.cos(ego.yaw_rad)
        y = ego.y_m + self.mount.x_m * math.sin(ego.yaw_rad)
        self._view.look_from(x, y, self.mount.z_m, ego.yaw_rad)
        self._surroundings.follow(x, y)
        self._town.seen_from(x, y, ego.yaw_rad)
        self._actors.show(scene, x, y)
        drawn = self._view.render()
        if self._finer == 1:
            return drawn
        return np.array(Image.fromarray(drawn).reduce(self._finer))

    def close(self) -> None:
        """Free what it holds; it cannot be used afterwards."""
        self._view.close()

    def __enter__(self) -> SceneCamera:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
