"""The graph of a drive: simulator, planner, commander, controller and recorder, in lock-step."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from vavam_ros.bridge.flavours import control_of, flavour_of
from vavam_ros.bridge.optional_messages import is_there
from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_graph import demo_graph
from vavam_ros.commands.demo_parameters import write_parameters
from vavam_ros.commands.demo_processes import DemoProcess, ProcessGroup, wait_for_end, watch
from vavam_ros.commands.demo_terminal import say
from vavam_ros.errors import InputError
from vavam_ros.simulation.command_log import ticks_logged
from vavam_ros.simulation.world import STEP_S, World, WorldSettings

ROLE = 'ego_vehicle'
WORLD = WorldSettings()
IMAGE_PX = (512, 288)  # as in training
FLAVOUR = 'carla_ros_bridge'  # whose topics the simulator has
ODOMETRY = flavour_of(FLAVOUR).topic_of('odometry', ROLE)
_IMAGE_S, _LATENCY_S = 0.5, 0.1  # from image to image, and until its path is driven by
_PATIENCE_S = 10.0  # wall time; a busy machine must not change the drive
_STALL_S = 120.0  # without a tick, and for the planner to load
_TELL_S = 10.0
_LINGER_S = 1.0  # for the last messages

Parameters = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True)
class Trip:
    """Which town, how long, and how it begins: one of world.STARTS."""

    seed: int
    seconds: float
    start: str

    def world(self) -> World:
        """The world at its beginning."""
        world = World(self.seed, WORLD)
        world.start(self.start)
        return world


def control_output() -> str:
    """What steers: CARLA's own message where it is installed, else a Twist, which always is."""
    return 'carla' if is_there(control_of(FLAVOUR, 'carla').type_name) else 'twist'


def drive(folder: DemoFolder, trip: Trip, model: Mapping[str, str]) -> None:
    """Run all nodes to the end of the drive; InputError as soon as one of them fails."""
    write_parameters(folder.parameters, _parameters(folder, trip, model))
    with demo_graph(folder, '2/3 simulator, planner, commander, controller and recorder') as group:
        recorder = group.start(
            'recorder', 'vavam_ros', 'record', folder.recording, '--use-sim-time',
            '--topics', *_topics(),
        )  # fmt: skip
        others = [recorder, *_drivers(group, folder.parameters)]
        simulator = _node(
            group, folder.parameters, 'simulator', path='planner/path',
            predicted_image='planner/predicted_image', command='planner/command',
        )  # fmt: skip
        progress = _Progress(folder.command_log, trip.seconds, simulator)
        wait_for_end(simulator, others, math.inf, progress.look)
        watch(others, _LINGER_S)
        recorder.end_well()


def _drivers(group: ProcessGroup, parameters: Path) -> list[DemoProcess]:
    own = f'/carla/{ROLE}/rgb_front'
    images = {'image': f'{own}/image', 'camera_info': f'{own}/camera_info'}
    return [
        _node(group, parameters, 'planner', **images),
        _node(group, parameters, 'controller', path='planner/path'),
        _node(group, parameters, 'commander', command='planner/command'),
    ]


def _node(group: ProcessGroup, parameters: Path, name: str, **renamed: str) -> DemoProcess:
    rules = [part for old, new in renamed.items() for part in ('-r', f'{old}:={new}')]
    module = f'vavam_ros.nodes.{name}'
    return group.start(name, module, '--ros-args', '--params-file', parameters, *rules)


def _parameters(folder: DemoFolder, trip: Trip, model: Mapping[str, str]) -> Parameters:
    lock_step = {'lock_step': True, 'use_sim_time': True, 'flavour': FLAVOUR, 'role_name': ROLE}
    world = {name: value for name, value in asdict(WORLD).items() if name != 'command_rule'}
    return {
        'simulator': {
            **world,
            'seed': trip.seed,
            'duration_s': trip.seconds,
            'start': trip.start,
            'role_name': ROLE,
            'image_width_px': IMAGE_PX[0],
            'image_height_px': IMAGE_PX[1],
            'sensor_tick_s': _IMAGE_S,
            'lock_step': True,
            'control_timeout_s': _PATIENCE_S,
            'wait_for_path': True,
            'wait_for_turn': True,
            'wait_for_prediction': True,
            'path_timeout_s': _PATIENCE_S,
            'image_subscribers': 2,  # planner and recorder
            'odometry_subscribers': 3,  # controller, commander and recorder
            'command_log': str(folder.command_log.absolute()),
        },
        'planner': {'autostart': True, 'use_sim_time': True, **model},
        'controller': {
            **lock_step,
            'output': control_output(),
            'path_period_s': _IMAGE_S,
            'path_timeout_s': _PATIENCE_S / 4,
            'path_latency_s': _LATENCY_S,
        },
        'commander': {**lock_step, 'rule': WORLD.command_rule},
    }


def _topics() -> list[str]:
    own = f'/carla/{ROLE}'
    topics = [
        f'{own}/rgb_front/image',
        f'{own}/rgb_front/camera_info',
        ODOMETRY,
        f'{own}/waypoints',
        control_of(FLAVOUR, control_output()).topic_of(ROLE),
        '/planner/command',
        '/planner/path',
        '/planner/tokens',
        '/planner/predicted_image',
        '/simulator/events',
        '/simulator/status',
        '/diagnostics',
    ]
    return topics + ['/tf'] * is_there('tf2_msgs/msg/TFMessage')


class _Progress:
    """Says now and then how far the drive is, and notices when it does not go on."""

    def __init__(self, command_log: Path, seconds: float, simulator: DemoProcess) -> None:
        self._log, self._seconds, self._simulator = command_log, seconds, simulator
        self._ticks = 0
        self._told_s = self._moved_s = time.monotonic()

    def look(self) -> None:
        """InputError where nothing has moved for too long."""
        now_s, ticks = time.monotonic(), ticks_logged(self._log)
        if ticks > self._ticks:
            self._ticks, self._moved_s = ticks, now_s
        if now_s - self._moved_s > _STALL_S:
            words = self._simulator.last_words
            raise InputError(f'nothing has moved for {_STALL_S:.0f} s; the simulator: {words}')
        if now_s - self._told_s >= _TELL_S:
            self._told_s = now_s
            say(f'    {ticks * STEP_S:.0f} of {self._seconds:g} s driven')
