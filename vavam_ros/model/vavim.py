"""VaViM for users: logits of tokens, and further frames."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.config import VideoConfig
from vavam_ros.model.context import Interrupted, TokenLoop, VideoContext, never
from vavam_ros.model.sampling import next_token
from vavam_ros.model.video_gpt import VideoGPT


class VaViM:
    """The video model: what the next frames of a drive look like, as tokens."""

    def __init__(self, gpt: VideoGPT) -> None:
        self.gpt = gpt.eval().requires_grad_(False)

    @property
    def config(self) -> VideoConfig:
        """The sizes, as the checkpoint has them."""
        return self.gpt.config

    @torch.inference_mode()
    def logits(self, tokens: Tensor) -> Tensor:
        """Logits of every position's next token.

        Tokens [B, T, h, w] integer, 1 <= T <= the context; returns [B, T*h*w, V] float32, rows
        of a frame first. Raises InputError for another grid, too many frames or a token outside
        the vocabulary.
        """
        flat = self.checked(tokens).flatten(1)
        return cast(Tensor, self.gpt(flat.to(self.gpt.token_table.device)))

    @torch.inference_mode()
    def generate(
        self,
        tokens: Tensor,
        frames: int,
        temperature: float = 1.0,
        top_k: int = 1,
        generator: torch.Generator | None = None,
        codebook_size: int | None = None,
    ) -> Tensor:
        """Continue a video by `frames` frames, one token at a time.

        Tokens [B, T, h, w]; returns [B, frames, h, w] int64 on the model's device. `top_k` 1 is
        greedy; otherwise the k likeliest tokens are drawn from at this temperature, with the
        generator's (or torch's global) random numbers. Of a full context the oldest frame gives
        way, so the newest T-1 are always seen. Tokens from `codebook_size` on are never chosen.
        """
        window = self.checked(tokens)
        if frames < 1:
            raise InputError(f'frames is {frames}: at least one frame must be asked for')
        context = VideoContext(self.gpt, batch=len(window))
        made = []
        for _ in range(frames):
            window = window[:, -self._most_context :]
            context.hold(window.numpy())
            frame = self.next_frame(
                context, temperature, top_k, generator, codebook_size=codebook_size
            )
            assert frame is not None
            made.append(frame)
            window = torch.cat([window, frame.cpu()[:, None]], dim=1)
        return torch.stack(made, dim=1).reshape(len(window), frames, *tokens.shape[2:])

    @torch.inference_mode()
    def next_frame(
        self,
        context: VideoContext,
        temperature: float = 1.0,
        top_k: int = 1,
        generator: torch.Generator | None = None,
        interrupted: Interrupted = never,
        codebook_size: int | None = None,
    ) -> Tensor | None:
        """The frame [B, S] that follows the held ones, or None when interrupted on the way.

        What the context holds is not changed: it goes on serving plans. Tokens from
        `codebook_size` on are never chosen: they have no image.
        """
        _check_sampling(temperature, top_k)
        loop = TokenLoop(context)
        logits = loop.first_logits()
        made: list[Tensor] = []
        while True:
            made.append(next_token(logits[:, :codebook_size], temperature, top_k, generator))
            if len(made) == self.config.nb_tokens_per_timestep:
                return torch.cat(made, dim=1)
            if interrupted():
                return None
            logits = loop.step(made[-1])

    @property
    def _most_context(self) -> int:
        """Frames that leave room for one more."""
        if self.config.nb_timesteps < 2:
            raise InputError('a model with a context of one frame cannot generate')
        return self.config.nb_timesteps - 1

    def checked(self, tokens: Tensor | NDArray[np.int64]) -> Tensor:
        """[B, T, h, w] as given -> [B, T, S] int64 on the CPU, or InputError."""
        tokens = torch.as_tensor(tokens)
        config = self.config
        if tokens.ndim != 4 or tokens.is_floating_point() or tokens.numel() == 0:
            raise InputError(
                f'tokens are {tokens.dtype} {list(tokens.shape)}: expected integers [B, T, h, w]'
            )
        cells = tokens.shape[2] * tokens.shape[3]
        if cells != config.nb_tokens_per_timestep:
            raise InputError(
                f'a frame has {tokens.shape[2]} x {tokens.shape[3]} = {cells} tokens: '
                f'this model has {config.nb_tokens_per_timestep} per frame'
            )
        if tokens.shape[1] > config.nb_timesteps:
            raise InputError(
                f'{tokens.shape[1]} frames given: this model sees at most {config.nb_timesteps}'
            )
        low, high = int(tokens.min()), int(tokens.max())
        if low < 0 or high >= config.vocabulary_size:
            raise InputError(
                f'tokens go from {low} to {high}: this vocabulary has 0 to '
                f'{config.vocabulary_size - 1} (another tokenizer?)'
            )
        return tokens.to('cpu', torch.int64).flatten(2)


def _check_sampling(temperature: float, top_k: int) -> None:
    if not temperature > 0:
        raise InputError(f'temperature is {temperature}: it must be positive (greedy is top_k=1)')
    if top_k < 1:
        raise InputError(f'top_k is {top_k}: at least one token must be kept')
