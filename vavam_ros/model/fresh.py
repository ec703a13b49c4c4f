"""Fresh random weights of a preset size, for trying, timing and testing without a download.

Not muP's initialisation, whose queries and readouts begin at zero, so that every plan would be
the noise it started from. Here attention has peaks, logits differ, and the action readout draws
the noise towards a straight drive, which what is seen and asked pushes aside a little: plans
have a length that a vehicle could drive, differ from image to image, and mean nothing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.action_expert import time_embedding
from vavam_ros.model.config import PRESETS, ActionConfig, Preset
from vavam_ros.model.contents import Checkpoint, checkpoint_shapes

EMBEDDING_STD = 0.3
SCORE_STD = 2.5  # of attention scores: of thousands of keys, some ten matter
CONTRACTION = 4.5  # the flow's pull towards its plan: over t = 0..1 noise shrinks by exp(-4.5)
SPEED_MPS = 8.0  # of the straight drive that plans are drawn towards
NORM_PER_M = 1.0  # of a waypoint in its token, by its metres: what is seen adds about 1
GROUND = 12 / 7  # of a unit's norm, in all tokens alike: it keeps norms, hence the pull, equal


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
    _pull_towards_a_drive(tensors, sizes.action)
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
    return 1 / math.sqrt(shape[1] * branches)


def _sharpen_attention(tensors: dict[str, Tensor], dim_heads: int) -> None:
    """Scale queries and keys: the score of two random rows is divided by the head's width."""
    gain = math.sqrt(SCORE_STD * math.sqrt(dim_heads))
    for name, tensor in tensors.items():
        if name.endswith('c_attn.weight'):
            tensor[: 2 * len(tensor) // 3] *= gain


def _pull_towards_a_drive(tensors: dict[str, Tensor], sizes: ActionConfig) -> None:
    """Make the velocity of a waypoint about -CONTRACTION * (waypoint - its place in the drive)."""
    encoder = {
        name: tensors[f'action_expert.action_encoder.{name}.weight']
        for name in ('linear_1', 'linear_2', 'linear_3', 'action_positional_embedding')
    }
    from_time, from_waypoint = _make_linear(encoder['linear_2'], encoder['linear_3'])
    waypoint, positions = encoder['linear_1'], encoder['action_positional_embedding']
    per_unit = NORM_PER_M * sizes.action_scaling
    waypoint *= per_unit / _centred(from_waypoint @ waypoint).norm(dim=0)
    ground_norm = GROUND * per_unit
    ground = positions[0] * (ground_norm / _centred(from_waypoint @ positions[0]).norm())
    positions += ground - _straight_drive(sizes) @ waypoint.T
    times = time_embedding(torch.tensor([0.0, 0.5, 1.0]), sizes.embedding_dim)
    shown = torch.stack([*waypoint.T, ground], dim=1)
    in_token = _centred(torch.cat([from_waypoint @ shown, from_time @ times.T], dim=1))
    # The readout sees normed tokens; it must answer to waypoints and to nothing else in them.
    strength = CONTRACTION * sizes.width_mult * ground_norm / math.sqrt(sizes.embedding_dim)
    readout = -strength * torch.linalg.pinv(in_token)[: sizes.action_dim]
    tensors['action_expert.action_decoder.weight'] = readout


def _make_linear(linear_2: Tensor, linear_3: Tensor) -> tuple[Tensor, Tensor]:
    """Mirror half of the rows: SiLU(z) - SiLU(-z) = z, so the two layers become one matrix.

    Returns its parts [A, A] for the flow's time and for waypoint, place and command.
    """
    width = len(linear_3)
    half = width // 2
    linear_2[half:] = -linear_2[:half]
    linear_3[:, half:] = -linear_3[:, :half]
    both = linear_3[:, :half] @ linear_2[:half]
    return both[:, :width], both[:, width:]


def _straight_drive(sizes: ActionConfig) -> Tensor:
    """Waypoints [H, action_dim] straight ahead, 2 a second, in the flow's units."""
    ahead = torch.zeros(sizes.action_horizon, sizes.action_dim)
    ahead[:, 0] = torch.arange(1, len(ahead) + 1) * SPEED_MPS / 2 / sizes.action_scaling
    return ahead


def _centred(columns: Tensor) -> Tensor:
    """As a LayerNorm sees them: each without its mean."""
    return columns - columns.mean(dim=0)


def _tokenizer_weight(name: str, tensor: Tensor, generator: torch.Generator) -> Tensor:
    if name.endswith('.bias'):
        return tensor.zero_()
    if tensor.ndim == 1:  # a norm's scale
        return tensor.fill_(1)
    inputs = 1 if name == 'quantize.embedding.weight' else tensor[0].numel()
    return tensor.normal_(0, 1 / math.sqrt(inputs), generator=generator)
