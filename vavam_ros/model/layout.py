"""Name and shape of each weight of the two transformers (arXiv 2502.15672)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.config import ActionConfig, VideoConfig

Shapes = dict[str, tuple[int, ...]]

MOST_LAYERS = 1000  # far above any real network: a broken number must not fill the memory
WEIGHT_DTYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


def video_shapes(config: VideoConfig, width: int | None = None) -> Shapes:
    """The GPT's weights as its layers name them, with the readout even where it is tied.

    `width` stands in for the embedding's: the shapes of muP's base model are asked for with it.
    """
    width = width or config.embedding_dim
    shapes: Shapes = {
        'transformer.wie.weight': (config.vocabulary_size, width),
        'transformer.wse.weight': (config.nb_tokens_per_timestep, width),
        'transformer.wte.weight': (config.nb_timesteps, width),
        'lm_head.weight': (config.vocabulary_size, width),
    }
    return shapes | _block_shapes(config.nb_layers, width, width, config.mlp_dim_mult)


def action_shapes(
    config: ActionConfig, width: int | None = None, attention_dim: int | None = None
) -> Shapes:
    """The action expert's weights as its layers name them.

    `width` and `attention_dim` stand in for the configured ones, as above.
    """
    width = width or config.embedding_dim
    attention_dim = attention_dim or config.attention_dim
    shapes: Shapes = {
        'action_encoder.linear_1.weight': (width, config.action_dim),
        'action_encoder.linear_2.weight': (width, 2 * width),
        'action_encoder.linear_3.weight': (width, width),
        'action_encoder.command_embedding.weight': (config.nb_commands, width),
        'action_encoder.action_positional_embedding.weight': (config.action_horizon, width),
        'action_decoder.weight': (config.action_dim, width),
    }
    return shapes | _block_shapes(config.nb_layers, width, attention_dim, config.mlp_dim_mult)


def _block_shapes(layers: int, width: int, attention_dim: int, mlp_mult: int) -> Shapes:
    if layers > MOST_LAYERS:
        raise InputError(f'nb_layers is {layers}: no checkpoint has over {MOST_LAYERS}')
    block: Shapes = {
        'attn.c_attn.weight': (3 * attention_dim, width),
        'attn.c_proj.weight': (width, attention_dim),
        'mlp.c_fc.weight': (mlp_mult * width, width),
        'mlp.c_proj.weight': (width, mlp_mult * width),
    }
    return {
        f'transformer.h.{layer}.{name}': shape
        for layer in range(layers)
        for name, shape in block.items()
    }


def check_tensors(tensors: Mapping[str, Tensor], shapes: Shapes) -> None:
    """Raise InputError unless the tensors have exactly these names and shapes, and are weights."""
    for name, shape in shapes.items():
        if name not in tensors:
            raise InputError(f'{name} is missing: expected a tensor of shape {list(shape)}')
        found = tensors[name]
        if tuple(found.shape) != shape:
            raise InputError(
                f'{name} has shape {list(found.shape)}: expected {list(shape)} '
                'by the sizes in its configuration'
            )
        if found.dtype not in WEIGHT_DTYPES:
            raise InputError(f'{name} holds {found.dtype}: expected floating-point weights')
    unexpected = sorted(tensors.keys() - shapes.keys())
    if unexpected:
        raise InputError(
            f'{unexpected[0]} is unexpected (and {len(unexpected) - 1} more): '
            'no such tensor belongs to these sizes'
        )
