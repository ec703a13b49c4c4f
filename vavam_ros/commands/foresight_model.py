"""The video model and the tokenizer whose predictions `vavam foresight` looks at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from vavam_ros.commands.frame_prediction import FramePredictor
from vavam_ros.driving.assembly import usable_device
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.driving.shipped import with_files
from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import Checkpoint, read_checkpoint
from vavam_ros.model.loading import build_vavim
from vavam_ros.model.vq_loading import LoadedTokenizer, load_tokenizer
from vavam_ros.perception.tokenizer import FrameTokenizer


@dataclass(frozen=True, eq=False)
class Foreseer(FramePredictor):
    """Predicts for many windows side by side, and says what it is."""

    checkpoint: Checkpoint  # of the video model

    @property
    def trained(self) -> bool:
        """Whether the weights are more than random numbers."""
        return bool(self.checkpoint.provenance.get('trained'))


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
