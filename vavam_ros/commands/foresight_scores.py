"""Predictions of many moments against what came: every figure, window by window."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.commands.foresight_drives import Moment, SeenDrive
from vavam_ros.commands.foresight_model import Foreseer
from vavam_ros.commands.frame_prediction import (
    Compared,
    PictureScores,
    Pixels,
    Tokens,
    scores_of,
)
from vavam_ros.errors import InputError
from vavam_ros.training.baselines import Baselines, TokenStatistics

_TOKENIZED = 32  # frames at a time

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seen:
    """Drives and their tokens, and the moments to predict from."""

    drives: tuple[SeenDrive, ...]
    tokens: tuple[Tokens, ...]  # of each drive: [frames, h, w]
    moments: tuple[Moment, ...]

    def windows(self, before: int, after: int = 0) -> Tokens:
        """Frames around each moment [N, before + after, h, w], its own the last one before."""
        return np.stack(
            [
                self.tokens[one.drive][one.frame + 1 - before : one.frame + 1 + after]
                for one in self.moments
            ]
        )

    def real(self, moment: Moment, step: int) -> Pixels:
        """The picture so many frames after a moment."""
        return self.drives[moment.drive].drive.frames[moment.frame + step]


@dataclass(frozen=True, eq=False)
class TokenLosses:
    """Nats per token, of the frames up to the first one to predict: [N windows, T frames]."""

    model: Floats  # of the first frame all tokens but the very first
    unigram: Floats  # NaN for the first frame, which has none before it
    copy: Floats
    kept: Floats  # share of cells whose token is that of the frame before


def tokenized(drives: Sequence[SeenDrive], foreseer: Foreseer) -> tuple[Tokens, ...]:
    """The tokens of each drive; InputError where its pictures are of another size."""
    return tuple(np.concatenate(list(_tokens(one, foreseer))).astype(np.int64) for one in drives)


def token_losses(seen: Seen, foreseer: Foreseer, statistics: TokenStatistics) -> TokenLosses:
    """Of the model, and of baselines that know these statistics."""
    frames = foreseer.video.config.nb_timesteps
    windows = seen.windows(frames - 1, 1)
    rows = [_baselines(one, statistics) for one in windows.reshape(*windows.shape[:2], -1)]
    by_name = {
        name: np.array([[np.nan, *(getattr(frame, name) for frame in row)] for row in rows])
        for name in ('unigram', 'copy', 'kept')
    }
    return TokenLosses(np.nanmean(foreseer.nats(windows), axis=2), **by_name)


def picture_scores(seen: Seen, foreseer: Foreseer, predicted: Tokens) -> PictureScores:
    """Of predicted tokens [N, frames, h, w], and of what they are compared with."""

    @functools.lru_cache(maxsize=64)  # windows overlap
    def through_tokens(drive: int, frame: int) -> Pixels:
        return foreseer.picture(seen.tokens[drive][frame])

    def compared(moment: Moment, tokens: Tokens) -> Compared:
        ahead = range(1, len(tokens) + 1)
        return Compared(
            predicted=[foreseer.picture(frame) for frame in tokens],
            real=[seen.real(moment, step) for step in ahead],
            real_through_tokens=[through_tokens(moment.drive, moment.frame + n) for n in ahead],
            last=seen.real(moment, 0),
            last_through_tokens=through_tokens(moment.drive, moment.frame),
        )

    return scores_of(compared(*pair) for pair in zip(seen.moments, predicted, strict=True))


def own_statistics(seen: Seen, foreseer: Foreseer) -> TokenStatistics:
    """What baselines know that have seen the very frames before, which favours them."""
    drives = (torch.from_numpy(one.reshape(len(one), -1)) for one in seen.tokens)
    return TokenStatistics.of(drives, foreseer.video.config.vocabulary_size)


def _baselines(window: Tokens, statistics: TokenStatistics) -> list[Baselines]:
    """Of each frame but the first of a window [T, S]."""
    pairs = (window[first : first + 2] for first in range(len(window) - 1))
    return [statistics.baselines([torch.from_numpy(pair)]) for pair in pairs]


def _tokens(seen: SeenDrive, foreseer: Foreseer) -> Iterable[NDArray[np.int32]]:
    frames = seen.drive.frames
    for first in range(0, len(frames), _TOKENIZED):
        part = [frames[at] for at in range(first, min(first + _TOKENIZED, len(frames)))]
        if part[0].shape[:2] != foreseer.size:
            height, width = part[0].shape[:2]
            raise InputError(
                f'the pictures of {seen.name} are {width}x{height}, the model sees '
                f'{foreseer.size[1]}x{foreseer.size[0]}: collect drives with its --preset'
            )
        yield foreseer.tokenizer.encode_all(part)
