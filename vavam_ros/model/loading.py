"""Checkpoint files -> models on a device."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from vavam_ros.errors import InputError
from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.checkpoint import Checkpoint, read_checkpoint
from vavam_ros.model.vavam import VaVAM
from vavam_ros.model.vavim import VaViM
from vavam_ros.model.video_gpt import VideoGPT

AnyModule = TypeVar('AnyModule', bound=nn.Module)


def load_vavim(
    path: str | Path, device: str | torch.device = 'cpu', dtype: torch.dtype = torch.float32
) -> VaViM:
    """The video model of a VaViM or VaVAM file (released Lightning file, or our safetensors).

    Raises InputError that names the file and what was found where something else was expected.
    """
    return build_vavim(read_checkpoint(path), device, dtype)


def load_vavam(
    path: str | Path, device: str | torch.device = 'cpu', dtype: torch.dtype = torch.float32
) -> VaVAM:
    """The video-action model of a VaVAM file (released Lightning file, or our safetensors).

    Raises InputError that names the file and what was found where something else was expected.
    """
    checkpoint = read_checkpoint(path)
    if checkpoint.action is None:
        raise InputError(
            f'{path} holds a {checkpoint.kind} checkpoint: planning needs a VaVAM file, which has '
            'an action expert'
        )
    return build_vavam(checkpoint, device, dtype)


def build_vavim(checkpoint: Checkpoint, device: str | torch.device, dtype: torch.dtype) -> VaViM:
    """The video model of a checkpoint that was read before."""
    if checkpoint.video is None:
        raise InputError(f'a {checkpoint.kind} checkpoint holds no video model')
    with torch.device('meta'):
        gpt = VideoGPT(checkpoint.video)
    return VaViM(_with_weights(gpt, checkpoint.tensors, 'gpt.', device, dtype))


def build_vavam(checkpoint: Checkpoint, device: str | torch.device, dtype: torch.dtype) -> VaVAM:
    """The video-action model of a checkpoint that was read before."""
    if checkpoint.action is None:
        raise InputError(f'a {checkpoint.kind} checkpoint holds no action expert')
    with torch.device('meta'):
        expert = ActionExpert(checkpoint.action)
    _with_weights(expert, checkpoint.tensors, 'action_expert.', device, dtype)
    return VaVAM(build_vavim(checkpoint, device, dtype), expert)


def _with_weights(
    module: AnyModule,
    tensors: dict[str, Tensor],
    prefix: str,
    device: str | torch.device,
    dtype: torch.dtype,
) -> AnyModule:
    """A module from the meta device with real weights: one copy, on the device, in the dtype."""
    own = {
        name.removeprefix(prefix): tensor.to(
            device, dtype, copy=True, memory_format=torch.contiguous_format
        )
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
    module.load_state_dict(own, strict=True, assign=True)
    return module
