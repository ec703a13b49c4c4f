"""The video model and the tokenizer whose predictions `vavam foresight` looks at."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.driving.assembly import usable_device
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.driving.shipped import with_files
from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import Checkpoint, read_checkpoint
from vavam_ros.model.config import PATCH_PX
from vavam_ros.model.loading import build_vavim
from vavam_ros.model.vavim import VaViM
from vavam_ros.model.vq_loading import LoadedTokenizer, load_tokenizer
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.training.video_stage import next_token_nats

Tokens = NDArray[np.int64]
Pixels = NDArray[np.uint8]

_MOST_LOGITS = 1 << 25  # at a time
_MOST_WINDOWS = 32  # at a time
_PROGRESS_S = 10.0  # between two lines


@dataclass(frozen=True)
class Choice:
    """How each token is chosen."""

    top_k: int = 1
    temperature: float = 1.0
    seed: int = 0

    def __str__(self) -> str:
        if self.top_k == 1:
            return 'greedily'
        drawn = f'each token drawn from the likeliest {self.top_k}'
        return f'{drawn} at temperature {self.temperature:g}, seed {self.seed}'


@dataclass(frozen=True, eq=False)
class Foreseer:
    """Predicts for many windows side by side."""

    video: VaViM
    tokenizer: FrameTokenizer
    grid: tuple[int, int]  # rows, columns of a frame's tokens
    checkpoint: Checkpoint  # of the video model

    @property
    def trained(self) -> bool:
        """Whether the weights are more than random numbers."""
        return bool(self.checkpoint.provenance.get('trained'))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures."""
        return self.grid[0] * PATCH_PX, self.grid[1] * PATCH_PX

    def nats(self, windows: Tokens) -> NDArray[np.float64]:
        """What each token costs [N, T, S] in windows [N, T, h, w]; NaN for the very first."""
        found = np.full((len(windows), windows[0].size), np.nan)
        for part in self._parts(windows, 'losses'):
            tokens = torch.from_numpy(windows[part])
            logits = self.video.logits(tokens)
            flat = tokens.flatten(1).to(logits.device)
            found[part, 1:] = next_token_nats(logits[:, :-1], flat).cpu().numpy()
        return found.reshape(*windows.shape[:2], -1)

    def predicted(self, windows: Tokens, frames: int, choice: Choice) -> Tokens:
        """The next frames [N, frames, h, w] of windows [N, n, h, w], each on the ones before."""
        made = np.empty((len(windows), frames, *self.grid), np.int64)
        generator = torch.Generator(self.video.gpt.token_table.device).manual_seed(choice.seed)
        for part in self._parts(windows, 'predictions'):
            made[part] = self.video.generate(
                torch.from_numpy(windows[part]),
                frames,
                choice.temperature,
                choice.top_k,
                generator,
                self.tokenizer.codebook_size,
            ).cpu()
        return made

    def picture(self, tokens: Tokens) -> Pixels:
        """Tokens [h, w] -> image [H, W, 3] RGB."""
        image = self.tokenizer.decode(tokens)
        assert image is not None, 'nothing interrupts'
        return image

    def _parts(self, windows: Tokens, what: str) -> Iterator[slice]:
        """Windows that fit into memory at a time; says how far it is now and then."""
        config = self.video.config
        logits = config.context_tokens * config.vocabulary_size
        step = min(max(_MOST_LOGITS // logits, 1), _MOST_WINDOWS)
        shown = time.monotonic()
        for first in range(0, len(windows), step):
            if time.monotonic() - shown > _PROGRESS_S:
                shown = time.monotonic()
                print(f'{first} of {len(windows)} {what}', file=sys.stderr, flush=True)
            yield slice(first, first + step)


def load_foreseer(weights: str, tokenizer: str, device: str) -> Foreseer:
    """Read a VaViM or VaVAM and its tokenizer; InputError where they do not fit together."""
    files = with_files(PilotSettings(weights=weights, tokenizer=tokenizer))
    if not files.tokenizer:
        raise InputError('--tokenizer is missing: give the one that the weights were trained with')
    for name in ('weights', 'tokenizer'):
        if not Path(getattr(files, name)).exists():
            raise InputError(f'--{name}: there is no {getattr(files, name)}')
    checkpoint = read_checkpoint(files.weights)
    if checkpoint.video is None:
        raise InputError(
            f'{files.weights} is a {checkpoint.kind} checkpoint: expected a VaViM or VaVAM'
        )
    if checkpoint.video.grid is None:
        raise InputError(
            f'{files.weights} does not say how the tokens of a frame are laid out: convert it '
            'with vavam convert --grid ROWSxCOLUMNS'
        )
    on = usable_device(device)
    loaded = load_tokenizer(files.tokenizer, device=on)
    _check_pair(checkpoint, loaded)
    codec = FrameTokenizer(loaded.codec, loaded.device, loaded.dtype, loaded.identity)
    video = build_vavim(checkpoint, on, torch.float32)
    return Foreseer(video, codec, checkpoint.video.grid, checkpoint)


def _check_pair(checkpoint: Checkpoint, tokenizer: LoadedTokenizer) -> None:
    assert checkpoint.video is not None
    needed = checkpoint.video.vocabulary_size - 1
    if tokenizer.codec.codebook_size != needed:
        raise InputError(
            f'the tokenizer has {tokenizer.codec.codebook_size} codes, these weights were trained '
            f'with {needed}: give the tokenizer that belongs to the weights'
        )
    trained_on = checkpoint.provenance.get('tokenizer')
    if trained_on is not None and trained_on != tokenizer.identity:
        raise InputError(
            f'the tokenizer is {tokenizer.identity}, these weights were trained on the tokens of '
            f'{trained_on}: give the tokenizer that belongs to the weights'
        )
    if not tokenizer.codec.can_decode:
        raise InputError('the tokenizer only encodes: give its decoder as well, in a folder')
