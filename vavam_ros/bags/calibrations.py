"""What a recording says of the camera behind its images: camera_info, or a given angle of view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.errors import InputError
from vavam_ros.geometry.camera_info import calibration_from_camera_info
from vavam_ros.geometry.lens import lens_of
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.records import CameraCalibration

PLAINLY = "its images are only cut and resized, as the training camera's"

Size = tuple[int, int]  # height, width in pixels


@dataclass(frozen=True)
class FoundCalibration:
    """Of the first images, for a person to read."""

    calibration: CameraCalibration | None
    description: str
    warnings: tuple[str, ...] = ()


class HeardCalibration:
    """The newest camera_info of a bag, as the planner node takes it; one without sense is none."""

    def __init__(self, first: CameraCalibration | None, rectified: bool) -> None:
        self.latest, self._rectified = first, rectified

    def hear(self, message: Any) -> None:
        """Take over a sensor_msgs/CameraInfo."""
        calibration = calibration_from_camera_info(message, self._rectified)
        self.latest = calibration if _why_unusable(calibration) is None else None


def first_calibration(
    info: Any | None, topic: str, size: Size | None, camera: str, choice: RecordingTopics
) -> FoundCalibration:
    """By the first camera_info on `topic`, else by the angle that was given, else unknown.

    `size` is the first image's, None where that cannot be decoded. A camera_info that cannot be
    used for these images is warned of, as in the node.
    """
    if info is None or not choice.use_camera_info:
        said = f'camera info: {"not used" if info is not None else f"none on {topic}"}'
        return _by_angle(said, size, camera, choice)
    calibration = calibration_from_camera_info(info, choice.rectified)
    problem = _why_unusable(calibration)
    if problem is None and size is not None and not fits(calibration, size):
        lens = lens_of(calibration).pinhole
        problem = (
            f'camera_info of {calibration.camera!r} is for images {lens.width_px}x'
            f'{lens.height_px}, but the first one is {size[1]}x{size[0]}'
        )
    if problem is None:
        return FoundCalibration(calibration, f'camera info: {topic}, {lens_of(calibration).name}')
    return FoundCalibration(None, f'camera info: {topic}, not usable', (f'{problem}; {PLAINLY}',))


def no_camera_info(size: Size | None, camera: str, choice: RecordingTopics) -> FoundCalibration:
    """Of a clip, which has none."""
    return _by_angle('camera info: a clip has none', size, camera, choice)


def fits(calibration: CameraCalibration, size: Size) -> bool:
    """Whether a calibration that makes sense is of images of this size."""
    pinhole = lens_of(calibration).pinhole
    return (pinhole.height_px, pinhole.width_px) == size


def _by_angle(
    said: str, size: Size | None, camera: str, choice: RecordingTopics
) -> FoundCalibration:
    if choice.hfov_deg is None or size is None:
        return FoundCalibration(None, said)
    height_px, width_px = size
    pinhole = Pinhole.from_horizontal_fov(width_px, height_px, choice.hfov_deg)
    k = (pinhole.fx_px, 0.0, pinhole.cx_px, 0.0, pinhole.fy_px, pinhole.cy_px, 0.0, 0.0, 1.0)
    calibration = CameraCalibration(
        camera=camera,
        width_px=width_px,
        height_px=height_px,
        distortion_model='none',
        coefficients=(),
        k=k,
    )
    return FoundCalibration(calibration, f'{said}; {choice.hfov_deg:g} deg wide, as given')


def _why_unusable(calibration: CameraCalibration) -> str | None:
    try:
        lens_of(calibration)
    except InputError as error:
        return str(error)
    return None
