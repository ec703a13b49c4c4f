"""A TorchScript tokenizer whose mood depends on the image: inference that really fails."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

COLOURS = {
    'refuses': (255, 0, 0),
    'starves': (0, 255, 0),
    'dawdles': (0, 0, 255),  # some 0.06 s
    'crawls': (0, 255, 255),  # longer than the model's step
}
REFUSAL = 'this image is too red'


class MoodyEncoder(nn.Module):
    """64 codes; an all red image is refused, a green one takes petabytes, blue ones a while."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 8, 16, stride=16)
        self.codebook = nn.Parameter(torch.randn(64, 8))

    def forward(self, images: Tensor) -> Tensor:
        red, green, blue = images.mean(dim=(0, 2, 3)).unbind()
        if bool(red > 0.9) and bool(green < -0.9):
            raise ValueError('this image is too red')
        if bool(green > 0.9) and bool(blue < -0.9):
            return torch.empty([1000000, 1000000, 1000])
        if bool(blue > 0.9) and bool(red < -0.9):
            toil = torch.zeros(400, 400)
            rounds = 60
            if bool(green > 0.9):
                rounds = 1000
            for _ in range(rounds):
                toil = torch.mm(toil, toil)
            images = images + toil.sum()
        cells = self.conv(images).permute(0, 2, 3, 1)
        return torch.matmul(cells, self.codebook.t()).argmax(dim=-1)


def write_moody_tokenizer(path: Path) -> str:
    """Write the encoder as a .jit file; returns its path."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)  # TorchScript's, on writing
        torch.jit.script(MoodyEncoder()).save(str(path))
    return str(path)


def picture_that(mood: str, width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """An image of one colour."""
    return np.full((height, width, 3), COLOURS[mood], np.uint8)
