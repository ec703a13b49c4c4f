"""VaViM: a decoder-only transformer over the tokens of a video (arXiv 2502.15672, section 3)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vavam_ros.model.config import VideoConfig
from vavam_ros.model.joint import causal_attention, merge_heads, split_heads


def layer_norm(x: Tensor) -> Tensor:
    """LayerNorm without weights, eps 1e-5."""
    return F.layer_norm(x, x.shape[-1:])


class Attention(nn.Module):
    """One matrix for queries, keys and values, one for the way back."""

    def __init__(self, width: int, attention_dim: int, dim_heads: int) -> None:
        super().__init__()
        self.heads = attention_dim // dim_heads
        self.c_attn = nn.Linear(width, 3 * attention_dim, bias=False)
        self.c_proj = nn.Linear(attention_dim, width, bias=False)

    def queries_keys_values(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[B, N, width] -> three of [B, heads, N, dim]."""
        q, k, v = self.c_attn(x).chunk(3, dim=-1)
        return split_heads(q, self.heads), split_heads(k, self.heads), split_heads(v, self.heads)

    def queries(self, x: Tensor) -> Tensor:
        """Only the queries, for rows whose keys and values are kept already."""
        rows = self.c_attn.weight.shape[0] // 3
        return split_heads(F.linear(x, self.c_attn.weight[:rows]), self.heads)

    def keys_values(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Only keys and values, for rows whose own output nobody needs."""
        rows = self.c_attn.weight.shape[0] // 3
        k, v = F.linear(x, self.c_attn.weight[rows:]).chunk(2, dim=-1)
        return split_heads(k, self.heads), split_heads(v, self.heads)


class MLP(nn.Module):
    """Two matrices with an exact GELU between them."""

    def __init__(self, width: int, mult: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(width, mult * width, bias=False)
        self.c_proj = nn.Linear(mult * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[..., width] -> [..., width]."""
        return cast(Tensor, self.c_proj(F.gelu(self.c_fc(x))))


class Block(nn.Module):
    """Pre-norm attention and MLP, each added to the stream."""

    def __init__(self, width: int, attention_dim: int, dim_heads: int, mlp_mult: int) -> None:
        super().__init__()
        self.attn = Attention(width, attention_dim, dim_heads)
        self.mlp = MLP(width, mlp_mult)

    def add(self, x: Tensor, attended: Tensor) -> Tensor:
        """The stream after this block, given its attention's result [B, heads, N, dim]."""
        x = x + self.attn.c_proj(merge_heads(attended))
        return x + cast(Tensor, self.mlp(layer_norm(x)))


class Transformer(nn.Module):
    """The three tables and the blocks."""

    def __init__(self, config: VideoConfig) -> None:
        super().__init__()
        width = config.embedding_dim
        self.wie = nn.Embedding(config.vocabulary_size, width)
        self.wse = nn.Embedding(config.nb_tokens_per_timestep, width)
        self.wte = nn.Embedding(config.nb_timesteps, width)
        self.h = nn.ModuleList(
            Block(width, width, config.dim_heads, config.mlp_dim_mult)
            for _ in range(config.nb_layers)
        )


class VideoGPT(nn.Module):
    """Tokens of up to T frames -> logits of each position's next token."""

    def __init__(self, config: VideoConfig) -> None:
        super().__init__()
        self.config = config
        self.scale = config.attn_scale / config.dim_heads  # muP: 1/dim, not 1/sqrt(dim)
        self.transformer = Transformer(config)
        if not config.output_tied:
            self.lm_head = nn.Linear(config.embedding_dim, config.vocabulary_size, bias=False)

    @property
    def blocks(self) -> list[Block]:
        """The transformer's layers, first to last."""
        return [cast(Block, block) for block in self.transformer.h]

    @property
    def token_table(self) -> Tensor:
        """[V, D]."""
        return self.transformer.wie.weight

    def embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Tokens [B, N] at flattened positions [N] (frame by frame, rows first) -> [B, N, D]."""
        cells = self.config.nb_tokens_per_timestep
        tables = self.transformer
        x = tables.wie(tokens) + tables.wte(positions // cells) + tables.wse(positions % cells)
        return cast(Tensor, x)

    def readout(self, x: Tensor) -> Tensor:
        """Stream [..., D] -> logits [..., V] in float32 (float64 stays)."""
        table = self.token_table if self.config.output_tied else self.lm_head.weight
        factor = self.config.output_scale / self.config.width_mult
        logits = F.linear(layer_norm(x) * factor, table)
        return logits.to(torch.promote_types(logits.dtype, torch.float32))

    def stream(self, tokens: Tensor) -> Tensor:
        """Tokens [B, N] from position 0 on -> the stream after the last block [B, N, D]."""
        assert tokens.shape[1] <= self.config.context_tokens, 'more tokens than the context has'
        x = self.embed(tokens, torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            q, k, v = block.attn.queries_keys_values(layer_norm(x))
            x = block.add(x, causal_attention(q, k, v, self.scale))
        return x

    def keys_values(self, tokens: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Tokens [B, N] from position 0 on -> each layer's keys and values [B, heads, N, dim].

        Of the last layer nothing else is computed: that is all an action expert reads.
        """
        x = self.embed(tokens, torch.arange(tokens.shape[1], device=tokens.device))
        made = []
        *blocks, last = self.blocks
        for block in blocks:
            q, k, v = block.attn.queries_keys_values(layer_norm(x))
            made.append((k, v))
            x = block.add(x, causal_attention(q, k, v, self.scale))
        return [*made, last.attn.keys_values(layer_norm(x))]

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, N] -> logits [B, N, V]: the whole model in one line, nothing kept."""
        return self.readout(self.stream(tokens))
