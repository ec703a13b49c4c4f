"""MuP (arXiv 2203.03466): first weights and learning rates that carry from width to width.

A setting found on a narrow model (`tiny`) then fits a wide one. With Adam, a matrix whose inputs
grow with the width learns at a rate that falls with the width; tables, and matrices whose inputs
do not grow, learn at a constant one; attention scores are divided by the head's width and the
readout by `width_mult` (the model does both). Queries and readouts begin at zero.

Released sizes divide their readout by width / 256, `tiny` by width / 64: the same function with
a stream of another scale, since every reader of the stream normalises it. So what is written to
the stream is scaled by 64 / base_dim, and a rate found on `tiny` means the same for all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.config import PRESETS, ActionConfig, VideoConfig
from vavam_ros.model.video_gpt import VideoGPT
from vavam_ros.training.stage import ParameterGroup

REFERENCE = PRESETS['tiny']  # whose base widths the settings refer to
TABLE_STD = 0.05  # of the video model's tables
INPUT_TABLE_STD = 0.5  # of the action encoder's, which are not tied to a readout

Role = Literal['matrix', 'writer', 'table', 'input', 'readout']
# matrix: inputs grow with the width; writer: one that adds to the stream, or makes it;
# table: video tables, which make the stream; input: into the action encoder; readout: out of it

ROLES: dict[str, Role] = {
    'transformer.wie.weight': 'table',
    'transformer.wse.weight': 'table',
    'transformer.wte.weight': 'table',
    'lm_head.weight': 'readout',
    'action_encoder.linear_1.weight': 'input',
    'action_encoder.linear_2.weight': 'matrix',
    'action_encoder.linear_3.weight': 'writer',
    'action_encoder.command_embedding.weight': 'input',
    'action_encoder.action_positional_embedding.weight': 'input',
    'action_decoder.weight': 'readout',
}
BLOCK_ROLES: dict[str, Role] = {
    'attn.c_attn.weight': 'matrix',
    'attn.c_proj.weight': 'writer',
    'mlp.c_fc.weight': 'matrix',
    'mlp.c_proj.weight': 'writer',
}


@dataclass(frozen=True)
class Scaling:
    """What follows from a network's sizes."""

    width: float  # over the reference's base width
    stream: float  # scale of the stream against the reference's
    layers: int

    def rate(self, role: Role) -> float:
        """Learning rate over the setting."""
        grows = role in ('matrix', 'writer')
        writes = role in ('writer', 'table', 'readout')
        return (1 / self.width if grows else 1.0) * (self.stream if writes else 1.0)


def scaling(config: VideoConfig | ActionConfig) -> Scaling:
    """The multipliers of a network of these sizes."""
    part = REFERENCE.video if isinstance(config, VideoConfig) else REFERENCE.action
    return Scaling(
        config.embedding_dim / part.base_dim, part.base_dim / config.base_dim, config.nb_layers
    )


def role_of(name: str) -> Role:
    """The role of a weight, by its layer's name."""
    if name in ROLES:
        return ROLES[name]
    return BLOCK_ROLES[name.split('.', 3)[3]]  # transformer.h.N.attn.c_attn.weight


@torch.no_grad()
def initialise(network: VideoGPT | ActionExpert, generator: torch.Generator) -> None:
    """Draw first weights in place, the same for the same generator."""
    multipliers = scaling(network.config)
    for name, weight in network.named_parameters():
        role = role_of(name)
        if role == 'readout':
            weight.zero_()
            continue
        weight.normal_(0, _std(name, role, weight, multipliers), generator=generator)
        if name.endswith('c_attn.weight'):
            weight[: len(weight) // 3].zero_()  # queries: all keys weigh the same at first


def _std(name: str, role: Role, weight: Tensor, multipliers: Scaling) -> float:
    if role == 'table':
        return TABLE_STD * multipliers.stream
    if 'embedding' in name:
        return INPUT_TABLE_STD
    std = 1 / math.sqrt(weight.shape[1])
    if role == 'writer':
        std *= multipliers.stream
    branches = 2 * multipliers.layers if 'c_proj' in name else 1
    return std / math.sqrt(branches)


def groups(
    network: VideoGPT | ActionExpert, rate: float, weight_decay: float
) -> list[ParameterGroup]:
    """AdamW's groups. Decay is for matrices, and shrinks them equally fast at every width."""
    multipliers = scaling(network.config)
    by_role: dict[Role, list[nn.Parameter]] = {}
    for name, weight in network.named_parameters():
        by_role.setdefault(role_of(name), []).append(weight)
    return [
        ParameterGroup(
            weights,
            rate * multipliers.rate(role),
            # AdamW multiplies the two, so this undoes the rate's own scaling.
            weight_decay / multipliers.rate(role) if role in ('matrix', 'writer') else 0.0,
        )
        for role, weights in sorted(by_role.items())
    ]
