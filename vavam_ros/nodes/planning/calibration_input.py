"""The camera's calibration, from camera_info, and what is to be said of it."""

from __future__ import annotations

from rclpy.impl.rcutils_logger import RcutilsLogger
from sensor_msgs.msg import CameraInfo

from vavam_ros.errors import InputError
from vavam_ros.geometry.camera_info import calibration_from_camera_info
from vavam_ros.geometry.lens import lens_of
from vavam_ros.nodes.planning.health import PlannerHealth
from vavam_ros.nodes.planning.settings import PlannerNodeSettings
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.records import CameraCalibration

_PLAINLY = "its images are only cut and resized, as the training camera's"
_PATIENT_FRAMES = 2  # used without a camera_info, before that is complained of


class CalibrationInput:
    """Heard by the executor's thread, looked at with each used frame by the worker's."""

    def __init__(
        self,
        view: VirtualCamera,
        settings: PlannerNodeSettings,
        health: PlannerHealth,
        logger: RcutilsLogger,
    ) -> None:
        self._view = view
        self._wanted, self._rectified = settings.use_camera_info, settings.rectified
        self._health, self._logger = health, logger
        self._frames_without = 0
        self._refused: tuple[CameraCalibration, tuple[int, int], str] | None = None
        self._heard_problem: str | None = None
        self.latest: CameraCalibration | None = None  # of those that make sense

    def hear(self, msg: CameraInfo) -> None:
        """Take over a camera's calibration; one that cannot be used leaves none."""
        if not self._wanted:
            return
        calibration = calibration_from_camera_info(msg, self._rectified)
        self._health.camera_info = calibration.fingerprint
        try:
            lens_of(calibration)
        except InputError as error:
            self._heard_problem, self.latest = str(error), None
            return
        self._heard_problem, self.latest = None, calibration

    def fitting(
        self, calibration: CameraCalibration | None, size: tuple[int, int]
    ) -> CameraCalibration | None:
        """The calibration, if an image of this size (height, width) can be viewed with it.

        Makes the view known, and why the calibration, or the lack of one, leaves it as it is.
        """
        if calibration is None:
            self._without()
            return None
        if self._refused is None or self._refused[:2] != (calibration, size):
            try:
                sight = self._view.sight(*size, calibration)
            except InputError as error:
                self._refused = (calibration, size, str(error))
            else:
                kind = 'another lens' if sight.resampling else 'the training camera'
                self._known(f'{sight.lens}, {kind}', sight.coverage, None)
                return calibration
        self._known('not usable', None, f'{self._refused[2]}; {_PLAINLY}')
        return None

    def _without(self) -> None:
        if self._heard_problem is not None:
            self._known('not usable', None, f'{self._heard_problem}; {_PLAINLY}')
            return
        self._frames_without += 1
        why = 'no camera_info' if self._wanted else 'use_camera_info is off'
        self._known(f'{why}: taken for the training camera', None, None)
        if self._frames_without == _PATIENT_FRAMES:
            self._logger.warning(f'{why}: no lens and no mount is corrected, {_PLAINLY}')

    def _known(self, lens: str, coverage: float | None, problem: str | None) -> None:
        if self._health.see_through(lens, coverage, problem) and problem:
            self._logger.warning(problem)
