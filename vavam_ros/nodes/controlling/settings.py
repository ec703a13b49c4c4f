"""Settings of the nodes controller and commander, beside those of what they delegate to."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.bridge.flavours import (
    FLAVOUR_NAMES,
    OUTPUT_NAMES,
    Control,
    Flavour,
    control_of,
    flavour_of,
)
from vavam_ros.control.command_source import COMMANDS
from vavam_ros.control.route_command import COMMAND_RULES
from vavam_ros.errors import InputError
from vavam_ros.records import DriveCommand
from vavam_ros.settings_fields import check_settings, setting

_BY_FLAVOUR, _REAR_AXLE, _CENTRE = 'flavour', 'rear_axle', 'centre'
_PLACES = (_BY_FLAVOUR, _REAR_AXLE, _CENTRE)


def _flavour() -> str:
    text: str = setting(
        'plain', 'whose topics and signs: docs/controller.md has the table', choices=FLAVOUR_NAMES
    )
    return text


def _role_name() -> str:
    text: str = setting('ego_vehicle', "the vehicle's name in CARLA's topics")
    return text


def _odometry_at() -> str:
    text: str = setting(
        _BY_FLAVOUR,
        "whose pose the odometry is: as the flavour has it, the rear axle's, or the body's centre",
        choices=_PLACES,
    )
    return text


def _at_centre(odometry_at: str, flavour: Flavour) -> bool:
    return flavour.at_actor_centre if odometry_at == _BY_FLAVOUR else odometry_at == _CENTRE


@dataclass(frozen=True)
class ControllerNodeSettings:
    """What the controller listens to and how it speaks; immutable, checked when built."""

    flavour: str = _flavour()
    output: str = setting('twist', 'what the vehicle takes', choices=OUTPUT_NAMES)
    role_name: str = _role_name()
    odometry_at: str = _odometry_at()
    base_frame: str = setting('base_link', 'frame of paths that lie before the vehicle')
    control_rate_hz: float = setting(20.0, 'commands without lock_step', 'Hz', (1.0, 200.0))
    lock_step: bool = setting(
        False, "one command for each odometry, with its stamp: for CARLA's synchronous mode"
    )
    path_period_s: float = setting(
        0.0,
        'with lock_step: a command waits for the path of the image so long after the last; 0: no',
        's',
        (0.0, 10.0),
    )
    path_timeout_s: float = setting(
        0.5, 'of that waiting, in wall time; the path is then missing', 's', (0.01, 60.0)
    )

    def __post_init__(self) -> None:
        check_settings(self)
        control_of(self.flavour, self.output)
        if self.path_period_s > 0 and not self.lock_step:
            raise InputError(
                f'path_period_s is {self.path_period_s:g} and lock_step is false: it needs that'
            )

    @property
    def side(self) -> Flavour:
        """The flavour's row."""
        return flavour_of(self.flavour)

    @property
    def control(self) -> Control:
        """The output's row."""
        return control_of(self.flavour, self.output)

    @property
    def at_centre(self) -> bool:
        """Whether the odometry's place is the body's centre, and not the rear axle."""
        return _at_centre(self.odometry_at, self.side)


@dataclass(frozen=True)
class CommanderSettings:
    """Where commands come from; immutable, checked when built."""

    rule: str = setting('route-20m', 'how a route becomes a command', choices=tuple(COMMAND_RULES))
    default_command: str = setting(
        'straight', 'command without a request and a route', choices=tuple(COMMANDS)
    )
    flavour: str = _flavour()
    role_name: str = _role_name()
    odometry_at: str = _odometry_at()
    rear_axle_to_centre_m: float = setting(
        1.4, "from the rear axle forward to the body's middle", 'm', (0.0, 20.0)
    )
    rate_hz: float = setting(10.0, 'commands without lock_step', 'Hz', (1.0, 100.0))
    lock_step: bool = setting(False, 'one command for each odometry, by its stamp')

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def side(self) -> Flavour:
        """The flavour's row."""
        return flavour_of(self.flavour)

    @property
    def command(self) -> DriveCommand:
        """The default command."""
        return COMMANDS[self.default_command]

    @property
    def at_centre(self) -> bool:
        """Whether the odometry's place is the body's centre, and not the rear axle."""
        return _at_centre(self.odometry_at, self.side)
