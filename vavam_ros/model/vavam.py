"""VaVAM for users: planned trajectories from video tokens and a command."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.config import ActionConfig
from vavam_ros.model.context import VideoContext
from vavam_ros.model.flow import euler_states
from vavam_ros.model.joint import samples_mask
from vavam_ros.model.vavim import VaViM


class VaVAM:
    """The video-action model: VaViM with an action expert that reads its keys and values."""

    def __init__(self, video: VaViM, expert: ActionExpert) -> None:
        self.video = video
        self.expert = expert.eval().requires_grad_(False)

    @property
    def config(self) -> ActionConfig:
        """The action expert's sizes and constants, as the checkpoint has them."""
        return self.expert.config

    def plan(
        self, tokens: Tensor, commands: Tensor, noise: Tensor, steps: int | None = None
    ) -> Tensor:
        """Trajectories for each window: one prefill, whatever the number of samples.

        Tokens [B, T, h, w] integer (T frames at 2 Hz, oldest first), commands [B] (0 right,
        1 left, 2 straight), noise [B, K, H, 2] ~ N(0, 1), steps of the flow (default: the
        checkpoint's). Returns [B, K, H, 2] float32 metres, x forward, y left, in the ego frame
        of the newest frame, at +0.5 s, +1 s, ... Raises InputError for a wrong shape or value.
        """
        window = self.video.checked(tokens)
        commands = torch.as_tensor(commands)
        if commands.shape != (len(window),):
            raise InputError(
                f'commands have shape {list(commands.shape)}: expected one for each of the '
                f'{len(window)} windows'
            )
        self._check_noise(noise, len(window))
        context = self.context(batch=len(window), samples=noise.shape[1])
        context.hold(window.numpy())
        return self.sample(context, commands[:, None].expand(noise.shape[:2]), noise, steps)

    def context(self, batch: int = 1, samples: int = 1) -> VideoContext:
        """An empty context with room for the action tokens of this many samples."""
        spare = samples * self.config.action_horizon
        return VideoContext(self.video.gpt, batch=batch, spare=spare)

    @torch.inference_mode()
    def sample(
        self, context: VideoContext, commands: Tensor, noise: Tensor, steps: int | None = None
    ) -> Tensor:
        """Commands [B, N] and noise [B, N, H, 2] -> [B, N, H, 2] m, from what the context holds.

        All N samples are folded into the query axis: the visual rows are read once per step.
        """
        *_, last = self.states(context, commands, noise, steps)
        limit = self.config.final_action_clip_value
        if limit is not None:
            last = last.clamp(-limit, limit)
        return last * self.config.action_scaling

    @torch.inference_mode()
    def states(
        self, context: VideoContext, commands: Tensor, noise: Tensor, steps: int | None = None
    ) -> Iterator[Tensor]:
        """The flow's state [B, N, H, 2] after each step, in units of `action_scaling`."""
        steps = self.config.num_inference_steps if steps is None else steps
        if steps < 1:
            raise InputError(f'steps is {steps}: the flow needs at least one')
        self._check_commands(commands)
        device = self.video.gpt.token_table.device
        commands, noise = commands.to(device), noise.to(device)
        mask = self.mask(context, noise)
        yield from euler_states(
            lambda x, time: self.velocity(context, x, time.expand(commands.shape), commands, mask),
            self._flow_state(noise),
            steps,
        )

    @torch.inference_mode()
    def velocity(
        self, context: VideoContext, x: Tensor, time: Tensor, commands: Tensor, mask: Tensor | None
    ) -> Tensor:
        """One evaluation: state x [B, N, H, 2], time and commands [B, N] -> [B, N, H, 2]."""
        assert context.frames > 0, 'the context holds no frame yet'
        tokens = self.expert.action_encoder(x, time, commands)
        stream = self.expert.stream(tokens.flatten(1, 2), context.memory, context.length, mask)
        return self.expert.readout(stream).reshape(x.shape)

    def mask(self, context: VideoContext, noise: Tensor) -> Tensor | None:
        """Who sees whom, the same for every step of a plan (see joint.samples_mask)."""
        return samples_mask(noise.shape[1], noise.shape[2], context.length, noise.device)

    def _flow_state(self, noise: Tensor) -> Tensor:
        """Float32, or wider where the weights are."""
        wide = torch.promote_types(self.video.gpt.token_table.dtype, torch.float32)
        return noise.to(wide)

    def _check_commands(self, commands: Tensor) -> None:
        low, high = int(commands.min()), int(commands.max())
        if low < 0 or high >= self.config.nb_commands:
            raise InputError(
                f'commands go from {low} to {high}: this model knows 0 to '
                f'{self.config.nb_commands - 1} (0 right, 1 left, 2 straight)'
            )

    def _check_noise(self, noise: Tensor, batch: int) -> None:
        expected = (self.config.action_horizon, self.config.action_dim)
        if noise.ndim != 4 or len(noise) != batch or tuple(noise.shape[2:]) != expected:
            raise InputError(
                f'noise has shape {list(noise.shape)}: expected [{batch}, K, {expected[0]}, '
                f'{expected[1]}]'
            )
