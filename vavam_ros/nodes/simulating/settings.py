"""Every setting of the simulator node, once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vavam_ros.errors import InputError
from vavam_ros.records import NS_PER_S
from vavam_ros.settings_fields import check_settings, setting
from vavam_ros.simulation.seeds import SEEDS
from vavam_ros.simulation.world import MOVING, STANDING, STARTS, STEP_S, WorldSettings

_ROLE = re.compile(r'[A-Za-z_][A-Za-z0-9_]*')


@dataclass(frozen=True)
class SimulatorSettings:
    """The world, its camera, and how its time passes; immutable, checked when built."""

    seed: int = setting(9000, 'which town', range=(SEEDS[0], SEEDS[-1]))
    variant: int = setting(0, 'another route and traffic in the same town', range=(0, 10**6))
    cars: int = setting(14, 'moving cars', range=(0, 100))
    pedestrians: float = setting(1.0, 'share of the places where one may cross', '', (0.0, 1.0))
    lights: bool = setting(False, 'traffic lights')
    route_m: float = setting(2500.0, 'length of the route', 'm', (50.0, 100_000.0))
    start: str = setting(
        STANDING,
        "how the vehicle begins: moving is at the place's limit speed, with lock_step",
        choices=STARTS,
    )
    role_name: str = setting('ego_vehicle', "the vehicle's name in topics and frames")
    image_width_px: int = setting(800, "the camera's image", 'px', (16, 1920))
    image_height_px: int = setting(450, "the camera's image", 'px', (16, 1080))
    sensor_tick_s: float = setting(
        0.5, 'between two images, in whole ticks of 0.05', 's', (0.05, 5)
    )
    pipe: str = setting('software', 'what draws', choices=('software', 'egl'))
    lock_step: bool = setting(
        False, 'each tick waits for exactly one control command, so that runs repeat exactly'
    )
    rtf: float = setting(
        1.0,
        'without lock_step: simulated seconds in a second; 0 is as fast as possible',
        '',
        (0.0, 100.0),
    )
    control_timeout_s: float = setting(
        1.0,
        'without a control command for so long the vehicle brakes: wall time in lock step, else '
        'simulated time',
        's',
        (0.05, 60.0),
    )
    wait_for_path: bool = setting(
        False, "with lock_step: each image's tick waits for the planner's path as well"
    )
    wait_for_turn: bool = setting(
        False,
        'with wait_for_path: each image waits for the turn commands that answer the odometry '
        'before it; needs a commander in lock_step',
    )
    wait_for_prediction: bool = setting(
        False,
        'with wait_for_path: each image waits for what the planner predicts from the one before',
    )
    path_timeout_s: float = setting(
        10.0, 'of that waiting, in wall time; the path is then missing', 's', (0.1, 600.0)
    )
    image_subscribers: int = setting(
        1, 'with wait_for_path: so many subscribe to the images before it begins', range=(1, 100)
    )
    odometry_subscribers: int = setting(
        1, 'with lock_step: so many subscribe to the odometry before it begins', range=(1, 100)
    )
    command_log: str = setting('', "file to write each tick's command to; none: ''")
    duration_s: float = setting(
        0.0, 'end after so much simulated time; 0: with the route', 's', (0.0, 1e6)
    )

    def __post_init__(self) -> None:
        check_settings(self)
        if not _ROLE.fullmatch(self.role_name):
            raise InputError(
                f'role_name {self.role_name!r} cannot be part of a topic: '
                'letters, digits and _, not beginning with a digit'
            )
        ticks = self.sensor_tick_s / STEP_S
        if abs(ticks - round(ticks)) > 1e-6:
            raise InputError(
                f'sensor_tick_s is {self.sensor_tick_s:g}: '
                f'it must be a whole number of ticks of {STEP_S:g} s'
            )
        if self.wait_for_path and not self.lock_step:
            raise InputError('wait_for_path is true and lock_step is not: it needs lock_step')
        if self.start == MOVING and not self.lock_step:
            raise InputError(
                f'start is {MOVING} and lock_step is not true: nobody would steer until the first '
                'control command comes'
            )
        for name in ('wait_for_turn', 'wait_for_prediction'):
            if getattr(self, name) and not self.wait_for_path:
                raise InputError(f'{name} is true and wait_for_path is not: it needs that')

    @property
    def world(self) -> WorldSettings:
        """What the world is told of it."""
        return WorldSettings(
            variant=self.variant,
            cars=self.cars,
            pedestrians=self.pedestrians,
            lights=self.lights,
            route_m=self.route_m,
        )

    @property
    def image_ticks(self) -> int:
        """Ticks from image to image."""
        return round(self.sensor_tick_s / STEP_S)

    @property
    def command_log_file(self) -> Path | None:
        """Where every tick's command goes."""
        return Path(self.command_log) if self.command_log else None

    @property
    def duration_ns(self) -> int:
        """0 is without end."""
        return round(self.duration_s * NS_PER_S)
