"""The action expert: a narrow transformer that reads the video model's keys and values."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vavam_ros.model.config import ActionConfig
from vavam_ros.model.joint import ActionAttention, KeyValueMemory
from vavam_ros.model.video_gpt import Block, layer_norm

TIME_PERIOD = 10_000.0  # of the slowest sine, in units of 2 pi


def time_embedding(time: Tensor, width: int) -> Tensor:
    """Flow time [...] in [0, 1] -> [..., width]: sines, then cosines."""
    half = width // 2
    # The frequencies are float32's in every dtype, as they were in training.
    steps = torch.arange(half, device=time.device, dtype=torch.float32)
    frequencies = torch.exp(-steps * (math.log(TIME_PERIOD) / (half - 1))).to(time.dtype)
    angles = time[..., None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class ActionEncoder(nn.Module):
    """Noisy waypoints, command and flow time -> one token per waypoint."""

    def __init__(self, config: ActionConfig) -> None:
        super().__init__()
        width = config.embedding_dim
        self.linear_1 = nn.Linear(config.action_dim, width, bias=False)
        self.linear_2 = nn.Linear(2 * width, width, bias=False)
        self.linear_3 = nn.Linear(width, width, bias=False)
        self.command_embedding = nn.Embedding(config.nb_commands, width)
        self.action_positional_embedding = nn.Embedding(config.action_horizon, width)

    def forward(self, x: Tensor, time: Tensor, commands: Tensor) -> Tensor:
        """Waypoints [..., H, 2], time [...] and commands [...] -> tokens [..., H, A]."""
        dtype = self.linear_1.weight.dtype
        waypoint = self.linear_1(x.to(dtype)) + self.action_positional_embedding.weight
        waypoint = waypoint + self.command_embedding(commands)[..., None, :]
        tau = time_embedding(time, waypoint.shape[-1]).to(dtype)[..., None, :]
        joined = torch.cat([tau.expand_as(waypoint), waypoint], dim=-1)
        return cast(Tensor, self.linear_3(F.silu(self.linear_2(joined))))


class ActionExpert(nn.Module):
    """Velocity of the flow at a noisy trajectory, given what the video model has seen."""

    def __init__(self, config: ActionConfig) -> None:
        super().__init__()
        self.config = config
        width, dim_heads = config.embedding_dim, config.dim_heads
        self.scale = 1 / dim_heads
        self.action_encoder = ActionEncoder(config)
        self.transformer = nn.Module()
        self.transformer.h = nn.ModuleList(
            Block(width, config.attention_dim, dim_heads, config.mlp_dim_mult)
            for _ in range(config.nb_layers)
        )
        self.action_decoder = nn.Linear(width, config.action_dim, bias=False)

    @property
    def blocks(self) -> list[Block]:
        """The transformer's layers, first to last."""
        return [cast(Block, block) for block in cast(nn.ModuleList, self.transformer.h)]

    def stream(
        self, tokens: Tensor, memory: KeyValueMemory, visual: int, mask: Tensor | None
    ) -> Tensor:
        """Action tokens [B, N, A] -> the stream after the last block [B, N, A].

        Their keys and values go to the spare positions behind the `visual` first ones of the
        memory, where the next call overwrites them. Mask [N, visual + N], None: all is seen.
        """
        x, rows = tokens, tokens.shape[1]
        attend = ActionAttention(memory, visual, rows, mask, self.scale)
        for layer, block in enumerate(self.blocks):
            q, k, v = block.attn.queries_keys_values(layer_norm(x))
            memory.write(layer, visual, k, v)
            x = block.add(x, attend(q, *memory.read(layer, visual + rows)))
        return x

    def readout(self, x: Tensor) -> Tensor:
        """Stream [..., A] -> velocity [..., 2], in the flow's own units."""
        return F.linear(layer_norm(x) / self.config.width_mult, self.action_decoder.weight)
