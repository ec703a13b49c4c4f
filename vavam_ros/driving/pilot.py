"""The pilot: camera frames and a command in, a plan out. Every host drives this one."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.driving.noise import flow_noise
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.model.context import Interrupted, never
from vavam_ros.model.vavam import VaVAM
from vavam_ros.perception.history import Admission, FrameSelector, Remembered, TokenHistory
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.records import CameraFrame, DriveCommand, FrameTokens, Plan, TokenWindow

STEP_S = 0.5  # the models' frame rate and waypoint spacing: 2 Hz


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
        admission = self.admit(frame.stamp_ns, frame.camera)
        if not admission.kept:
            return None
        self.remember(frame, admission)
        return self.plan(command, what_ifs)

    def admit(self, stamp_ns: int, camera: str, now_ns: int | None = None) -> Admission:
        """Whether a frame with this stamp is wanted, decided before anything is decoded."""
        return self.selector.admit(stamp_ns, camera, now_ns)

    def remember(self, frame: CameraFrame, admission: Admission) -> Remembered:
        """Tokenise an admitted frame into the history; says if and why that started anew."""
        tokens = self.tokenizer.encode(self.camera.view(frame.image))
        return self.history.remember(
            FrameTokens(frame.stamp_ns, frame.camera, tokens), admission.epoch
        )

    def window(self) -> TokenWindow | None:
        """What the next plan would be made from."""
        return self.history.window()

    def plan(self, command: DriveCommand, what_ifs: bool = False) -> Plan:
        """A plan from the frames remembered so far; there must be one."""
        window = self.history.window()
        assert window is not None, 'plan() needs a remembered frame'
        self.context.hold(flat_tokens(window.tokens))
        wanted = [command, *(each for each in DriveCommand if what_ifs and each != command)]
        by_command = self._sample(window, wanted)
        samples = by_command.pop(command)
        return Plan(
            stamp_ns=window.stamp_ns,
            command=command,
            waypoints_in_rig=samples[medoid(samples)],
            samples_in_rig=samples,
            spread_m=spread(samples),
            context_frames=len(window),
            step_s=STEP_S,
            what_ifs_in_rig=by_command,
        )

    def _sample(
        self, window: TokenWindow, commands: list[DriveCommand]
    ) -> dict[DriveCommand, NDArray[np.float32]]:
        """[K, H, 2] m for each command, all from the same noise and one prefill."""
        config = self.planner.config
        noise = flow_noise(
            self.settings, window.stamp_ns, config.action_horizon, config.action_dim
        )
        repeated = torch.from_numpy(np.concatenate([noise] * len(commands)))[None]
        indices = torch.tensor([commands], dtype=torch.int64).repeat_interleave(len(noise), dim=1)
        trajectories = self.planner.sample(
            self.context, indices, repeated, self.settings.flow_steps or None
        )
        per_command = trajectories[0].float().cpu().numpy().reshape(len(commands), *noise.shape)
        return dict(zip(commands, per_command, strict=True))

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


def flat_tokens(tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """[T, rows, columns] of one window -> [1, T, S], as a context holds them."""
    return tokens.reshape(1, len(tokens), -1)


def medoid(samples: NDArray[np.float32]) -> int:
    """Index of the sample [K, H, 2] whose summed distance to the others is least."""
    offsets = samples[:, None] - samples[None]
    return int(np.linalg.norm(offsets, axis=-1).sum(axis=(1, 2)).argmin())


def spread(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square distance [H] of the samples [K, H, 2] from their mean, metres."""
    offsets = samples - samples.mean(axis=0)
    mean_square: NDArray[np.float32] = (offsets**2).sum(axis=-1).mean(axis=0)
    return np.sqrt(mean_square)
