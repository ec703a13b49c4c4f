"""Clip folders of a drive along a circle, with pictures that change from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

START_S = 1_500_000_000
SPEED_MPS, RADIUS_M = 5.0, 40.0


def driven_clip(
    folder: Path,
    seconds: float = 12.0,
    rate_hz: float = 4.0,
    missing: Iterable[int] = (),
    size: tuple[int, int] = (64, 96),
    seed: int = 0,
    poses: bool = True,
) -> Path:
    """A folder with frames.csv; frames with the numbers in `missing` were never recorded."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    header = 'stamp,file,x,y,yaw,v' if poses else 'stamp,file,steering_wheel_angle_rad'
    rows = [header]
    for number in range(round(seconds * rate_hz) + 1):
        if number in set(missing):
            continue
        Image.fromarray(_picture(rng, size)).save(folder / f'{number:04d}.png')
        rows.append(
            f'{START_S + number / rate_hz:.6f},{number:04d}.png,{_state(number / rate_hz, poses)}'
        )
    (folder / 'frames.csv').write_text('\n'.join(rows) + '\n')
    return folder


def _state(time_s: float, poses: bool) -> str:
    if not poses:
        return f'{0.5 * math.sin(time_s):.6f}'
    turned = SPEED_MPS * time_s / RADIUS_M
    x, y = RADIUS_M * math.sin(turned), RADIUS_M * (1 - math.cos(turned))
    return f'{x:.6f},{y:.6f},{turned:.6f},{SPEED_MPS}'


def _picture(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Squares of random colours, as large as a token sees."""
    rows, columns = size[0] // 16, size[1] // 16
    return np.kron(rng.integers(0, 256, (rows, columns, 3)), np.ones((16, 16, 1))).astype(np.uint8)
