"""Coloured quadrilaterals, from which everything that a camera sees is built."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Patches:
    """Flat quadrilaterals; a triangle repeats its last corner.

    A patch is seen only from the side from which its corners run counter-clockwise.
    """

    corners_m: Array  # [N, 4, 3]
    colours: Array  # [N, 3] red, green, blue, 0..1, of the surface in white light

    def __len__(self) -> int:
        return len(self.corners_m)

    @property
    def normals(self) -> Array:
        """[N, 3] unit vectors towards the side from which they are seen."""
        first = self.corners_m[:, 2] - self.corners_m[:, 0]
        second = self.corners_m[:, 3] - self.corners_m[:, 1]
        (a, b, c), (d, e, f) = first.T, second.T  # numpy's own cross is slow
        across = np.stack([b * f - c * e, c * d - a * f, a * e - b * d], axis=1)
        lengths = np.sqrt((across**2).sum(axis=1))
        return np.asarray(across / np.maximum(lengths, 1e-9)[:, None])


def joined(parts: Iterable[Patches]) -> Patches:
    """All of them as one."""
    every = [part for part in parts if len(part)]
    if not every:
        return Patches(np.zeros((0, 4, 3)), np.zeros((0, 3)))
    return Patches(
        np.concatenate([part.corners_m for part in every]),
        np.concatenate([part.colours for part in every]),
    )


def of_one_colour(corners_m: Array, colour: Iterable[float]) -> Patches:
    """Patches [N, 4, 3] of a single colour."""
    corners = np.asarray(corners_m, np.float64).reshape(-1, 4, 3)
    return Patches(corners, np.tile(np.array(tuple(colour), np.float64), (len(corners), 1)))


def flat(corners_m: Array, colour: Iterable[float]) -> Patches:
    """Patches on the ground [N, 4, 2], seen from above whichever way their corners run."""
    plane = np.asarray(corners_m, np.float64).reshape(-1, 4, 2)
    first, second = plane[:, 2] - plane[:, 0], plane[:, 3] - plane[:, 1]
    clockwise = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
    plane = np.where(clockwise[:, None, None], plane[:, ::-1], plane)
    return of_one_colour(np.concatenate([plane, np.zeros((*plane.shape[:2], 1))], axis=2), colour)


def ribbon(left_m: Array, right_m: Array, colour: Iterable[float]) -> Patches:
    """Patches on the ground between two curves [N, 2] with as many points."""
    corners = np.stack([left_m[:-1], right_m[:-1], right_m[1:], left_m[1:]], axis=1)
    return flat(corners, colour)


_BOX_FACES = np.array(
    [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
)  # bottom, top, right (-y), front (+x), left (+y), back (-x)


def box(low_m: Iterable[float], high_m: Iterable[float], colour: Iterable[float]) -> Patches:
    """An upright box between two opposite corners (x, y, z), without its bottom."""
    return frustum(low_m, high_m, colour, (0.0, 0.0))


def frustum(
    low_m: Iterable[float],
    high_m: Iterable[float],
    colour: Iterable[float],
    inset_m: tuple[float, float],
    shift_m: float = 0.0,
) -> Patches:
    """A box whose top is narrower by an inset (x, y) on each side and moved along x."""
    (x0, y0, z0), (x1, y1, z1) = low_m, high_m
    along, across = inset_m
    bottom = [(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)]
    left, right = x0 + along + shift_m, x1 - along + shift_m
    top = [
        (left, y0 + across, z1),
        (right, y0 + across, z1),
        (right, y1 - across, z1),
        (left, y1 - across, z1),
    ]
    return of_one_colour(np.array(bottom + top)[_BOX_FACES[1:]], colour)


def placed(patches: Patches, x_m: float, y_m: float, yaw_rad: float) -> Patches:
    """Turned about z, then moved."""
    cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return Patches(patches.corners_m @ turn.T + (x_m, y_m, 0.0), patches.colours)


def upright(
    x_m: float,
    y_m: float,
    size_m: tuple[float, float, float],
    colour: Iterable[float],
    ahead: bool,
) -> Patches:
    """A patch across x, seen from ahead or from behind: half its width, lower and upper edge."""
    half, low, high = size_m
    aside = half if ahead else -half
    corners = [(y_m - aside, low), (y_m + aside, low), (y_m + aside, high), (y_m - aside, high)]
    return of_one_colour(np.array([[(x_m, *corner) for corner in corners]]), colour)


def inset(patches: Patches, margins: tuple[float, float], colour: Iterable[float]) -> Patches:
    """Smaller patches just above the given ones: panes in their frames.

    The margins, as shares, are along a patch's first edge and along its second.
    """
    along, up = margins
    first, second, third, fourth = np.moveaxis(patches.corners_m, 1, 0)

    def at(u: float, v: float) -> Array:
        low, high = first + u * (second - first), fourth + u * (third - fourth)
        return np.asarray(low + v * (high - low) + 0.01 * patches.normals)

    corners = [at(along, up), at(1 - along, up), at(1 - along, 1 - up), at(along, 1 - up)]
    return of_one_colour(np.stack(corners, axis=1), colour)


def tinted(colour: Iterable[float], factor: float) -> Array:
    """A colour made lighter or darker."""
    return np.clip(np.array(tuple(colour)) * factor, 0, 1)
