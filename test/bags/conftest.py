"""Small clips, images and bags, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vavam_ros.bags.writer import BagWriter
from vavam_ros.records import CameraFrame

START_NS = 1_531_884_156_948_944_000
STEP_NS = 100_000_000


@pytest.fixture
def write_clip(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a folder with this frames.csv and 4x2 images 0.png .. 3.png, each of one grey."""
    folder = tmp_path / 'drive'
    folder.mkdir()
    for value in range(4):
        Image.fromarray(np.full((2, 4, 3), value, np.uint8)).save(folder / f'{value}.png')

    def write(table: str) -> Path:
        (folder / 'frames.csv').write_text(table, newline='')
        return folder

    return write


@pytest.fixture
def write_bag(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a bag with twelve images on /image, 0.1 s apart; image i is 8x8 and all i."""

    def write(storage: str) -> Path:
        path = tmp_path / f'bag_{storage}'
        with BagWriter(path, storage) as writer:
            for i in range(12):
                image = np.full((8, 8, 3), i, np.uint8)
                writer.write_image('/image', CameraFrame(START_NS + i * STEP_NS, 'cam', image))
        return path

    return write
