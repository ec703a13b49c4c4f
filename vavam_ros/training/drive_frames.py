"""The pictures of many drives as one data set, read from the disk one by one."""

from __future__ import annotations

import bisect
import hashlib
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from vavam_ros.errors import InputError
from vavam_ros.model.config import PATCH_PX
from vavam_ros.training.drives import Drive, drive_files, drive_name, read_drive
from vavam_ros.training.split import Split, of_split


class DriveFrames(Dataset[dict[str, Tensor]]):
    """All frames of one side of a folder of drives: {'image': uint8 [3, h, w]} each."""

    def __init__(self, folder: Path, split: Split = 'train') -> None:
        """Open the drives; InputError when there are too few, or of different picture sizes."""
        files = {drive_name(path): path for path in drive_files(folder)}
        self.names = of_split(list(files), split)
        self.drives = [read_drive(files[name]) for name in self.names]
        self._ends = list(accumulate(len(drive) for drive in self.drives))
        if not self._ends[-1]:
            raise InputError(f'the drives of {folder} hold no frames: collect them again')
        self.size = self._checked_size(folder)

    @property
    def identity(self) -> str:
        """12 hex digits: which drives these are, by names, stamps and sizes of the pictures."""
        digest = hashlib.sha256()
        for name, drive in zip(self.names, self.drives, strict=True):
            digest.update(name.encode())
            digest.update(drive.stamps_ns.tobytes())
            digest.update(drive.frames.offsets.tobytes())
        return digest.hexdigest()[:12]

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        place = bisect.bisect_right(self._ends, index)
        drive = self.drives[place]
        picture = drive.frames[index - (self._ends[place] - len(drive))]
        return {'image': torch.from_numpy(picture).permute(2, 0, 1).contiguous()}

    def _checked_size(self, folder: Path) -> tuple[int, int]:
        sizes = {
            name: _size(drive)
            for name, drive in zip(self.names, self.drives, strict=True)
            if drive
        }
        if len(set(sizes.values())) > 1:
            shown = ', '.join(f'{name} {w}x{h}' for name, (h, w) in list(sizes.items())[:4])
            raise InputError(f'the drives of {folder} have pictures of different sizes: {shown}')
        size = next(iter(sizes.values()))
        if size[0] % PATCH_PX or size[1] % PATCH_PX:
            raise InputError(
                f'the pictures in {folder} are {size[1]}x{size[0]}: their sides must be '
                f'multiples of {PATCH_PX}'
            )
        return size


def _size(drive: Drive) -> tuple[int, int]:
    height_px, width_px, _ = drive.frames[0].shape
    return height_px, width_px
