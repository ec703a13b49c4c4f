"""From image message to waiting frame: by stamps alone, before anything is decoded."""

from __future__ import annotations

from rclpy.impl.rcutils_logger import RcutilsLogger
from sensor_msgs.msg import CompressedImage, Image

from vavam_ros.bridge.camera import camera_of
from vavam_ros.bridge.stamp import ns_from_time
from vavam_ros.driving.pilot import Pilot
from vavam_ros.errors import InputError
from vavam_ros.nodes.planning.calibration_input import CalibrationInput
from vavam_ros.nodes.planning.frame_queue import FrameQueue, WaitingFrame
from vavam_ros.nodes.planning.health import PlannerHealth


class FrameIntake:
    """Runs in the executor's thread, once for every image; what is kept waits in the queue."""

    def __init__(
        self,
        pilot: Pilot,
        calibration: CalibrationInput,
        queue: FrameQueue,
        health: PlannerHealth,
        logger: RcutilsLogger,
    ) -> None:
        self._pilot = pilot
        self._calibration = calibration
        self._queue = queue
        self._health = health
        self._logger = logger

    def receive(self, msg: Image | CompressedImage) -> None:
        """Queue the image if the history wants it; count it in any case."""
        now = self._health.time.now()
        self._health.receive(now)
        try:
            camera = camera_of(msg)
        except InputError as error:
            trouble = self._health.drop('undecodable', str(error))
            if trouble.worth_logging:
                self._logger.warning(trouble.text)
            return
        stamp_ns = ns_from_time(msg.header.stamp)
        calibration = self._calibration.latest
        admission = self._pilot.admit(stamp_ns, camera, now.ros_ns or None, calibration)
        self._health.admit(admission)
        if not admission.kept:
            return
        frame = WaitingFrame(msg, stamp_ns, admission, now.wall_s, calibration)
        pushed_out = self._queue.put(frame)
        self._health.overload(pushed_out is not None)
