"""A picture of pictures: originals above what the tokenizer makes of them."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from vavam_ros.errors import InputError

ACROSS = 3  # pairs side by side


def save_samples(path: Path, originals: Tensor, made: Tensor) -> None:
    """Write pairs uint8 [N, 3, h, w] as one PNG; InputError when that fails."""
    pairs = torch.cat([originals, made], dim=2)  # [N, 3, 2h, w]
    rows = [_side_by_side(pairs[at : at + ACROSS]) for at in range(0, len(pairs), ACROSS)]
    sheet = torch.cat(rows, dim=1).permute(1, 2, 0).contiguous().numpy()
    part = path.with_name(f'.{path.name}.part')
    try:
        Image.fromarray(sheet).save(part, 'PNG')
        os.replace(part, path)
    except OSError as error:
        raise InputError(f'{path} cannot be written ({error.strerror or error})') from error


def _side_by_side(pairs: Tensor) -> Tensor:
    """[n, 3, h, w] -> [3, h, ACROSS * w], black where there are fewer."""
    full = torch.zeros(ACROSS, *pairs.shape[1:], dtype=pairs.dtype)
    full[: len(pairs)] = pairs
    return torch.cat(list(full), dim=2)
