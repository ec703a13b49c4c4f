"""LlamaGen's own tokenizer files, such as vq_ds16_c2i.pt: weights only, sizes by their shapes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.config import TokenizerConfig
from vavam_ros.model.contents import Checkpoint
from vavam_ros.model.torch_archive import TorchArchive

SECTIONS = ('ema', 'model', 'state_dict')  # the averaged weights are the better ones
CODEBOOK = 'quantize.embedding.weight'
STATISTICS = 'quantize.codebook_used'  # of training; no weight


def read_llamagen(archive: TorchArchive, content: Mapping[Any, Any], source: str) -> Checkpoint:
    """The tokenizer in a torch.save file, under one of `SECTIONS` or bare.

    `content` is what the archive holds, `source` the file's name for the provenance. Raises
    InputError when there is none, or when it is another network than VQ-16.
    """
    section = next((name for name in SECTIONS if name in content), None)
    stored = content if section is None else content[section]
    if not isinstance(stored, Mapping) or CODEBOOK not in stored:
        raise InputError(
            f'unknown layout: its keys are {_keys(content)}; expected hyper_parameters (VaViM or '
            f'VaVAM), or {CODEBOOK} (LlamaGen) under one of {", ".join(SECTIONS)}'
        )
    tensors = {
        str(key): archive.tensor(value, str(key))
        for key, value in stored.items()
        if key != STATISTICS
    }
    provenance: dict[str, object] = {
        'source': source,
        'format': 'llamagen',
        'section': section or 'bare',
        'trained': True,
    }
    return Checkpoint('tokenizer', None, None, _config(tensors), tensors, provenance)


def _config(tensors: Mapping[str, Tensor]) -> TokenizerConfig:
    """Sizes from the shapes that show them; all others are checked against these."""
    channels = _size(tensors, 'encoder.conv_in.weight', 0)
    levels = _count(tensors, 'encoder.conv_blocks.{}.res.0.conv2.weight')
    widths = [
        _size(tensors, f'encoder.conv_blocks.{level}.res.0.conv2.weight', 0)
        for level in range(levels)
    ]
    return TokenizerConfig(
        channels=channels,
        multipliers=tuple(width // channels for width in widths),
        res_blocks=_count(tensors, 'encoder.conv_blocks.0.res.{}.conv2.weight'),
        z_channels=_size(tensors, 'encoder.conv_out.weight', 0),
        codebook_size=_size(tensors, CODEBOOK, 0),
        codebook_dim=_size(tensors, CODEBOOK, 1),
    )


def _size(tensors: Mapping[str, Tensor], name: str, dimension: int) -> int:
    shape = list(tensors[name].shape) if name in tensors else []
    if dimension >= len(shape) or shape[dimension] < 1:
        found = f'shape {shape}' if name in tensors else 'none'
        raise InputError(f'{name}: expected a weight that shows a size, found {found}')
    return shape[dimension]


def _count(tensors: Mapping[str, Tensor], pattern: str) -> int:
    """How many tensors the pattern names, counted from 0 without a hole."""
    return next(n for n in itertools.count() if pattern.format(n) not in tensors)


def _keys(content: Mapping[Any, Any]) -> str:
    shown = [f'{key!s:.40}' for key in itertools.islice(content, 6)]
    return ', '.join(shown + (['...'] if len(content) > len(shown) else []))
