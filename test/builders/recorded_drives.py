"""Small drives with pictures of a few colours, and folders of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vavam_ros.training.drives import SUFFIX, Drive, DriveOrigin, PackedFrames, write_drive

SIZE = (32, 48)  # h, w of the pictures: 2 x 3 tokens
HALF_S = 500_000_000


def pictures(frames: int, seed: int = 0) -> list[np.ndarray]:
    """Grounds with a bright stripe at a place that differs from frame to frame."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(frames):
        image = np.empty((*SIZE, 3), np.uint8)
        image[:] = random.integers(40, 90, 3)
        image[: SIZE[0] // 2] = random.integers(150, 255, 3)
        at = int(random.integers(SIZE[1] - 4))
        image[SIZE[0] // 2 :, at : at + 3] = 255
        made.append(image)
    return made


def drive(frames: int = 12, seed: int = 0, gap_at: int | None = None) -> Drive:
    """Straight ahead at 4 m/s; commands go round; `gap_at` is the first frame after a pause."""
    stamps = np.arange(frames, dtype=np.int64) * HALF_S
    if gap_at is not None:
        stamps[gap_at:] += 10 * HALF_S
    ahead = np.stack([2.0 * np.arange(1, 7), np.zeros(6)], axis=1).astype(np.float32)
    poses = np.stack([2.0 * np.arange(frames), np.zeros(frames), np.zeros(frames)], axis=1)
    return Drive(
        PackedFrames.pack(pictures(frames, seed)),
        stamps_ns=stamps,
        poses=poses,
        speeds=np.full(frames, 4, np.float32),
        commands=np.arange(frames, dtype=np.int64) % 3,
        targets=np.repeat(ahead[None], frames, axis=0),
        target_valid=np.ones(frames, np.bool_),
        origin=DriveOrigin('simulation', seed, 'route-20m', '0', {'seconds': frames / 2}),
    )


def folder_of_drives(folder: Path, drives: int = 3, frames: int = 12) -> Path:
    """town-0, town-1, ... in a new folder."""
    folder.mkdir()
    for seed in range(drives):
        write_drive(folder / f'town-{seed}{SUFFIX}', drive(frames, seed))
    return folder
