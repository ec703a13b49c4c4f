"""An image resampled once along any smooth map, antialiased, with weights worked out beforehand.

Each new pixel is a weighted mean of the old ones under its triangle filter: of one new pixel's
half-width where the map shrinks the image, of one old pixel's where it enlarges it. Along a plain
change of size these are the very weights of torch's antialiased bilinear filter, which the models
were trained with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

Floats = NDArray[np.float64]
PixelMap = Callable[[Floats, Floats], tuple[Floats, NDArray[np.bool_]]]
# new columns and rows [...] -> old pixels [..., 2] (u, v), and which of them exist [...]

_BLOCK_PX = 4096  # new pixels whose weights are worked out at once


@dataclass(frozen=True)
class Resampling:
    """The weights; about 32 bytes for each old pixel that is used."""

    seen: NDArray[np.bool_]  # [height, width] new pixels whose middle is in the old image
    taps: torch.Tensor  # [N] int32, old pixels, row by row
    weights: torch.Tensor  # [N] float32
    starts: torch.Tensor  # [height * width] int32, where each new pixel's taps start
    nearest: NDArray[np.int64]  # [unseen] the seen pixel nearest to each that is not, row by row

    @classmethod
    def along(
        cls, pixel_map: PixelMap, new_size: tuple[int, int], old_size: tuple[int, int]
    ) -> Resampling:
        """From an image of `old_size` to one of `new_size`, both (height, width)."""
        places, extents, seen = _traced(pixel_map, new_size, old_size)
        indices = np.flatnonzero(seen)
        counts = np.zeros(seen.size, np.int32)
        taps, weights = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
        for start in range(0, len(indices), _BLOCK_PX):
            block = indices[start : start + _BLOCK_PX]
            count, tap, weight = _weighed(places[block], extents[block], old_size)
            counts[block] = count
            taps.append(tap)
            weights.append(weight)
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
        return cls(
            seen,
            torch.from_numpy(np.concatenate(taps)),
            torch.from_numpy(np.concatenate(weights)),
            torch.from_numpy(starts),
            nearest_seen(seen),
        )

    @property
    def coverage(self) -> float:
        """Share of the new image that the old one shows."""
        return float(self.seen.mean())

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """[h, w, 3] of the old size -> [height, width, 3]; what is not seen repeats the nearest.

        At least one pixel must be seen.
        """
        channels = image.shape[2]
        pixels = torch.from_numpy(image.astype(np.float32).reshape(-1, channels))
        means = F.embedding_bag(
            self.taps, pixels, self.starts, mode='sum', per_sample_weights=self.weights
        )
        new = (means + 0.5).clamp_(0, 255).to(torch.uint8).numpy()
        new[~self.seen.ravel()] = new[self.nearest]
        return new.reshape(*self.seen.shape, channels)


def nearest_seen(seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each pixel that is not seen, row by row, the flat index of the nearest that is.

    Exactly nearest: first within each column, then over the columns of a row.
    """
    height, width = seen.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)
    above = np.maximum.accumulate(np.where(seen, rows, -4 * (height + width)), axis=0)
    below = np.minimum.accumulate(np.where(seen, rows, 4 * (height + width))[::-1], axis=0)[::-1]
    row = np.where(rows - above <= below - rows, above, below)  # the nearest of the own column
    squared = (columns[:, None] - columns) ** 2
    found = [np.zeros(0, np.int64)]
    for y in np.flatnonzero(~seen.all(axis=1)):
        missing = ~seen[y]
        column = (squared[missing] + (row[y] - y) ** 2).argmin(axis=1)
        found.append(row[y, column] * width + column)
    return np.concatenate(found).astype(np.int64)


def _traced(
    pixel_map: PixelMap, new_size: tuple[int, int], old_size: tuple[int, int]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Where new pixels are in the old image [N, 2], their extents [N, 2, 2], which are in it.

    An extent's columns are the steps (u, v) from a new pixel to the next column and row.
    """
    v, u = np.mgrid[: new_size[0], : new_size[1]].astype(np.float64)
    places, seen = pixel_map(u, v)
    seen &= ((places >= -0.5) & (places <= np.array(old_size[::-1]) - 0.5)).all(axis=-1)
    extents = []
    for half in ((0.5, 0.0), (0.0, 0.5)):
        (after, has_after), (before, has_before) = (
            pixel_map(u + side * half[0], v + side * half[1]) for side in (1, -1)
        )
        extents.append(after - before)
        seen &= has_after & has_before  # so that an extent is one
    return places.reshape(-1, 2), np.stack(extents, axis=-1).reshape(-1, 2, 2), seen


def _weighed(
    places: Floats, extents: Floats, old_size: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Number of taps of each new pixel [n], then all taps and their weights, pixel by pixel."""
    height, width = old_size
    extents = _not_below_one(extents)
    reach = np.abs(extents).sum(axis=-1).max(axis=0)  # old columns and rows
    most_across, most_down = np.ceil(reach + 0.5).astype(int) - 1
    middle = np.round(places).astype(np.int32)
    across = middle[:, 0, None] + np.arange(-most_across, most_across + 1, dtype=np.int32)
    down = middle[:, 1, None] + np.arange(-most_down, most_down + 1, dtype=np.int32)
    aside = (across - places[:, :1]).astype(np.float32)[:, None, :]  # [n, 1, across]
    below = (down - places[:, 1:]).astype(np.float32)[:, :, None]  # [n, down, 1]
    to_new = np.linalg.inv(extents).astype(np.float32)[..., None, None]
    weights = _triangle(to_new[:, 0, 0] * aside + to_new[:, 0, 1] * below)
    weights *= _triangle(to_new[:, 1, 0] * aside + to_new[:, 1, 1] * below)
    weights *= ((across >= 0) & (across < width))[:, None, :]
    weights *= ((down >= 0) & (down < height))[:, :, None]
    weights /= weights.sum(axis=(1, 2), keepdims=True)
    kept = weights > 0
    taps = (down * width)[:, :, None] + across[:, None, :]
    return kept.sum(axis=(1, 2), dtype=np.int32), taps[kept], weights[kept]


def _triangle(distances: NDArray[np.float32]) -> NDArray[np.float32]:
    """One at zero, zero from one on; in place."""
    np.abs(distances, out=distances)
    np.subtract(1, distances, out=distances)
    return np.maximum(distances, 0, out=distances)


def _not_below_one(extents: Floats) -> Floats:
    """Extents [n, 2, 2] whose singular values are raised to one: at least one old pixel."""
    squares, area = (extents**2).sum(axis=(1, 2)), np.linalg.det(extents)
    smallest = (squares - np.sqrt(np.maximum(squares**2 - 4 * area**2, 0))) / 2  # squared
    small = smallest < 1
    left, lengths, right = np.linalg.svd(extents[small])
    enlarged: Floats = extents.copy()
    enlarged[small] = left @ (np.maximum(lengths, 1.0)[..., None] * right)
    return enlarged
