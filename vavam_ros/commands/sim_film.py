"""The pictures of a simulated drive: what the camera sees, and a map beside it."""

from __future__ import annotations

from types import TracebackType

import numpy as np
from matplotlib import font_manager
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vavam_ros.records import DriveCommand
from vavam_ros.simulation.camera import SceneCamera
from vavam_ros.simulation.top_view import top_view
from vavam_ros.simulation.world import World

FRAME_STEPS = 2  # of the world between two frames: 10 per second

_CAMERA_PX = (800, 450)
_MAP_PX = (450, 450)
_MAP_M = 100.0
_ROUTE_M = (-10.0, 110.0)  # of the route that the map shows, from the ego vehicle on
_FONT_PX = 20
_BAR_PX = 32
_DARKEN = 0.35  # what is left of the picture below the text
COMMAND_WORDS = {
    DriveCommand.RIGHT: 'turn right',
    DriveCommand.LEFT: 'turn left',
    DriveCommand.STRAIGHT: 'straight on',
}


class SimFilm:
    """Draws the moments of one world; close it, or use it in a `with`."""

    def __init__(self, world: World, pipe: str) -> None:
        self._world = world
        self._camera = SceneCamera(world.town, *_CAMERA_PX, pipe=pipe, finer=2)
        self._font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), _FONT_PX)

    def frame(self) -> NDArray[np.uint8]:
        """[H, W, 3] RGB of the world as it is now."""
        world = self._world
        scene = world.scene()
        seen = self._captioned(self._camera.image(scene))
        ahead = route_ahead(world)
        above = top_view(world.town, scene, ahead, size_px=_MAP_PX, metres=_MAP_M)
        return np.concatenate([seen, above], axis=1)

    def _captioned(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        world = self._world
        image[:_BAR_PX] = (image[:_BAR_PX] * _DARKEN).astype(np.uint8)
        picture = Image.fromarray(image)
        canvas = ImageDraw.Draw(picture)
        speed = f'{3.6 * world.ego.speed_mps:.0f} km/h'
        texts = (
            (10, f'seed {world.town.seed}'),
            (150, COMMAND_WORDS[world.command()]),
            (310, speed),
            (_CAMERA_PX[0] - 90, f'{world.time_s:.1f} s'),
        )
        for x, text in texts:
            canvas.text((x, 4), text, (255, 255, 255), self._font)
        return np.array(picture)

    def close(self) -> None:
        """Free the camera."""
        self._camera.close()

    def __enter__(self) -> SimFilm:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def route_ahead(world: World) -> NDArray[np.float64]:
    """[N, 2] m of the route that a map shows, from a little behind the ego vehicle on."""
    reaches_m = [world.progress_m + reach for reach in _ROUTE_M]
    first, last = np.searchsorted(world.route.lengths_m, reaches_m)
    return world.route.points_m[first:last]
