"""Action learning: flow matching with the video model frozen (VaVAM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.config import ActionConfig
from vavam_ros.model.contents import Checkpoint
from vavam_ros.model.flow import euler_states
from vavam_ros.model.video_gpt import VideoGPT
from vavam_ros.training import mup
from vavam_ros.training.blocks import BlockPass
from vavam_ros.training.flow_matching import draw_times, flow_loss, path
from vavam_ros.training.stage import Batch, ParameterGroup, Samples, Sums

PLANS = 6  # drawn for each frame in validation; minADE takes the best of them


class FlowMatching(nn.Module):
    """A frozen video model and an action expert with its loss."""

    def __init__(self, gpt: VideoGPT, expert: ActionExpert) -> None:
        super().__init__()
        self.gpt = gpt.requires_grad_(False)
        self.expert = expert

    def forward(self, batch: Batch) -> Sums:
        """Tokens [B, T, S] with their targets, and the step's noise -> the sum over valid frames.

        One visual pass serves all frames' blocks and all draws.
        """
        config, x0, time = self.expert.config, batch['noise'], batch['time']
        x1 = valid_targets(batch)[:, :, None] / config.action_scaling
        state, target = path(x0, x1, time, config.flow_sig_min)
        velocity = self.block_pass(batch, x0.shape[2]).velocity(state, time, batch['commands'])
        losses = flow_loss(velocity, target)
        return {'loss': (losses * batch['valid']).sum()}

    @torch.no_grad()
    def plans(self, batch: Batch, noise: Tensor) -> Tensor:
        """Noise [B, T, K, H, 2] -> metres, as VaVAM.plan gives them from each frame's context."""
        blocks, config = self.block_pass(batch, noise.shape[2]), self.expert.config
        *_, last = euler_states(
            lambda x, time: blocks.velocity(x, time.expand(x.shape[:3]), batch['commands']),
            noise,
            config.num_inference_steps,
        )
        limit = config.final_action_clip_value
        return (last if limit is None else last.clamp(-limit, limit)) * config.action_scaling

    def block_pass(self, batch: Batch, draws: int) -> BlockPass:
        """The visual pass over a batch, done once."""
        tokens = batch['tokens']
        with torch.no_grad():
            visual = self.gpt.keys_values(tokens.flatten(1))
        return BlockPass(self.expert, visual, tokens.shape[1], draws)


def valid_targets(batch: Batch) -> Tensor:
    """Waypoints [B, T, H, 2] m; zero where there are none, whatever stands there."""
    return torch.where(batch['valid'][..., None, None], batch['targets'], 0.0)


class ActionStage:
    """Flow matching of an action expert (see stage.Stage)."""

    name = 'action'
    unit = 'tokens'

    def __init__(
        self,
        network: FlowMatching,
        training: Samples,
        held_back: Samples,
        identity: Mapping[str, object],
        draws_per_frame: int = 4,
    ) -> None:
        self.network = network
        self.training, self.held_back, self.identity = training, held_back, identity
        self.draws_per_frame = draws_per_frame

    @property
    def config(self) -> ActionConfig:
        """Of the expert."""
        return self.network.expert.config

    def groups(self, rate: float, weight_decay: float) -> list[ParameterGroup]:
        """MuP's, of the expert."""
        return mup.groups(self.network.expert, rate, weight_decay)

    def draws(self, samples: int, generator: torch.Generator) -> Batch:
        """Noise and times for each frame; more noise for the plans of a validation."""
        config, frames = self.config, self.network.gpt.config.nb_timesteps
        shape = (samples, frames, self.draws_per_frame)
        waypoints = (config.action_horizon, config.action_dim)
        return {
            'time': draw_times(shape, config.flow_sig_min, generator),
            'noise': torch.randn((*shape, *waypoints), generator=generator),
            'plan_noise': torch.randn((samples, frames, PLANS, *waypoints), generator=generator),
        }

    def terms(self, batch: Batch) -> Tensor:
        """Frames with a target."""
        return batch['valid'].sum()

    def units(self, batch: Batch) -> int:
        """Tokens."""
        return batch['tokens'].numel()

    def validate(self, network: Any, batch: Batch) -> dict[str, tuple[Tensor, Tensor]]:
        """The loss; ADE and minADE in metres of plans from every length of context."""
        loss = cast(Sums, network(batch))['loss']
        plans = self.network.plans(batch, batch['plan_noise'])
        errors_m = (plans - valid_targets(batch)[:, :, None]).norm(dim=-1).mean(dim=-1)
        valid, terms = batch['valid'], self.terms(batch)
        return {
            'loss': (loss, terms),
            'ade_m': ((errors_m.mean(dim=-1) * valid).sum(), terms),
            'min_ade_m': ((errors_m.amin(dim=-1) * valid).sum(), terms),
        }

    def checkpoint(self, provenance: dict[str, object]) -> Checkpoint:
        """A VaVAM: the expert with the video model that it was trained on."""
        gpt, expert = self.network.gpt, self.network.expert
        tensors = {f'gpt.{name}': weight.detach() for name, weight in gpt.named_parameters()}
        tensors |= {f'action_expert.{name}': w.detach() for name, w in expert.named_parameters()}
        return Checkpoint('vavam', gpt.config, expert.config, None, tensors, provenance)
