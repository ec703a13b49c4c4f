"""Tokenizer files -> a tokenizer on a device, whichever of its formats they have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import Checkpoint, read_checkpoint
from vavam_ros.model.released import RELEASED_DECODER, RELEASED_ENCODER
from vavam_ros.model.vq import VQModel
from vavam_ros.model.vq_torchscript import TorchScriptCodec, is_torchscript, read_torchscript_codec


@dataclass(frozen=True, eq=False)
class LoadedTokenizer:
    """A codec, and what its host must know to feed and name it."""

    codec: VQModel | TorchScriptCodec
    device: torch.device
    dtype: torch.dtype  # of the images that it takes
    identity: str  # 12 hex digits; equal ones give equal tokens
    provenance: dict[str, object]  # as in Checkpoint


def load_tokenizer(
    path: str | Path,
    decoder: str | Path | None = None,
    device: str | torch.device = 'cpu',
    dtype: torch.dtype = torch.float32,
) -> LoadedTokenizer:
    """The tokenizer in our safetensors, LlamaGen's file, the released encoder, or its folder.

    `decoder` belongs to a TorchScript encoder, without which that one only encodes; a folder
    with both released names gives both. TorchScript runs in float32 whatever the `dtype`.
    Raises InputError that names the file and what was found where something else was expected.
    """
    encoder = Path(path)
    if encoder.is_dir():
        folder, encoder = encoder, encoder / RELEASED_ENCODER
        if not encoder.is_file():
            raise InputError(f'{folder} holds no {RELEASED_ENCODER}: give the tokenizer file')
        if not decoder and (folder / RELEASED_DECODER).is_file():
            decoder = folder / RELEASED_DECODER
    if not encoder.is_file():
        raise InputError(f'{encoder} does not exist: expected a tokenizer file')
    if encoder.suffix == '.jit' or is_torchscript(encoder):
        return _released(encoder, Path(decoder) if decoder else None, device)
    if decoder:
        raise InputError(f'{encoder} decodes by itself: leave out the decoder {decoder}')
    return _native(encoder, device, dtype)


def build_tokenizer(
    checkpoint: Checkpoint, device: str | torch.device, dtype: torch.dtype
) -> VQModel:
    """The native tokenizer of a checkpoint that was read before, with its own copy of weights.

    Raises InputError when the checkpoint is no tokenizer.
    """
    if checkpoint.tokenizer is None:
        raise InputError(f'a {checkpoint.kind} checkpoint holds no tokenizer')
    with torch.device('meta'):
        model = VQModel(checkpoint.tokenizer)
    weights = {
        name: tensor.to(
            device,
            # The codebook stays in float32: rounded codes would give other tokens.
            torch.float32 if 'quantize.' in name else dtype,
            copy=True,
            # Convolutions then run channels last throughout, turning no activation around.
            memory_format=torch.channels_last if tensor.ndim == 4 else torch.contiguous_format,
        )
        for name, tensor in checkpoint.tensors.items()
    }
    model.load_state_dict(weights, strict=True, assign=True)
    return model.eval().requires_grad_(False)


def _native(path: Path, device: str | torch.device, dtype: torch.dtype) -> LoadedTokenizer:
    checkpoint = read_checkpoint(path)
    if checkpoint.tokenizer is None:
        raise InputError(f'{path} holds a {checkpoint.kind} checkpoint: expected a tokenizer')
    model = build_tokenizer(checkpoint, device, dtype)
    identity, provenance = checkpoint.identity, checkpoint.provenance
    return LoadedTokenizer(model, torch.device(device), dtype, identity, provenance)


def _released(encoder: Path, decoder: Path | None, device: str | torch.device) -> LoadedTokenizer:
    codec = read_torchscript_codec(encoder, decoder, device)
    identity = codec.encoder.sha256[:12]  # the encoder alone makes the tokens
    provenance: dict[str, object] = {'source': encoder.name, 'format': 'torchscript'}
    return LoadedTokenizer(codec, torch.device(device), torch.float32, identity, provenance)
