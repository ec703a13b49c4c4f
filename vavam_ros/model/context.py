"""What the video model has seen so far, kept so that nothing is computed twice.

Frame embeddings count from the start of the context, so a window that slides changes every key
and value. But attention is causal: frames that stand at the same places as before are kept, and
the frames that the next window will start with can be shown before its newest image exists.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vavam_ros.model.joint import KeyValueMemory, causal_attention
from vavam_ros.model.video_gpt import VideoGPT, layer_norm

Interrupted = Callable[[], bool]


def never() -> bool:
    """Nothing interrupts."""
    return False


class VideoContext:
    """Keys and values of the frames that a VideoGPT was shown, in buffers of fixed size.

    Every layer keeps its keys and values. The last layer's own output is needed only where
    somebody reads logits, so the stream before that layer is kept instead, and `logits`
    finishes the rows that are asked for.
    """

    def __init__(self, gpt: VideoGPT, batch: int = 1, spare: int = 0) -> None:
        """`spare` positions behind the visual ones are left to the action expert."""
        config = gpt.config
        self.gpt = gpt
        self.spare = spare
        like = gpt.token_table
        self.memory = KeyValueMemory(
            config.nb_layers,
            batch,
            config.heads,
            config.context_tokens + spare,
            config.dim_heads,
            like.detach(),
        )
        self._before_last = like.new_zeros(batch, config.context_tokens, config.embedding_dim)
        self._held = np.empty((batch, 0, config.nb_tokens_per_timestep), np.int64)

    @property
    def batch(self) -> int:
        """Number of windows side by side."""
        return len(self._held)

    @property
    def frames(self) -> int:
        """How many whole frames are held."""
        return self._held.shape[1]

    @property
    def length(self) -> int:
        """How many positions the held frames fill."""
        return self.frames * self.gpt.config.nb_tokens_per_timestep

    @property
    def nbytes(self) -> int:
        """Size of the buffers in bytes."""
        return self.memory.nbytes + self._before_last.nbytes

    @property
    def device(self) -> torch.device:
        """Where the buffers are."""
        return self._before_last.device

    def holds(self, tokens: NDArray[np.int64]) -> bool:
        """Whether exactly these frames [B, T, S] are held."""
        return np.array_equal(self._held, tokens)

    @torch.inference_mode()
    def hold(self, tokens: NDArray[np.int64], interrupted: Interrupted = never) -> bool:
        """Make these frames [B, T, S] the held ones; compute only those that are not yet.

        Leading frames that are held already are kept, so the result does not depend on what was
        guessed before. Between frames `interrupted` is asked; when it says yes, what is done so
        far stays and the answer is False.
        """
        assert tokens.shape[0] == self.batch
        assert tokens.shape[1] <= self.gpt.config.nb_timesteps
        self._held = self._held[:, : self._common_frames(tokens)]
        step = tokens.shape[1] if interrupted is never else 1
        while self.frames < tokens.shape[1]:
            if interrupted():
                return False
            self._extend(tokens[:, self.frames : self.frames + step])
        return True

    def _common_frames(self, tokens: NDArray[np.int64]) -> int:
        shorter = min(self.frames, tokens.shape[1])
        same = (self._held[:, :shorter] == tokens[:, :shorter]).all(axis=(0, 2))
        return int(np.cumprod(same).sum())

    def _extend(self, frames: NDArray[np.int64]) -> None:
        """Run [B, n, S] through all layers; of the last one only keys and values are needed."""
        start, count = self.length, frames.shape[1] * frames.shape[2]
        device = self.device
        flat = torch.from_numpy(frames.reshape(len(frames), count)).to(device)
        x = self.gpt.embed(flat, torch.arange(start, start + count, device=device))
        *blocks, last = self.gpt.blocks
        for layer, block in enumerate(blocks):
            q, k, v = block.attn.queries_keys_values(layer_norm(x))
            self.memory.write(layer, start, k, v)
            keys, values = self.memory.read(layer, start + count)
            x = block.add(x, causal_attention(q, keys, values, self.gpt.scale))
        self.memory.write(len(blocks), start, *last.attn.keys_values(layer_norm(x)))
        self._before_last[:, start : start + count] = x
        self._held = np.concatenate([self._held, frames], axis=1)

    @torch.inference_mode()
    def logits(self, first: int, stop: int) -> Tensor:
        """Logits [B, stop - first, V] of held positions first ... stop - 1."""
        assert 0 <= first < stop <= self.length, f'{first}...{stop} of {self.length} positions'
        x = self._before_last[:, first:stop]
        last = self.gpt.blocks[-1]
        keys, values = self.memory.read(len(self.gpt.blocks) - 1, stop)
        attended = causal_attention(last.attn.queries(layer_norm(x)), keys, values, self.gpt.scale)
        return self.gpt.readout(last.add(x, attended))

    @torch.inference_mode()
    def newest_frame_surprise(self) -> Tensor:
        """Mean negative log-likelihood [B] (nats per token) of the newest frame, given the rest.

        It needs at least two held frames, and no further prefill.
        """
        surprise, _ = self.newest_frame_fit()
        return surprise

    @torch.inference_mode()
    def newest_frame_fit(self) -> tuple[Tensor, Tensor]:
        """The newest frame's surprise [B], and the share of its tokens that were likeliest [B]."""
        cells = self.gpt.config.nb_tokens_per_timestep
        assert self.frames >= 2, 'a surprise needs a frame before the newest'
        logits = self.logits(self.length - cells - 1, self.length - 1)
        newest = torch.from_numpy(self._held[:, -1]).to(logits.device)
        losses = F.cross_entropy(logits.transpose(1, 2), newest, reduction='none')
        return losses.mean(dim=1), (logits.argmax(dim=2) == newest).float().mean(dim=1)


class TokenLoop:
    """Writes one frame behind the held ones, token by token, without synchronisation.

    Shapes do not change within a frame and the position lives on the device, so a step can be
    captured or compiled. The held frames stay as they are.
    """

    def __init__(self, context: VideoContext) -> None:
        config = context.gpt.config
        assert 0 < context.frames < config.nb_timesteps, 'no room for a frame, or no frame before'
        self.context = context
        self.stop = context.length + config.nb_tokens_per_timestep
        device = context.device
        self.position = torch.tensor([context.length], device=device)
        self.visible = torch.zeros(1, self.stop, dtype=torch.bool, device=device)
        self.visible[:, : context.length] = True

    @torch.inference_mode()
    def first_logits(self) -> Tensor:
        """Logits [B, V] of the frame's first token."""
        return self.context.logits(self.context.length - 1, self.context.length)[:, 0]

    @torch.inference_mode()
    def step(self, token: Tensor) -> Tensor:
        """The token [B, 1] just chosen -> logits [B, V] of the next one."""
        gpt, memory = self.context.gpt, self.context.memory
        self.visible.index_fill_(1, self.position, True)
        x = gpt.embed(token, self.position)
        for layer, block in enumerate(gpt.blocks):
            q, k, v = block.attn.queries_keys_values(layer_norm(x))
            memory.write_at(layer, self.position, k, v)
            keys, values = memory.read(layer, self.stop)
            attended = F.scaled_dot_product_attention(
                q, keys, values, attn_mask=self.visible, scale=gpt.scale
            )
            x = block.add(x, attended)
        self.position += 1
        return gpt.readout(x)[:, 0]
