"""What a controller has to know of a vehicle."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.errors import InputError
from vavam_ros.settings_fields import setting


@dataclass(frozen=True)
class VehicleParameters:
    """Geometry and limits; every value is positive, InputError otherwise."""

    wheelbase_m: float = setting(2.85, 'from the rear axle to the front axle', 'm')
    max_steer_rad: float = setting(0.6, 'at the front wheels, to either side', 'rad')
    max_steer_rate_radps: float = setting(0.8, 'how fast the front wheels turn', 'rad/s')
    max_acceleration_mps2: float = setting(3.0, "the vehicle's own limit", 'm/s^2')
    max_braking_mps2: float = setting(7.0, "the vehicle's own limit", 'm/s^2')
    max_speed_mps: float = setting(20.0, 'never faster than this, whatever the path', 'm/s')
    rear_axle_to_centre_m: float = setting(
        1.4, "from the rear axle forward to the body's middle", 'm'
    )
    length_m: float = setting(4.6, 'of the body', 'm')
    width_m: float = setting(1.9, 'of the body', 'm')

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise InputError(f'vehicle {name} is {value}: it must be positive')
