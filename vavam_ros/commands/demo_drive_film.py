"""The film of a drive: camera with the planned path, the map, and what the model had predicted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vavam_ros.bridge.overlay import plan_overlay
from vavam_ros.commands.demo_drive_plans import DrivenPlans
from vavam_ros.commands.demo_folder import writing
from vavam_ros.commands.demo_recording import DemoRecording
from vavam_ros.commands.demo_replay import DriveReplay
from vavam_ros.commands.picture_sheet import GREY, LINE_PX, RED, WHITE, YELLOW, Sheet
from vavam_ros.commands.sim_film import COMMAND_WORDS, FRAME_STEPS, route_ahead
from vavam_ros.geometry.mounted_camera import MountedCamera
from vavam_ros.records import NS_PER_S, Plan
from vavam_ros.simulation.camera import SceneCamera
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS
from vavam_ros.simulation.top_view import top_view
from vavam_ros.simulation.world import STEP_S

_CAMERA_PX = (800, 450)
_SMALL_PX = (398, 224)
_GAP_PX = 4
_MAP_PX = (400, _CAMERA_PX[1] + LINE_PX + _SMALL_PX[1])
_MAP_M = 70.0  # from side to side
_IMAGE_STEP_NS = NS_PER_S // 2  # of the camera's images, which the model predicts
_EVENT_S = 2.0  # how long an event stands in the film
_WIDTH_PX = _CAMERA_PX[0] + _GAP_PX + _MAP_PX[0]

Pixels = NDArray[np.uint8]


class DriveFilm:
    """Draws a replay as it goes on; close it, or use it in a `with`."""

    fps = 1 / (FRAME_STEPS * STEP_S)

    def __init__(self, replay: DriveReplay, recording: DemoRecording, warning: str | None) -> None:
        self._replay, self._world = replay, replay.world
        self._plans = DrivenPlans(recording.paths, replay.poses)
        self._predictions = recording.predictions
        self._warning = warning
        self._camera = SceneCamera(self._world.town, *_CAMERA_PX, finer=2)
        self._mounted = MountedCamera(self._camera.pinhole, self._camera.mount)
        self._image_ns: int | None = None  # of the newest image that the planner was sent
        self._seen = Image.new('RGB', _SMALL_PX)  # that image
        self._start_ns: int | None = None
        self._best: tuple[float, Pixels] | None = None

    def frames(self) -> Iterator[Pixels]:
        """[H, W, 3] RGB, `fps` in a second of the drive, to its end."""
        for tick, stamp_ns in enumerate(self._replay.stamps_ns()):
            if tick % FRAME_STEPS == 0:
                yield self._frame(stamp_ns)

    def write_still(self, path: Path) -> None:
        """The frame that shows most: a bending path in the camera's view, and a prediction."""
        assert self._best is not None, 'frames were drawn before'
        with writing(path):
            Image.fromarray(self._best[1]).save(path)

    def close(self) -> None:
        """Free the camera."""
        self._camera.close()

    def __enter__(self) -> DriveFilm:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _frame(self, stamp_ns: int) -> Pixels:
        world, scene = self._world, self._world.scene()
        self._start_ns = self._start_ns or stamp_ns
        image = self._camera.image(scene)
        if (stamp_ns - self._start_ns) % _IMAGE_STEP_NS == 0:
            self._image_ns, self._seen = stamp_ns, Image.fromarray(image).resize(_SMALL_PX)
        plan = self._plans.at(stamp_ns, world.ego.pose, world.command())
        sheet, top = self._headed(stamp_ns)
        sheet.lay(plan_overlay(image, plan, self._mounted), 0, top)
        above = top_view(
            world.town, scene, route_ahead(world), self._plans.in_map(stamp_ns), _MAP_PX, _MAP_M
        )
        sheet.lay(above, _CAMERA_PX[0] + _GAP_PX, top)
        predicted = self._lay_prediction(sheet, top + _CAMERA_PX[1])
        pixels = np.array(sheet.image)
        self._keep_best(pixels, plan if predicted else None)
        return pixels

    def _headed(self, stamp_ns: int) -> tuple[Sheet, int]:
        """A sheet with everything that stands above the pictures, and where they begin."""
        world = self._world
        lines = [(self._warning, YELLOW)] if self._warning else []
        seed = world.town.seed
        told = f'town {seed}, held out from training' if seed in HELD_OUT_SEEDS else f'town {seed}'
        speed = f'{3.6 * world.ego.speed_mps:.0f} km/h'
        lines.append((f'{told}    {world.time_s:.1f} s    {speed}', WHITE))
        top = LINE_PX * (len(lines) + 1)
        sheet = Sheet(_WIDTH_PX, top + _MAP_PX[1])
        for row, (text, colour) in enumerate(lines):
            sheet.write(0, row * LINE_PX, text, colour)
        command = COMMAND_WORDS[world.command()]
        sheet.write(
            0,
            top - LINE_PX,
            f'camera, and the path planned from it; the route says: {command}',
            GREY,
        )
        sheet.write(_CAMERA_PX[0] + _GAP_PX, top - LINE_PX, 'from above, route in blue', GREY)
        if event := self._event():
            sheet.write(_CAMERA_PX[0] // 2, top - 2 * LINE_PX, event, RED)
        return sheet, top

    def _event(self) -> str:
        """What has just gone wrong."""
        now_s = self._world.time_s
        recent = [e for e in self._replay.events if now_s - e.time_s < _EVENT_S]
        return ', '.join(f'{event.kind} {event.with_what}'.strip() for event in recent)

    def _lay_prediction(self, sheet: Sheet, top: int) -> bool:
        """The newest image that was sent, beside what was expected of it; whether there is one."""
        right_x = _SMALL_PX[0] + _GAP_PX
        assert self._image_ns is not None
        seconds = (self._image_ns - (self._start_ns or 0)) / NS_PER_S
        sheet.write(0, top, f'seen at {seconds:.1f} s', GREY)
        sheet.lay(self._seen, 0, top + LINE_PX)
        predicted = self._predictions.get(self._image_ns)
        if predicted is None:
            sheet.write(right_x, top, 'not predicted', GREY)
            return False
        sheet.write(right_x, top, f'as predicted for then at {seconds - 0.5:.1f} s', GREY)
        sheet.lay(Image.fromarray(predicted.image).resize(_SMALL_PX), right_x, top + LINE_PX)
        return True

    def _keep_best(self, pixels: Pixels, plan: Plan | None) -> None:
        shown = self._shown_m(plan) if plan else None
        bend_m = 0.0 if shown is None else 0.1 + float(np.abs(shown[:, 1]).max(initial=0.0))
        if self._best is None or bend_m > self._best[0]:
            self._best = bend_m, pixels

    def _shown_m(self, plan: Plan) -> NDArray[np.float32] | None:
        """The waypoints [N, 2] in the rig frame, if the camera sees all of them but the first."""
        waypoints, pinhole = plan.waypoints_in_rig[1:], self._camera.pinhole
        ahead_m = waypoints[:, 0] - self._camera.mount.x_m
        half = 0.5 * pinhole.width_px / pinhole.fx_px
        seen = np.abs(waypoints[:, 1]) < half * ahead_m
        return waypoints if len(waypoints) >= 3 and seen.all() else None
