"""Frames that a video model predicts, for many windows side by side, and their pictures."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.evaluation.picture_quality import psnr_db, ssim
from vavam_ros.model.config import PATCH_PX
from vavam_ros.model.vavim import VaViM
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.training.video_stage import next_token_nats

Tokens = NDArray[np.int64]
Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

PREDICTED, COPY, COPY_OF_TOKENS, TOKENIZER = 'predicted', 'copy', 'copy_of_tokens', 'tokenizer'
SOURCES = (PREDICTED, COPY, COPY_OF_TOKENS, TOKENIZER)
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
class FramePredictor:
    """Predicts for many windows side by side."""

    video: VaViM
    tokenizer: FrameTokenizer
    grid: tuple[int, int]  # rows, columns of a frame's tokens

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures."""
        return self.grid[0] * PATCH_PX, self.grid[1] * PATCH_PX

    def nats(self, windows: Tokens) -> Floats:
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
            made[part] = (
                self.video.generate(
                    torch.from_numpy(windows[part]),
                    frames,
                    choice.temperature,
                    choice.top_k,
                    generator,
                    self.tokenizer.codebook_size,
                )
                .cpu()
                .numpy()
            )
        return made

    def picture(self, tokens: NDArray[np.integer]) -> Pixels:
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


@dataclass(frozen=True, eq=False)
class Compared:
    """What was predicted from one window, and what it is compared with; pictures [H, W, 3]."""

    predicted: Sequence[Pixels]  # of each frame ahead
    real: Sequence[Pixels]
    real_through_tokens: Sequence[Pixels]
    last: Pixels  # that was seen
    last_through_tokens: Pixels

    def pictures(self, step: int) -> dict[str, Pixels]:
        """By source, of the frame `step` + 1 ahead."""
        return {
            PREDICTED: self.predicted[step],
            COPY: self.last,
            COPY_OF_TOKENS: self.last_through_tokens,
            TOKENIZER: self.real_through_tokens[step],
        }


@dataclass(frozen=True, eq=False)
class PictureScores:
    """How close pictures come to the real ones, by source: [N windows, frames ahead]."""

    psnr_db: dict[str, Floats]
    ssim: dict[str, Floats]


def scores_of(windows: Iterable[Compared]) -> PictureScores:
    """Of windows with equally many frames ahead, one after the other."""
    tables: dict[str, dict[str, list[list[float]]]] = {
        measure: {name: [] for name in SOURCES} for measure in ('psnr_db', 'ssim')
    }
    for one in windows:
        rows = [(one.pictures(step), real) for step, real in enumerate(one.real)]
        for name in SOURCES:
            pairs = [(pictures[name], real) for pictures, real in rows]
            tables['psnr_db'][name].append([psnr_db(*pair) for pair in pairs])
            tables['ssim'][name].append([ssim(*pair) for pair in pairs])
    return PictureScores(
        *({name: np.array(rows) for name, rows in table.items()} for table in tables.values())
    )
