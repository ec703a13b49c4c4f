"""What of a recording is to be read, and how."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vavam_ros.errors import InputError
from vavam_ros.geometry.pinhole import Pinhole

NO_TRUTH = NO_IMU = 'none'
MOST_HOLE_S = 0.7  # two frames of a window are up to 0.68 s apart; poses may be as rare


class TruthKind(enum.Enum):
    """Message types that tell where the vehicle was, the best first."""

    ODOMETRY = 'nav_msgs/msg/Odometry'
    TF = 'tf2_msgs/msg/TFMessage'
    POSE = 'geometry_msgs/msg/PoseStamped'
    GNSS = 'sensor_msgs/msg/NavSatFix'


@dataclass(frozen=True)
class RecordingTopics:
    """Choice of topics and frames; None is found by its type. Clips need none of it.

    Raises InputError for numbers that cannot be.
    """

    image: str | None = None  # pictures, or tokens as 16UC1
    truth: str | None = None  # of one of TruthKind's types; NO_TRUTH reads none
    imu: str | None = None  # the heading of GNSS places; NO_IMU takes the course over ground
    use_camera_info: bool = True  # the one beside the images
    rectified: bool = False  # its p holds, without distortion
    hfov_deg: float | None = None  # of a camera without camera_info; None is not known
    command: str | None = None  # std_msgs/String; None reads none
    fixed_frame: str | None = None  # that TF poses are in; None takes map, then odom
    body_frame: str = 'base_link'  # the rear axle's centre, or a known way before it
    centre_to_rear_axle_m: float | None = None  # how far ahead of the rear axle the place is
    most_hole_s: float = MOST_HOLE_S  # between two poses that are joined
    kinds: tuple[TruthKind, ...] = tuple(TruthKind)  # looked for, in this order
    strict: bool = True  # refuse what contradicts itself, as a caller without checks needs

    def __post_init__(self) -> None:
        if not self.most_hole_s > 0:
            raise InputError(f'most_hole_s is {self.most_hole_s:g}: it must be positive')
        if self.hfov_deg is not None:
            Pinhole.from_horizontal_fov(1, 1, self.hfov_deg)  # raises for a wrong angle
        if not math.isfinite(self.ahead_m):
            raise InputError(
                f'centre_to_rear_axle_m is {self.ahead_m}: it must be a finite number of metres'
            )

    @property
    def ahead_m(self) -> float:
        """What `centre_to_rear_axle_m` says, or 0."""
        return self.centre_to_rear_axle_m or 0.0

    def as_json(self) -> dict[str, Any]:
        """What was chosen, for `from_json`."""
        return {name: value for name, value in asdict(self).items() if name != 'kinds'}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RecordingTopics:
        """Of `as_json`; TypeError for anything else."""
        return cls(**values)
