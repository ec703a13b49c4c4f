"""The plan on the camera image, as the node shows it."""

from __future__ import annotations

from sensor_msgs.msg import CameraInfo

from vavam_ros.bridge.camera import pinhole_from_camera_info
from vavam_ros.bridge.image import Pixels
from vavam_ros.bridge.overlay import plan_overlay
from vavam_ros.errors import InputError
from vavam_ros.geometry.mounted_camera import CameraMount, MountedCamera
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.polyline import from_origin, segment_lengths
from vavam_ros.nodes.planning.settings import PlannerNodeSettings
from vavam_ros.records import CameraFrame, Plan

_KMH_PER_MPS = 3.6


class OverlayView:
    """Knows the camera: by its latest camera_info, or by the settings while none has come."""

    def __init__(self, settings: PlannerNodeSettings, mount: CameraMount) -> None:
        self._settings, self._mount = settings, mount
        self._pinhole: Pinhole | None = None
        self._missing = 'no camera_info'  # why there is no pinhole

    def see(self, msg: CameraInfo) -> None:
        """Take over the intrinsics; of a camera that was never calibrated there are none."""
        try:
            self._pinhole = pinhole_from_camera_info(msg)
        except InputError:
            self._pinhole, self._missing = None, 'camera_info is not calibrated'

    def paint(
        self, frame: CameraFrame, plan: Plan | None, captions: list[str], warnings: list[str]
    ) -> Pixels:
        """Draw on a copy of the frame's image, at its size."""
        height_px, width_px, _ = frame.image.shape
        pinhole = self._pinhole
        if pinhole is None:
            fov_deg = self._settings.camera_hfov_deg
            pinhole = Pinhole.from_horizontal_fov(width_px, height_px, fov_deg)
            captions = [*captions, f'{self._missing}: {fov_deg:g} deg across assumed']
        camera = MountedCamera(pinhole.resized(width_px, height_px), self._mount)
        return plan_overlay(frame.image, plan, camera, captions, warnings)


def plan_caption(plan: Plan, command_source: str, full_context: int) -> str:
    """One line about a plan: command and where it came from, context, mean speed."""
    metres_per_step = float(segment_lengths(from_origin(plan.waypoints_in_rig)).mean())
    speed_kmh = metres_per_step / plan.step_s * _KMH_PER_MPS
    return (
        f'{plan.command.name.lower()} ({command_source})  '
        f'{plan.context_frames}/{full_context} frames  {speed_kmh:.0f} km/h'
    )
