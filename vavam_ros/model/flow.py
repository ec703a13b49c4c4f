"""Flow matching: from noise to a trajectory along a straight probability path."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Velocity = Callable[[Tensor, Tensor], Tensor]  # (state [...], time []) -> [...]


def euler_states(velocity: Velocity, noise: Tensor, steps: int) -> Iterator[Tensor]:
    """The state after each of `steps` equal Euler steps from t = 0 to 1.

    State and time stay in float32 (or wider), whatever the network computes in: in bfloat16 a
    waypoint 25 m away would move in jumps of 0.14 m.
    """
    state = noise.to(torch.promote_types(noise.dtype, torch.float32))
    times = torch.arange(steps, device=state.device, dtype=state.dtype) / steps
    for time in times.unbind():
        state = state + velocity(state, time).to(state.dtype) / steps
        yield state
