"""Poses in the plane, and the rotations that messages want for them.

Axes follow REP-103: x forward, y left, z up, yaw counter-clockwise from x; an optical frame has
z forward, x right, y down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Quaternion(NamedTuple):
    """A rotation, scalar last as in geometry_msgs."""

    x: float
    y: float
    z: float
    w: float


# Turns optical axes into body axes: optical z (view) is body x, optical x (right) is body -y.
BODY_FROM_OPTICAL = Quaternion(-0.5, 0.5, -0.5, 0.5)


@dataclass(frozen=True)
class Transform:
    """Where the frame `child` is, seen from the frame `parent`."""

    parent: str
    child: str
    translation_m: tuple[float, float, float]  # child's origin in parent
    rotation: Quaternion  # turns vectors in child into vectors in parent


@dataclass(frozen=True)
class Pose2:
    """A rig's pose in a fixed frame of the plane: an element of SE(2)."""

    x_m: float
    y_m: float
    yaw_rad: float

    def to_fixed(self, points_in_rig: NDArray[np.float64]) -> NDArray[np.float64]:
        """[N, 2] m in the rig frame to [N, 2] m in the fixed frame."""
        return np.asarray(points_in_rig @ self._rotation().T + (self.x_m, self.y_m))

    def to_rig(self, points_in_fixed: NDArray[np.float64]) -> NDArray[np.float64]:
        """[N, 2] m in the fixed frame to [N, 2] m in the rig frame."""
        return np.asarray((points_in_fixed - (self.x_m, self.y_m)) @ self._rotation())

    def _rotation(self) -> NDArray[np.float64]:
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return np.array([[cos, -sin], [sin, cos]])


def quaternion_from_yaw(yaw_rad: float) -> Quaternion:
    """Turn by `yaw_rad` about z, any angle."""
    return Quaternion(0.0, 0.0, math.sin(yaw_rad / 2), math.cos(yaw_rad / 2))


def yaw_from_quaternion(rotation: Quaternion) -> float:
    """Heading of the turned x axis, in -pi..pi rad; roll and pitch do not enter."""
    x, y, z, w = rotation
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
