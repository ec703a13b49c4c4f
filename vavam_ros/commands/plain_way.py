"""The plain way of doing the same work, written out: what the benchmark compares with.

Every tick it tokenises all frames again, prefills the whole context under a dense mask, repeats
the video for every sample, and concatenates the cache at every layer and step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vavam_ros.model.joint import causal_mask
from vavam_ros.model.vavam import VaVAM
from vavam_ros.model.video_gpt import Block, layer_norm
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.perception.virtual_camera import VirtualCamera

Cache = list[tuple[Tensor, Tensor]]  # keys and values [B, heads, N, dim] of each layer


class PlainWay:
    """Plans and frames from the same weights, without keeping anything."""

    def __init__(self, planner: VaVAM, tokenizer: FrameTokenizer, camera: VirtualCamera) -> None:
        self.planner = planner
        self.gpt = planner.video.gpt
        self.tokenizer = tokenizer
        self.camera = camera
        self.device = self.gpt.token_table.device

    @torch.inference_mode()
    def plan(
        self, images: Sequence[NDArray[np.uint8]], command: int, noise: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Images [h, w, 3] of the context and noise [K, H, 2] -> [K, H, 2] m."""
        tokens = np.stack([self.tokenizer.encode(self.camera.view(image)) for image in images])
        _, cache = self.prefill(tokens.astype(np.int64).reshape(1, -1).repeat(len(noise), 0))
        config = self.planner.config
        x = torch.from_numpy(noise)[:, None].to(self.device)  # [K, 1, H, 2]
        commands = torch.full((len(noise), 1), int(command), device=self.device)
        for step in range(config.num_inference_steps):
            time = x.new_full((len(noise), 1), step / config.num_inference_steps)
            x = x + self._velocity(x, time, commands, cache) / config.num_inference_steps
        return np.asarray((x[:, 0] * config.action_scaling).cpu())

    @torch.inference_mode()
    def prefill(self, tokens: NDArray[np.int64]) -> tuple[Tensor, Cache]:
        """Tokens [B, N] -> the stream [B, N, D] and every layer's keys and values."""
        positions = torch.arange(tokens.shape[1], device=self.device)
        x = self.gpt.embed(torch.from_numpy(tokens).to(self.device), positions)
        mask = causal_mask(tokens.shape[1], 0, self.device)
        cache = []
        for block in self.gpt.blocks:
            q, k, v = block.attn.queries_keys_values(layer_norm(x))
            attended = F.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, scale=self.gpt.scale
            )
            x = block.add(x, attended)
            cache.append((k, v))
        return x, cache

    @torch.inference_mode()
    def next_tokens(self, tokens: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """The first `count` greedy tokens after `tokens` [N], with a cache that grows."""
        stream, cache = self.prefill(tokens[None])
        made = [self.gpt.readout(stream[:, -1:])[:, 0].argmax(-1, keepdim=True)]
        while len(made) < count:
            position = torch.tensor([len(tokens) + len(made) - 1], device=self.device)
            x = self.gpt.embed(made[-1], position)
            for layer, block in enumerate(self.gpt.blocks):
                x = self._grow(block, x, cache, layer)
            made.append(self.gpt.readout(x)[:, 0].argmax(-1, keepdim=True))
        return np.asarray(torch.cat(made, dim=1)[0].cpu())

    def _grow(self, block: Block, x: Tensor, cache: Cache, layer: int) -> Tensor:
        q, k, v = block.attn.queries_keys_values(layer_norm(x))
        cache[layer] = (torch.cat([cache[layer][0], k], 2), torch.cat([cache[layer][1], v], 2))
        attended = F.scaled_dot_product_attention(q, *cache[layer], scale=self.gpt.scale)
        return block.add(x, attended)

    def _velocity(self, x: Tensor, time: Tensor, commands: Tensor, cache: Cache) -> Tensor:
        expert = self.planner.expert
        stream = expert.action_encoder(x, time, commands).flatten(1, 2)
        for block, (keys, values) in zip(expert.blocks, cache, strict=True):
            q, k, v = block.attn.queries_keys_values(layer_norm(stream))
            attended = F.scaled_dot_product_attention(
                q, torch.cat([keys, k], 2), torch.cat([values, v], 2), scale=expert.scale
            )
            stream = block.add(stream, attended)
        return expert.readout(stream).reshape(x.shape)
