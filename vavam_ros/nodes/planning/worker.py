"""From waiting frame to published path, and what can be done before the next one comes."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from rclpy.impl.rcutils_logger import RcutilsLogger
from sensor_msgs.msg import CompressedImage, Image

from vavam_ros.bridge.image import Pixels, rgb_from_compressed, rgb_from_image
from vavam_ros.driving.assembly import Assembled
from vavam_ros.driving.device_errors import in_one_line, reported
from vavam_ros.driving.gate import PlanGate
from vavam_ros.driving.pilot import Pilot
from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.nodes.planning.calibration_input import CalibrationInput
from vavam_ros.nodes.planning.command_input import CommandInput
from vavam_ros.nodes.planning.frame_queue import FrameQueue, WaitingFrame
from vavam_ros.nodes.planning.health import PlannerHealth
from vavam_ros.nodes.planning.outputs import PlannerOutputs
from vavam_ros.nodes.planning.overlay_view import OverlayView, plan_caption
from vavam_ros.nodes.planning.settings import PlannerNodeSettings
from vavam_ros.nodes.planning.tally import Trouble
from vavam_ros.records import CameraFrame, Plan

Result = TypeVar('Result')

_MOST_CAUGHT_UP = 4  # two seconds of frames


@dataclass(frozen=True)
class Planned:
    """A plan with the frame that it answers."""

    frame: CameraFrame
    plan: Plan
    command_source: str  # 'topic' or 'default'
    objection: str | None  # why the gate withholds it; None if it does not


class PlanningWorker:
    """Handles one frame after the other, in a thread that is not the executor's."""

    def __init__(
        self,
        assembled: Assembled,
        settings: PlannerNodeSettings,
        queue: FrameQueue,
        command: CommandInput,
        calibration: CalibrationInput,
        view: OverlayView,
        outputs: PlannerOutputs,
        health: PlannerHealth,
        announce: Callable[[], None],
        logger: RcutilsLogger,
    ) -> None:
        """`announce` makes the health known at once."""
        self._rig_frame = settings.base_frame
        self._pilot = assembled.pilot
        self._foresight = assembled.foresight
        self._trained = assembled.identity.trained
        self._foresees = assembled.pilot.tokenizer.can_decode
        self._gate = PlanGate(assembled.pilot.settings)
        self._queue = queue
        self._command = command
        self._calibration = calibration
        self._outputs = outputs
        self._view = view
        self._health = health
        self._announce = announce
        self._logger = logger
        self._held_bytes = _held_bytes(assembled.pilot)
        self._caught_up = 0  # frames in a row that were remembered without a plan

    def run(self) -> None:
        """Work until the queue is closed."""
        while (waiting := self._next()) is not None:
            planned = self._guarded(partial(self._plan, waiting), self._health.fail)
            self._guarded(partial(self._afterwards, planned), self._health.fail_aside)

    def _next(self) -> WaitingFrame | None:
        """The oldest frame that waits, or the newest where it is hopeless to catch up."""
        if self._hopeless:
            self._health.overload(self._queue.keep_newest())
        return self._queue.take()

    @property
    def _hopeless(self) -> bool:
        """Whether frames come faster than they are tokenised; one that took long is no reason."""
        return self._health.typical_s('tokenise') > STEP_S

    def _guarded(
        self, work: Callable[[], Result], report: Callable[[str], Trouble]
    ) -> Result | None:
        try:
            with reported(self._pilot.settings, self._held_bytes):
                return work()
        except Exception as error:  # whatever it is: a dead worker would be a silent planner
            trouble = report(in_one_line(error))
            if trouble.worth_logging:
                details = '' if isinstance(error, InputError) else f'\n{traceback.format_exc()}'
                self._logger.error(trouble.text + details)
            return None

    def _plan(self, waiting: WaitingFrame) -> Planned | None:
        """Remember the frame, and plan if it is the newest there is."""
        frame = self._decoded(waiting)
        if frame is None or not self._remembered(frame, waiting) or self._catches_up():
            return None
        command, source = self._command.in_use
        with self._health.timed('plan'):
            plan = self._pilot.plan(command, what_ifs=self._outputs.candidates_wanted)
        planned = Planned(frame, plan, source, self._gate.objection(plan))
        if not self._queue.closed:
            self._publish(planned, waiting)
        return planned

    def _decoded(self, waiting: WaitingFrame) -> CameraFrame | None:
        try:
            with self._health.timed('decode'):
                image = _pixels(waiting.msg)
                size = (image.shape[0], image.shape[1])
                calibration = self._calibration.fitting(waiting.calibration, size)
        except InputError as error:
            trouble = self._health.drop('undecodable', str(error))
            if trouble.worth_logging:
                self._logger.warning(trouble.text)
            return None
        return CameraFrame(waiting.stamp_ns, waiting.msg.header.frame_id, image, calibration)

    def _remembered(self, frame: CameraFrame, waiting: WaitingFrame) -> bool:
        with self._health.timed('tokenise'):
            remembered = self._pilot.remember(frame, waiting.admission)
        if remembered.kept:
            height_px, width_px, _ = frame.image.shape
            note = self._pilot.camera.describe(height_px, width_px, frame.calibration)
            self._health.remember(remembered.reset, note)
        return remembered.kept

    def _catches_up(self) -> bool:
        """Whether to leave planning to a newer frame; not for ever, should tokenising be slow."""
        if not self._queue.urgent or self._hopeless or self._caught_up >= _MOST_CAUGHT_UP:
            self._caught_up = 0
            return False
        self._caught_up += 1
        self._health.catch_up()
        return True

    def _publish(self, planned: Planned, waiting: WaitingFrame) -> None:
        if planned.objection is None:
            self._outputs.publish_path(planned.plan, self._rig_frame)
            self._health.plan(planned.plan, planned.command_source, waiting.received_s)
            return
        trouble = self._health.withhold(planned.plan, planned.objection)
        if trouble.worth_logging:
            self._logger.warning(f'plan withheld: {trouble.text}')

    def _afterwards(self, planned: Planned | None) -> None:
        self._announce()
        if planned is not None:
            self._show(planned)
            self._wonder()
        self._look_ahead()

    def _show(self, planned: Planned) -> None:
        """Publish what somebody listens to."""
        frame, plan = planned.frame, planned.plan
        if self._outputs.candidates_wanted and planned.objection is None:
            self._outputs.publish_candidates(plan, self._rig_frame)
        if self._outputs.tokens_wanted:
            window = self._pilot.window()
            assert window is not None, 'a plan was made from it'
            self._outputs.publish_tokens(window.frames[-1])
        if self._outputs.overlay_wanted:
            with self._health.timed('overlay'):
                picture = self._painted(planned)
                self._outputs.publish_overlay(picture, frame.stamp_ns, frame.camera)

    def _painted(self, planned: Planned) -> Pixels:
        warnings = [] if self._trained else ['RANDOM WEIGHTS: this plan means nothing']
        if planned.objection is not None:
            return self._view.paint(
                planned.frame, None, [], [*warnings, f'no path: {planned.objection}']
            )
        full = self._pilot.settings.context_frames
        caption = plan_caption(planned.plan, planned.command_source, full)
        return self._view.paint(planned.frame, planned.plan, [caption], warnings)

    def _wonder(self) -> None:
        """How surprising the newest frame is; only after its plan does the context end with it."""
        if self._queue.urgent:
            return
        with self._health.timed('surprise'):
            self._health.surprise = self._pilot.surprise()

    def _look_ahead(self) -> None:
        """Use the time between two frames; gives way as soon as the next one is there."""
        if self._queue.urgent or self._pilot.window() is None:
            return
        with self._health.timed('prepare'):
            prepared = self._pilot.prepare(lambda: self._queue.urgent)
        if not prepared or not (self._foresees and self._outputs.predictions_wanted):
            return
        with self._health.timed('predict'):
            for frame in self._foresight.frames(lambda: self._queue.urgent):
                self._outputs.publish_prediction(frame)


def _pixels(msg: Image | CompressedImage) -> Pixels:
    return rgb_from_compressed(msg) if isinstance(msg, CompressedImage) else rgb_from_image(msg)


def _held_bytes(pilot: Pilot) -> int:
    """What weights and context take, for the report of an out-of-memory error."""
    planner = pilot.planner
    weights = (*planner.video.gpt.parameters(), *planner.expert.parameters())
    return sum(weight.nbytes for weight in weights) + pilot.context.nbytes
