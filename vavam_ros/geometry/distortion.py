"""How lenses bend rays: the models of camera_info, as OpenCV and sensor_msgs define them.

Each takes rays [..., 3] (right, down, depth; any length) to the plane at depth 1 of a pinhole
camera that shows the same pixel, [..., 2], and says for which rays that is so. Beyond the angle at
which a polynomial turns back, a second ray would fall on the pixel of a first one: not valid.
Sources: OpenCV 4 documentation, calib3d (k1 .. k6, p1, p2) and fisheye (k1 .. k4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_REAL = 1e-9  # relative; roots are real up to rounding
_LEAST_DEPTH = 1e-6  # of a ray's length; flatter ones have no point on the plane


class Distortion(Protocol):
    """A lens model."""

    def bend(self, rays: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Rays [..., 3] -> points on the plane [..., 2], and which of them are valid [...]."""


@dataclass(frozen=True)
class BrownConrady:
    """plumb_bob, and with k4 to k6 rational_polynomial; all zero bends nothing."""

    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    k5: float = 0.0
    k6: float = 0.0

    def bend(self, rays: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """See Distortion; only rays ahead are valid."""
        ahead = rays[..., 2] > _LEAST_DEPTH * np.linalg.norm(rays, axis=-1)
        x, y = np.moveaxis(rays[..., :2] / np.where(ahead, rays[..., 2], 1.0)[..., None], -1, 0)
        squared = x * x + y * y
        valid = ahead & (squared < self._limit)
        squared = np.where(valid, squared, 0.0)  # keeps what is not valid finite
        numerator, denominator = self._radial
        scale = numerator(squared) / denominator(squared)
        across = x * scale + 2 * self.p1 * x * y + self.p2 * (squared + 2 * x * x)
        down = y * scale + self.p1 * (squared + 2 * y * y) + 2 * self.p2 * x * y
        return np.stack([across, down], axis=-1), valid

    @property
    def _radial(self) -> tuple[Polynomial, Polynomial]:
        """Numerator and denominator of the radial scale, in the squared radius."""
        return (
            Polynomial([1.0, self.k1, self.k2, self.k3]),
            Polynomial([1.0, self.k4, self.k5, self.k6]),
        )

    @property
    def _limit(self) -> float:
        """Squared radius at which radius times scale stops growing, or has a pole."""
        numerator, denominator = self._radial
        squared = Polynomial([0.0, 1.0])
        slope = numerator.deriv() * denominator - numerator * denominator.deriv()
        growth = numerator * denominator + 2 * squared * slope
        return min(_first_root(growth), _first_root(denominator))


@dataclass(frozen=True)
class Equidistant:
    """A fisheye lens: the angle from the axis, bent by a polynomial, is the radius."""

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0

    def bend(self, rays: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """See Distortion; rays from the side and from behind can be valid."""
        aside = np.hypot(rays[..., 0], rays[..., 1])
        angle = np.arctan2(aside, rays[..., 2])
        valid = angle < self._limit
        squared = np.where(valid, angle, 0.0) ** 2
        radius = angle * Polynomial([1.0, self.k1, self.k2, self.k3, self.k4])(squared)
        depth = np.where(rays[..., 2] > 0, rays[..., 2], 1.0)
        on_axis = aside <= _REAL * np.abs(rays[..., 2])
        scale = np.where(on_axis, 1 / depth, radius / np.where(on_axis, 1.0, aside))
        return rays[..., :2] * scale[..., None], valid

    @property
    def _limit(self) -> float:
        """Angle at which the radius stops growing, radians; straight back at most."""
        growth = Polynomial([1.0, 3 * self.k1, 5 * self.k2, 7 * self.k3, 9 * self.k4])
        return min(math.sqrt(_first_root(growth)), math.pi)


def _first_root(polynomial: Polynomial) -> float:
    """The smallest positive real root; infinity where there is none."""
    roots = polynomial.trim().roots()
    scale = np.maximum(np.abs(roots), 1.0)
    real = roots.real[(np.abs(roots.imag) <= _REAL * scale) & (roots.real > 0)]
    return float(real.min()) if len(real) else math.inf
