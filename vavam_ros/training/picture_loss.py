"""How far a picture is from its original."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SQUARE_WEIGHT = 1.0
EDGE_WEIGHT = 1.0  # of all scales together: thin lane markings are few pixels, but all edge
EDGE_SCALES = 3  # pixels, pairs, fours


def reconstruction(made: Tensor, original: Tensor) -> Tensor:
    """Pictures [N, 3, h, w] in [-1, 1] -> each one's loss [N]: absolute, squared, and edges."""
    error = made - original
    edges = sum(_slopes(part) for part in _pyramid(error))
    pixels = error.abs().mean(dim=(1, 2, 3)) + SQUARE_WEIGHT * error.square().mean(dim=(1, 2, 3))
    return pixels + EDGE_WEIGHT / EDGE_SCALES * edges


def psnr_db(made: Tensor, original: Tensor) -> Tensor:
    """Pictures [N, 3, h, w] in [-1, 1] -> each one's peak signal-to-noise ratio [N]."""
    square = ((made.clamp(-1, 1) - original) / 2).square().mean(dim=(1, 2, 3))
    return -10 * torch.log10(square.clamp(min=1e-10))


def _pyramid(error: Tensor) -> list[Tensor]:
    """Slopes are linear, so the error's are the errors of the slopes, at every scale."""
    parts = [error]
    while len(parts) < EDGE_SCALES:
        parts.append(F.avg_pool2d(parts[-1], 2))
    return parts


def _slopes(error: Tensor) -> Tensor:
    across = error[..., 1:] - error[..., :-1]
    down = error[..., 1:, :] - error[..., :-1, :]
    return across.abs().mean(dim=(1, 2, 3)) + down.abs().mean(dim=(1, 2, 3))
