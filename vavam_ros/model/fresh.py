"""Fresh random weights of a preset size, for trying, timing and testing without a download.

Not muP's initialisation, whose queries and readouts begin at zero, so that every plan would be
the noise it started from. Here attention has peaks, logits differ, and the action readout draws
the noise together, so that plans are tens of metres long, differ with what is seen, and
mean nothing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.config import PRESETS, Preset
from vavam_ros.model.contents import Checkpoint, checkpoint_shapes

EMBEDDING_STD = 0.3
SCORE_STD = 2.5  # of attention scores: of thousands of keys, some ten matter
CONTRACTION = 6.0  # the flow's pull towards its plan: over t = 0..1 noise shrinks by exp(-6)
SPEED=8.0; POS=0.0; CMD=0.3; TAU=1.0
WAYPOINT_GAIN = 4.0  # a waypoint's weight in its token: the larger, the shorter the plans


def fresh_checkpoint(preset: str, seed: int = 0) -> Checkpoint:
    """An untrained VaVAM of a preset size (tiny, S, B, L), the same for the same seed."""
    sizes = _sizes(preset)
    generator = torch.Generator().manual_seed(seed)
    shapes = checkpoint_shapes(sizes.video, sizes.action, None)
    tensors = {
        name: torch.empty(shape).normal_(0, _weight_std(name, shape, sizes), generator=generator)
        for name, shape in shapes.items()
    }
    _sharpen_attention(tensors, sizes.video.dim_heads)
    _draw_noise_together(tensors, sizes.action.width_mult)
    return Checkpoint('vavam', sizes.video, sizes.action, None, tensors, _origin(preset, seed))


def fresh_tokenizer(preset: str, seed: int = 0) -> Checkpoint:
    """An untrained VQ-16 of a preset size (tiny, S, B, L), the same for the same seed."""
    sizes = _sizes(preset).tokenizer
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        name: _tokenizer_weight(name, torch.empty(shape), generator)
        for name, shape in checkpoint_shapes(None, None, sizes).items()
    }
    return Checkpoint('tokenizer', None, None, sizes, tensors, _origin(preset, seed))


def _sizes(preset: str) -> Preset:
    if preset not in PRESETS:
        raise InputError(f'there is no preset {preset!r}: expected one of {", ".join(PRESETS)}')
    return PRESETS[preset]


def _origin(preset: str, seed: int) -> dict[str, object]:
    return {'source': 'random', 'trained': False, 'preset': preset, 'seed': seed}


def _weight_std(name: str, shape: tuple[int, ...], sizes: Preset) -> float:
    """1/sqrt(inputs), so that sizes pass through; residual branches share the stream's growth."""
    if 'embedding' in name or '.wie.' in name or '.wse.' in name or '.wte.' in name:
        return EMBEDDING_STD
    branches = 2 * sizes.video.nb_layers if 'c_proj' in name else 1
    gain = WAYPOINT_GAIN if 'linear_1' in name else 1.0
    return gain / math.sqrt(shape[1] * branches)


def _sharpen_attention(tensors: dict[str, Tensor], dim_heads: int) -> None:
    """Scale queries and keys: the score of two random rows is divided by the head's width."""
    gain = math.sqrt(SCORE_STD * math.sqrt(dim_heads))
    for name, tensor in tensors.items():
        if name.endswith('c_attn.weight'):
            tensor[: 2 * len(tensor) // 3] *= gain


def _draw_noise_together(tensors: dict[str, Tensor], width_mult: float) -> None:
    """Read each waypoint out of its own token with a negative sign: velocity = -6 x + something.

    SiLU passes half of a small random input on, hence the 0.5.
    """
    tensors['action_expert.action_encoder.linear_2.weight'][:, :tensors['action_expert.action_encoder.linear_2.weight'].shape[0]] *= TAU
    encoder = {n: tensors[f'action_expert.action_encoder.linear_{n}.weight'] for n in (1, 2, 3)}
    width = len(encoder[1])
    waypoint_in_token = 0.5 * encoder[3] @ encoder[2][:, width:] @ encoder[1]  # [A, 2]
    readout = -CONTRACTION * width_mult * torch.linalg.pinv(waypoint_in_token)
    tensors['action_expert.action_decoder.weight'] = readout
    n = 'action_expert.action_encoder.action_positional_embedding.weight'
    ahead = torch.zeros(tensors[n].shape[0], 2)
    ahead[:, 0] = torch.arange(1, len(ahead) + 1) * SPEED * 0.5 / 70
    tensors[n] = tensors[n] * POS - ahead @ encoder[1].T
    tensors['action_expert.action_encoder.command_embedding.weight'] *= CMD


def _tokenizer_weight(name: str, tensor: Tensor, generator: torch.Generator) -> Tensor:
    if name.endswith('.bias'):
        return tensor.zero_()
    if tensor.ndim == 1:  # a norm's scale
        return tensor.fill_(1)
    inputs = 1 if name == 'quantize.embedding.weight' else tensor[0].numel()
    return tensor.normal_(0, 1 / math.sqrt(inputs), generator=generator)
