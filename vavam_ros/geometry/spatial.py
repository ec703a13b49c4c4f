"""Poses in space, many at once: chained, turned round, interpolated, and reduced to the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.stretches import Stretches, interpolated

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Poses:
    """Where one frame is in another, N times; N = 1 chains with any number."""

    places_m: Floats  # [N, 3]
    rotations: Floats  # [N, 4] unit quaternions x, y, z, w, from the one's axes to the other's

    def __len__(self) -> int:
        return len(self.places_m)

    def then(self, other: Poses) -> Poses:
        """`other` is seen from this frame: where its frame is in the frame this one is in."""
        places = self.places_m + rotated(self.rotations, other.places_m)
        return Poses(places, product(self.rotations, other.rotations))

    def inverse(self) -> Poses:
        """The outer frame, seen from the inner one."""
        back = self.rotations * (-1.0, -1.0, -1.0, 1.0)
        return Poses(-rotated(back, self.places_m), back)

    def in_plane(self) -> Floats:
        """[N, 3] x m, y m, and the heading of the x axis in rad; height, roll, pitch are left."""
        x, y, z, w = self.rotations.T
        yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        return np.column_stack([self.places_m[:, :2], yaw])


NOT_MOVED = Poses(np.zeros((1, 3)), np.array([[0.0, 0.0, 0.0, 1.0]]))


@dataclass(frozen=True, eq=False)
class TimedPoses:
    """Poses at increasing times."""

    stamps_ns: NDArray[np.int64]  # [N], not empty
    poses: Poses

    def at(
        self, asked_ns: NDArray[np.int64], most_hole_s: float
    ) -> tuple[Poses, NDArray[np.bool_]]:
        """The pose at each time, between the two about it, and whether it is known [N]."""
        rows = np.hstack([self.poses.places_m, _alike(self.poses.rotations)])
        between = interpolated(self.stamps_ns, rows, asked_ns)
        known = Stretches(self.stamps_ns, most_hole_s).of(asked_ns) >= 0
        lengths = np.linalg.norm(between[:, 3:], axis=1, keepdims=True)
        return Poses(between[:, :3], between[:, 3:] / lengths), known


def product(first: Floats, second: Floats) -> Floats:
    """Quaternions [N, 4] of turning by `second`, then by `first`."""
    x1, y1, z1, w1 = first.T
    x2, y2, z2, w2 = second.T
    return np.stack(
        [
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
        ],
        axis=1,
    )


def rotated(rotations: Floats, vectors: Floats) -> Floats:
    """Vectors [N, 3] turned by unit quaternions [N, 4]."""
    axis, w = rotations[:, :3], rotations[:, 3:]
    twice = 2 * np.cross(axis, vectors)
    return np.asarray(vectors + w * twice + np.cross(axis, twice))


def _alike(rotations: Floats) -> Floats:
    """The same rotations, with signs so that neighbours lie on one side."""
    turns = np.sign((rotations[1:] * rotations[:-1]).sum(axis=1))
    signs = np.concatenate([[1.0], np.cumprod(np.where(turns == 0, 1.0, turns))])
    return np.asarray(rotations * signs[:, None])
