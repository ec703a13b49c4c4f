"""Every setting of the follower, once: default, meaning, unit and range."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.errors import InputError
from vavam_ros.settings_fields import check_settings, setting


@dataclass(frozen=True)
class FollowerSettings:
    """How a path is followed; immutable, checked when built."""

    lookahead_time_s: float = setting(
        0.8, 'steering aims at the place on the path that is this far on', 's', (0.1, 5.0)
    )
    lookahead_min_m: float = setting(3.0, 'and no nearer than this', 'm', (0.5, 50.0))
    lookahead_max_m: float = setting(15.0, 'and no farther than this', 'm', (0.5, 100.0))
    speed_preview_s: float = setting(
        0.2,
        "the path's speed is taken this much ahead, for the vehicle's own delay",
        's',
        (0.0, 1.0),
    )
    speed_gain: float = setting(
        1.2, 'acceleration per speed error, in m/s^2 per m/s', '1/s', (0.0, 10.0)
    )
    speed_integral_gain: float = setting(
        0.2, 'acceleration per integrated speed error, in m/s^2 per m', '1/s^2', (0.0, 5.0)
    )
    comfort_acceleration_mps2: float = setting(
        2.0, 'hardest acceleration while following', 'm/s^2', (0.1, 10.0)
    )
    comfort_braking_mps2: float = setting(
        3.0,
        'hardest braking while following, and in every stop for want of a path',
        'm/s^2',
        (0.1, 10.0),
    )
    emergency_braking_mps2: float = setting(
        7.0, 'hardest braking where a path itself ends too near for comfort', 'm/s^2', (0.1, 15.0)
    )
    max_jerk_mps3: float = setting(
        10.0, 'fastest change of the acceleration, but for an emergency', 'm/s^3', (0.5, 1000.0)
    )
    stop_speed_mps: float = setting(
        0.3, 'a path slower than this means standing', 'm/s', (0.01, 2.0)
    )
    speed_response_s: float = setting(
        0.3,
        'in what time a vehicle that takes a speed gets there; 0: at once',
        's',
        (0.0, 2.0),
    )
    hold_braking_mps2: float = setting(1.0, 'braking while standing', 'm/s^2', (0.1, 10.0))

    def __post_init__(self) -> None:
        check_settings(self)
        if self.lookahead_min_m > self.lookahead_max_m:
            raise InputError(
                f'lookahead_min_m is {self.lookahead_min_m}: '
                f'it must not exceed lookahead_max_m, {self.lookahead_max_m}'
            )
        if self.comfort_braking_mps2 > self.emergency_braking_mps2:
            raise InputError(
                f'comfort_braking_mps2 is {self.comfort_braking_mps2}: '
                f'it must not exceed emergency_braking_mps2, {self.emergency_braking_mps2}'
            )


@dataclass(frozen=True)
class WatchSettings:
    """When a path or the odometry is too old to drive by; immutable, checked when built."""

    max_path_age_s: float = setting(
        1.2, 'a path whose image is older than this stops the vehicle', 's', (0.1, 60.0)
    )
    max_odometry_age_s: float = setting(
        0.5, 'odometry that is older than this stops the vehicle', 's', (0.05, 10.0)
    )

    max_path_distance_m: float = setting(
        5.0, 'a vehicle that is farther than this from its path is stopped', 'm', (0.5, 100.0)
    )
    path_latency_s: float = setting(
        0.0,
        'a path is driven by from this long after its image on: then it does not matter how '
        'fast it was made',
        's',
        (0.0, 5.0),
    )

    def __post_init__(self) -> None:
        check_settings(self)
