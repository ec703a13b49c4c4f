"""The parameter files in config/ are what they say they are, to ROS as well."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
import rclpy
import yaml
from launch_reading import REPOSITORY
from rclpy.context import Context

from vavam_ros.bridge import parameters
from vavam_ros.control.settings import FollowerSettings, WatchSettings
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.nodes.controlling.settings import CommanderSettings, ControllerNodeSettings
from vavam_ros.nodes.planning.settings import PlannerNodeSettings
from vavam_ros.nodes.settings import declared_settings
from vavam_ros.nodes.simulating.settings import SimulatorSettings

FILE = REPOSITORY / 'config' / 'planner.yaml'
SETTINGS = (PilotSettings, PlannerNodeSettings)
OF_NODES = {
    'planner': SETTINGS,
    'controller': (ControllerNodeSettings, VehicleParameters, FollowerSettings, WatchSettings),
    'commander': (CommanderSettings,),
    'simulator': (SimulatorSettings,),
}


class Declarations:
    """Takes parameters as a node does, and writes down how they read in a file."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def declare_parameter(self, name, value, descriptor) -> None:
        written = yaml.safe_dump(value).splitlines()[0]
        self.lines += [f'    # {descriptor.description}', f'    {name}: {written}']


@pytest.mark.parametrize('node', OF_NODES)
def test_a_nodes_file_has_every_parameter_with_default_and_description(node: str) -> None:
    declarations, file = Declarations(), REPOSITORY / 'config' / f'{node}.yaml'
    for settings in OF_NODES[node]:
        parameters.declare(declarations, settings)
    expected = '\n'.join(['/**:', '  ros__parameters:', *declarations.lines, ''])
    comments, separator, found = file.read_text().partition('/**:')
    assert separator + found == expected, f'below its comments, {file} should be:\n{expected}'
    assert all(line.startswith('#') for line in comments.splitlines())


@pytest.mark.parametrize(
    ('file', 'changed'),
    [
        (FILE, {}),
        (REPOSITORY / 'config' / 'empty.yaml', {'device': 'cuda', 'autostart': True}),
    ],
)
def test_a_node_that_reads_the_file_has_these_settings(file: Path, changed) -> None:
    """Where a file says nothing, what was said before it stands."""
    arguments = ['-p', 'device:=cuda', '-p', 'autostart:=true', '--params-file', str(file)]
    context = Context()
    rclpy.init(context=context, args=['planner', '--ros-args', *arguments])
    node = rclpy.create_node('planner', context=context)
    found = {}
    for settings in SETTINGS:
        found |= asdict(declared_settings(node, settings))
    node.destroy_node()
    context.shutdown()
    assert found == {**asdict(PilotSettings()), **asdict(PlannerNodeSettings()), **changed}
