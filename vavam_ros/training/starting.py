"""What a run starts from: first weights of a preset, or a checkpoint to go on with."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from vavam_ros.errors import InputError
from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.checkpoint import Checkpoint, read_checkpoint
from vavam_ros.model.config import PRESETS, ActionConfig, Preset, VideoConfig
from vavam_ros.model.video_gpt import VideoGPT
from vavam_ros.training import mup

ACTION_SHARE = 4  # the video model's width over the expert's


def preset_sizes(name: str) -> Preset:
    """The sizes of a preset; raises InputError for an unknown one."""
    if name not in PRESETS:
        raise InputError(f'there is no preset {name!r}: expected one of {", ".join(PRESETS)}')
    return PRESETS[name]


def fresh_video(config: VideoConfig, seed: int) -> VideoGPT:
    """A video model with muP's first weights."""
    gpt = VideoGPT(config)
    mup.initialise(gpt, torch.Generator().manual_seed(seed))
    return gpt


def fresh_expert(config: ActionConfig, seed: int) -> ActionExpert:
    """An action expert with muP's first weights."""
    expert = ActionExpert(config)
    mup.initialise(expert, torch.Generator().manual_seed(seed))
    return expert


def expert_sizes(video: VideoConfig) -> ActionConfig:
    """The expert of the preset with this video model; else as the paper's, a quarter as wide."""
    for preset in PRESETS.values():
        if preset.video == video:
            return preset.action
    return ActionConfig(
        embedding_dim=video.embedding_dim // ACTION_SHARE,
        base_dim=video.base_dim // ACTION_SHARE,
        attention_dim=video.embedding_dim,
        dim_heads=video.dim_heads,
        nb_layers=video.nb_layers,
    )


def read_start(path: Path) -> Checkpoint:
    """A checkpoint with a video model; raises InputError for anything else."""
    checkpoint = read_checkpoint(path)
    if checkpoint.video is None:
        raise InputError(
            f'{path} holds a {checkpoint.kind} checkpoint: training starts from a VaViM or VaVAM'
        )
    return checkpoint


def video_of(checkpoint: Checkpoint) -> VideoGPT:
    """A checkpoint's video model in float32, to be trained or read."""
    assert checkpoint.video is not None
    gpt = VideoGPT(checkpoint.video)
    _fill(gpt, checkpoint, 'gpt.')
    return gpt


def expert_of(checkpoint: Checkpoint) -> ActionExpert:
    """A checkpoint's action expert in float32."""
    assert checkpoint.action is not None
    expert = ActionExpert(checkpoint.action)
    _fill(expert, checkpoint, 'action_expert.')
    return expert


def _fill(module: nn.Module, checkpoint: Checkpoint, prefix: str) -> None:
    module.load_state_dict(
        {
            name.removeprefix(prefix): tensor
            for name, tensor in checkpoint.tensors.items()
            if name.startswith(prefix)
        }
    )
