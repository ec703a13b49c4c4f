"""The pilot: camera frames and a command in, a plan out. Every host drives this one."""

from __future__ import annotations

from vavam_ros.driving.planning import flat_tokens, plan_windows
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.model.context import Interrupted, never
from vavam_ros.model.vavam import VaVAM
from vavam_ros.perception.history import Admission, FrameSelector, Remembered, TokenHistory
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.records import (
    CameraCalibration,
    CameraFrame,
    DriveCommand,
    FrameTokens,
    Plan,
    TokenWindow,
)


class Pilot:
    """Tokenises each camera frame once, keeps the history, and plans from it.

    `observe` is the whole of it. A host that must not decode images in vain calls its parts:
    `admit` (cheap, from any thread) before decoding, then `remember` and `plan`. Between frames
    it calls `surprise` and `prepare`, so that the next image costs only its own tokens.
    """

    def __init__(
        self,
        planner: VaVAM,
        tokenizer: FrameTokenizer,
        camera: VirtualCamera,
        settings: PilotSettings,
    ) -> None:
        self.planner = planner
        self.tokenizer = tokenizer
        self.camera = camera
        self.settings = settings
        self.selector = FrameSelector(step_s=STEP_S, tolerance_s=settings.step_tolerance_s)
        self.history = TokenHistory(
            length=settings.context_frames,
            max_length=planner.video.config.nb_timesteps,
            max_spacing_ns=self.selector.max_spacing_ns,
        )
        self.context = planner.context(samples=settings.samples * len(DriveCommand))

    def observe(
        self, frame: CameraFrame, command: DriveCommand, what_ifs: bool = False
    ) -> Plan | None:
        """A plan, or None where the history has no use for this frame."""
        admission = self.admit(frame.stamp_ns, frame.camera, calibration=frame.calibration)
        if not admission.kept:
            return None
        self.remember(frame, admission)
        return self.plan(command, what_ifs)

    def admit(
        self,
        stamp_ns: int,
        camera: str,
        now_ns: int | None = None,
        calibration: CameraCalibration | None = None,
    ) -> Admission:
        """Whether a frame with this stamp is wanted, decided before anything is decoded.

        With another calibration the view is another one, as from another camera; the training
        camera's own makes no difference. Raises InputError for one that cannot be used.
        """
        if calibration is not None and not self.camera.is_training_camera(calibration):
            camera += f' (camera_info {calibration.fingerprint})'
        return self.selector.admit(stamp_ns, camera, now_ns)

    def remember(self, frame: CameraFrame | FrameTokens, admission: Admission) -> Remembered:
        """Take an admitted frame into the history; says if and why that started anew.

        A picture is tokenised; tokens must be of this pilot's tokenizer.
        """
        if isinstance(frame, CameraFrame):
            tokens = self.tokenizer.encode(self.camera.view(frame.image, frame.calibration))
            frame = FrameTokens(frame.stamp_ns, frame.camera, tokens)
        return self.history.remember(frame, admission.epoch)

    def window(self) -> TokenWindow | None:
        """What the next plan would be made from."""
        return self.history.window()

    def plan(self, command: DriveCommand, what_ifs: bool = False) -> Plan:
        """A plan from the frames remembered so far; there must be one."""
        window = self.history.window()
        assert window is not None, 'plan() needs a remembered frame'
        [plan] = plan_windows(
            self.planner, self.context, self.settings, [window], [command], what_ifs
        )
        return plan

    def surprise(self) -> float | None:
        """Mean negative log-likelihood (nats per token) of the newest frame, given those before.

        To be asked after a plan and before `prepare`; None where the model saw no earlier frame.
        """
        if self.context.frames < 2:
            return None
        return float(self.context.newest_frame_surprise())

    def prepare(self, interrupted: Interrupted = never) -> bool:
        """Show the model the frames that the next window will start with; False if interrupted."""
        window = self.history.window()
        if window is None:
            return True
        ahead = window.frames[1:] if len(window) == self.settings.context_frames else window.frames
        if not ahead:
            return True
        return self.context.hold(flat_tokens(TokenWindow(ahead).tokens), interrupted)

    def forget(self) -> None:
        """Drop the history, as after a deactivation; the weights and buffers stay."""
        self.history.clear()
        self.selector = FrameSelector(step_s=STEP_S, tolerance_s=self.settings.step_tolerance_s)
