"""Choosing the next token."""

from __future__ import annotations

import torch
from torch import Tensor


def next_token(
    logits: Tensor, temperature: float, top_k: int, generator: torch.Generator | None
) -> Tensor:
    """Logits [B, V] -> tokens [B, 1]; top_k 1 is greedy and draws nothing."""
    if top_k == 1:
        return logits.argmax(dim=-1, keepdim=True)
    probabilities, tokens = top_probabilities(logits, temperature, top_k)
    return tokens.gather(-1, torch.multinomial(probabilities, 1, generator=generator))


def top_probabilities(logits: Tensor, temperature: float, top_k: int) -> tuple[Tensor, Tensor]:
    """Renormalised probabilities [B, k] of the k likeliest tokens [B, k], in no given order."""
    probabilities = torch.softmax(logits / temperature, dim=-1)
    top, tokens = torch.topk(probabilities, min(top_k, logits.shape[-1]), sorted=False)
    return top / top.sum(dim=-1, keepdim=True), tokens
