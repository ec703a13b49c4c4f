"""Tokenised drives as the video and the action stage need them, and whether a model fits them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vavam_ros.errors import InputError
from vavam_ros.model.config import VideoConfig
from vavam_ros.training.stage import Samples


@dataclass(frozen=True, eq=False)
class TokenData:
    """Windows of T frames, apart for training and for judging.

    A sample has tokens [T, S] int64, commands [T] int64, targets [T, 6, 2] float32 m in each
    frame's rig frame, and valid [T] bool, which says whose targets there are.
    """

    training: Samples
    held_back: Samples
    identity: str  # equal ones hold the same windows
    tokenizer_identity: str
    codebook_size: int
    frames: int  # T
    grid: tuple[int, int]  # rows, columns

    def check_fits(self, video: VideoConfig, where: str) -> None:
        """Raise InputError unless a video model of these sizes can read the tokens."""
        cells = self.grid[0] * self.grid[1]
        grid = f'{self.grid[0]}x{self.grid[1]}'
        if video.nb_tokens_per_timestep != cells or video.grid not in (None, self.grid):
            raise InputError(
                f'{where}: frames of {grid} tokens, where the model has '
                f'{video.nb_tokens_per_timestep} per frame (grid {video.grid or "unknown"})'
            )
        if video.vocabulary_size != self.codebook_size + 1:
            raise InputError(
                f'{where}: tokens of a codebook of {self.codebook_size}, where the model has a '
                f'vocabulary of {video.vocabulary_size} (codebook and one more)'
            )
        if self.frames > video.nb_timesteps:
            raise InputError(
                f'{where}: windows of {self.frames} frames, where the model sees at most '
                f'{video.nb_timesteps}'
            )

    def check_tokenizer(self, provenance: Mapping[str, object], weights: str, where: str) -> None:
        """Raise InputError if weights were trained on another tokenizer's tokens.

        Weights that do not say so (the released ones) pass.
        """
        trained_on = provenance.get('tokenizer')
        if trained_on is not None and trained_on != self.tokenizer_identity:
            raise InputError(
                f'{where} holds tokens of the tokenizer {self.tokenizer_identity}, {weights} was '
                f'trained on those of {trained_on}: tokenize the drives with that one'
            )
