"""What the action expert learns: the velocity from noise to a drive (arXiv 2502.15672).

psi_t = (1 - (1 - s) t) x0 + t x1 with x0 ~ N(0, I) and x1 the waypoints over `action_scaling`;
its velocity is x1 - (1 - s) x0. Times are t = (1 - s)(1 - z), z ~ Beta(1.5, 1): early ones,
where more is open, are drawn more often.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

BETA = 1.5  # of Beta(1.5, 1)


def draw_times(shape: tuple[int, ...], sigma_min: float, generator: torch.Generator) -> Tensor:
    """Flow times in [0, 1), float32."""
    uniform = torch.rand(shape, generator=generator)
    z = uniform ** (1 / BETA)  # the distribution function of Beta(a, 1) is z^a
    return (1 - sigma_min) * (1 - z)


def path(x0: Tensor, x1: Tensor, time: Tensor, sigma_min: float) -> tuple[Tensor, Tensor]:
    """Noise x0 and drive x1 [..., H, 2] at times [...] -> state psi_t, and its velocity."""
    time = time[..., None, None]
    state = (1 - (1 - sigma_min) * time) * x0 + time * x1
    return state, x1 - (1 - sigma_min) * x0


def flow_loss(velocity: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of each block: [..., R, H, 2] -> [...], over draws, waypoints, axes."""
    return F.mse_loss(velocity, target, reduction='none').mean(dim=(-3, -2, -1))
