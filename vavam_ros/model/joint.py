"""What the two streams share: attention, its masks, and the keys and values that are kept.

Visual rows see visual rows before them; action rows see all visual rows and the action rows of
their own sample; visual rows never see actions. So the visual keys and values are computed once
and serve planning, prediction and every sample.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

EXACT_DTYPES = (torch.float32, torch.float64)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """[B, N, heads * dim] -> [B, heads, N, dim]."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """[B, heads, N, dim] -> [B, N, heads * dim]."""
    return x.transpose(1, 2).flatten(2)


class KeyValueMemory:
    """Keys and values of every layer in buffers of fixed size: nothing is ever concatenated."""

    def __init__(
        self,
        layers: int,
        batch: int,
        heads: int,
        capacity: int,
        head_dim: int,
        like: Tensor,
    ) -> None:
        """Room for `capacity` positions, on the device and in the dtype of `like`."""
        shape = (layers, batch, heads, capacity, head_dim)
        self.keys = like.new_zeros(shape)
        self.values = like.new_zeros(shape)

    @property
    def capacity(self) -> int:
        """Positions per layer."""
        return self.keys.shape[3]

    @property
    def nbytes(self) -> int:
        """Size of the buffers in bytes."""
        return 2 * self.keys.nbytes

    def write(self, layer: int, start: int, keys: Tensor, values: Tensor) -> None:
        """Put [B, heads, N, dim] at positions start ... start + N."""
        stop = start + keys.shape[2]
        assert stop <= self.capacity, f'{stop} positions do not fit into {self.capacity}'
        self.keys[layer, :, :, start:stop] = keys
        self.values[layer, :, :, start:stop] = values

    def write_at(self, layer: int, position: Tensor, keys: Tensor, values: Tensor) -> None:
        """Put [B, heads, 1, dim] at a position that only the device knows ([1] int64)."""
        self.keys[layer].index_copy_(2, position, keys)
        self.values[layer].index_copy_(2, position, values)

    def read(self, layer: int, stop: int) -> tuple[Tensor, Tensor]:
        """Views of the first `stop` positions, [B, heads, stop, dim] each."""
        return self.keys[layer, :, :, :stop], self.values[layer, :, :, :stop]


def causal_attention(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """The last q.shape[2] positions attend to everything up to themselves."""
    start = k.shape[2] - q.shape[2]
    if start == 0:  # the kernels skip the upper triangle by themselves
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)
    mask = causal_mask(q.shape[2], start, q.device)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)


def causal_mask(rows: int, start: int, device: torch.device) -> Tensor:
    """[rows, start + rows] bool: row i is position start + i and sees all up to itself."""
    return torch.ones(rows, start + rows, dtype=torch.bool, device=device).tril(start)


def samples_mask(samples: int, horizon: int, visual: int, device: torch.device) -> Tensor | None:
    """Folded samples on the query axis: all see the visual rows, each only its own actions.

    [samples * horizon, visual + samples * horizon] bool, or None where everything is seen.
    """
    if samples == 1:
        return None
    sample = torch.arange(samples, device=device).repeat_interleave(horizon)
    own = sample[:, None] == sample[None]
    return torch.cat([own.new_ones(len(sample), visual), own], dim=1)


class ActionAttention:
    """Attention of the action rows to all that they see, layer after layer.

    Torch's CPU kernel is made for many rows and takes a tenth longer for these few, so there the
    scores are written out, into one buffer for all layers. Half precision stays with the
    kernels, which keep their scores in float32.
    """

    def __init__(
        self, memory: KeyValueMemory, visual: int, rows: int, mask: Tensor | None, scale: float
    ) -> None:
        """For `rows` rows behind the `visual` ones; mask [rows, visual + rows], None: see all."""
        self._mask, self._scale = mask, scale
        self._scores: Tensor | None = None
        like = memory.keys
        if like.device.type != 'cpu' or like.dtype not in EXACT_DTYPES:
            return
        self._scores = like.new_empty(like.shape[1] * like.shape[2], rows, visual + rows)
        if mask is not None:
            start = visual if bool(mask[:, :visual].all()) else 0  # most masks hide actions only
            self._start, self._hidden = start, ~mask[:, start:]

    def __call__(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Queries [B, heads, rows, dim], keys and values of all -> [B, heads, rows, dim]."""
        if self._scores is None:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=self._mask, scale=self._scale)
        keys, values = k.flatten(0, 1), v.flatten(0, 1)
        scores = torch.bmm((q * self._scale).flatten(0, 1), keys.mT, out=self._scores)
        if self._mask is not None:
            scores[..., self._start :].masked_fill_(self._hidden, -math.inf)
        torch.softmax(scores, -1, out=scores)
        return torch.bmm(scores, values).reshape(q.shape)
