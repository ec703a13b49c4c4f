"""The action expert on a whole window at once: one block of waypoints for each of its frames.

The tokens of block i see the visual tokens of frames 0 ... i and each other, so block i is what
a plan from the first i + 1 frames computes: one forward learns all lengths of context. Several
noisy states of a frame (draws) share its keys and values; they do not see each other.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.joint import samples_mask
from vavam_ros.model.video_gpt import layer_norm

KeysValues = list[tuple[Tensor, Tensor]]  # each layer's, [B, heads, T * S, dim]


class BlockPass:
    """Velocities of all blocks of a batch of windows, given what the video model has seen."""

    def __init__(self, expert: ActionExpert, visual: KeysValues, frames: int, draws: int) -> None:
        """Visual keys and values of `frames` frames; `draws` states for each of them."""
        self.expert, self.visual = expert, visual
        keys, _ = visual[0]
        horizon = expert.config.action_horizon
        self.mask = block_mask(frames, draws, horizon, keys.shape[2] // frames, keys.device)

    def velocity(self, x: Tensor, time: Tensor, commands: Tensor) -> Tensor:
        """States x [B, T, R, H, 2] at times [B, T, R], commands [B, T] -> [B, T, R, H, 2]."""
        with torch.autocast(x.device.type, enabled=False):  # bfloat16 waypoints are 0.3 m coarse
            tokens = self.expert.action_encoder(x, time, commands[..., None].expand(time.shape))
        stream = tokens.flatten(1, 3)
        for block, (keys, values) in zip(self.expert.blocks, self.visual, strict=True):
            q, k, v = block.attn.queries_keys_values(layer_norm(stream))
            k, v = torch.cat([keys, k], dim=2), torch.cat([values, v], dim=2)
            attended = F.scaled_dot_product_attention(
                q, k, v, attn_mask=self.mask, scale=self.expert.scale
            )
            stream = block.add(stream, attended)
        with torch.autocast(x.device.type, enabled=False):
            return self.expert.readout(stream.float()).reshape(x.shape)


def block_mask(frames: int, draws: int, horizon: int, cells: int, device: torch.device) -> Tensor:
    """[T * R * H, T * S + T * R * H] bool: who sees whom.

    Rows: frame by frame, draw by draw. Columns: the visual tokens, then all rows.
    """
    row_frame = torch.arange(frames, device=device).repeat_interleave(draws * horizon)
    visual_frame = torch.arange(frames, device=device).repeat_interleave(cells)
    sees = visual_frame[None] <= row_frame[:, None]
    own = samples_mask(frames * draws, horizon, 0, device)
    if own is None:
        own = sees.new_ones(horizon, horizon)
    return torch.cat([sees, own], dim=1)
