"""Random weights of a model whose plans take milliseconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vavam_ros.model import config, fresh
from vavam_ros.model.checkpoint import read_checkpoint, write_checkpoint

ROWS, COLUMNS = 4, 6


def write_mini_model(folder: Path) -> dict[str, str]:
    """Make two files; returns their paths, by the parameters that name them."""
    return write_model(mini_preset(), folder)


def write_trained_mini_model(folder: Path) -> dict[str, str]:
    """As `write_mini_model`, of weights that say that they are trained."""
    files = write_mini_model(folder)
    checkpoint = read_checkpoint(files['weights'])
    provenance = {**checkpoint.provenance, 'trained': True}
    write_checkpoint(replace(checkpoint, provenance=provenance), Path(files['weights']))
    return files


def write_model(preset: config.Preset, folder: Path) -> dict[str, str]:
    """As `write_mini_model`, of other sizes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(config.PRESETS, 'of these sizes', preset)
        checkpoints = {
            'weights': fresh.fresh_checkpoint('of these sizes'),
            'tokenizer': fresh.fresh_tokenizer('of these sizes'),
        }
    for name, checkpoint in checkpoints.items():
        write_checkpoint(checkpoint, folder / name)
    return {name: str(folder / name) for name in checkpoints}


def mini_preset() -> config.Preset:
    """Sizes of a model with a grid of 4 x 6 tokens."""
    video = config.VideoConfig(
        embedding_dim=64,
        base_dim=32,
        dim_heads=16,
        nb_layers=2,
        vocabulary_size=65,
        nb_timesteps=8,
        nb_tokens_per_timestep=ROWS * COLUMNS,
        grid=(ROWS, COLUMNS),
    )
    action = config.ActionConfig(16, 8, attention_dim=64, dim_heads=16, nb_layers=2)
    tokenizer = config.TokenizerConfig(32, (1, 1, 1, 1, 1), z_channels=32, codebook_size=64)
    return config.Preset(video, action, tokenizer)
