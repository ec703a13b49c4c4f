"""Launch files agree with the package: its executables, parameters, arguments, defaults, files."""

from __future__ import annotations

import argparse
import ast
import json
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest
from launch_reading import REPOSITORY, LaunchFile, parameter_type

from vavam_ros.control.settings import FollowerSettings, WatchSettings
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.nodes import player
from vavam_ros.nodes.controlling.settings import CommanderSettings, ControllerNodeSettings
from vavam_ros.nodes.planning.settings import PlannerNodeSettings
from vavam_ros.nodes.simulating.settings import SimulatorSettings

NAMES = sorted(path.name for path in (REPOSITORY / 'launch').iterdir() if path.is_file())
BRIDGES = ['carla_ros_bridge', 'native', 'embedded']
SETTINGS = {
    'planner': (PilotSettings, PlannerNodeSettings),
    'vavam': (player.PlayerSettings,),
    'controller': (ControllerNodeSettings, FollowerSettings, WatchSettings, VehicleParameters),
    'commander': (CommanderSettings, VehicleParameters),
    'simulator': (SimulatorSettings,),
}
LOGIC = (
    ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.Lambda, ast.BoolOp, ast.Compare,
    ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp,
)  # fmt: skip
LOGICAL = {
    'OpaqueFunction', 'OpaqueCoroutine', 'UnlessCondition', 'PythonExpression',
    'IfElseSubstitution', 'LaunchConfigurationEquals', 'LaunchConfigurationNotEquals',
}  # fmt: skip


@pytest.fixture(params=[*NAMES, *(f'bridges/{bridge}.launch.py' for bridge in BRIDGES)])
def file(request: pytest.FixtureRequest) -> LaunchFile:
    return LaunchFile(request.param)


def parameters(file: LaunchFile) -> dict[str, dict[str, type]]:
    """The types of the parameters that each executable gets."""
    found: dict[str, dict[str, type]] = {}
    for node in file.calls('Node'):
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        for group in keywords['parameters'].elts:
            if isinstance(group, ast.Dict):
                found[ast.literal_eval(keywords['executable'])] = {
                    ast.literal_eval(name): parameter_type(value)
                    for name, value in zip(group.keys, group.values, strict=True)
                }
    return found


def settings_of(executable: str) -> dict[str, tuple[type, object]]:
    """Type and default of each parameter that the node declares."""
    return {
        field.name: (get_type_hints(settings)[field.name], field.default)
        for settings in SETTINGS[executable]
        for field in fields(settings)
    } | {'use_sim_time': (bool, False)}


def console_scripts() -> set[str]:
    """Names in setup.py."""
    (scripts,) = (
        value
        for node in ast.walk(ast.parse((REPOSITORY / 'setup.py').read_text()))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == 'console_scripts'
    )
    return {point.split('=')[0].strip() for point in ast.literal_eval(scripts)}


def test_all_ways_to_start_are_there() -> None:
    assert NAMES == [
        'carla.launch.py', 'drive.launch.py', 'planner.launch.py', 'replay.launch.py',
    ]  # fmt: skip
    for kind, ending in (('launch', 'launch.py'), ('config', 'yaml')):
        files = {path.name for path in (REPOSITORY / kind / 'bridges').iterdir() if path.is_file()}
        assert files == {f'{bridge}.{ending}' for bridge in BRIDGES}
    carla = LaunchFile('carla.launch.py')
    assert carla.value(carla.declared['bridge']['choices'], {}) == BRIDGES


def test_it_is_a_module_with_the_function_that_ros2_launch_calls(file: LaunchFile) -> None:
    compile(file.path.read_text(), file.path, 'exec')
    assert 'generate_launch_description' in {
        node.name for node in file.tree.body if isinstance(node, ast.FunctionDef)
    }


def test_there_is_no_logic_in_it(file: LaunchFile) -> None:
    for node in ast.walk(file.tree):
        assert not isinstance(node, LOGIC), ast.unparse(node)
        assert not (isinstance(node, ast.Name) and node.id in LOGICAL), node.id
    for condition in file.calls('IfCondition'):  # a switch is none, where it is a bare argument
        assert ast.unparse(condition.args[0].func) == 'LaunchConfiguration'


def test_every_argument_is_described_and_has_a_default(file: LaunchFile) -> None:
    for name, keywords in file.declared.items():
        assert len(file.text(keywords['description'], {})) > 10, name
        default = keywords['default_value']
        if isinstance(default, ast.Constant) and 'choices' in keywords:
            assert default.value in file.value(keywords['choices'], {}), name


def test_every_argument_in_use_is_declared_and_the_other_way_round(file: LaunchFile) -> None:
    used = {ast.literal_eval(call.args[0]) for call in file.calls('LaunchConfiguration')}
    assert used == file.declared.keys()


def test_an_included_file_gets_arguments_that_it_declares(file: LaunchFile) -> None:
    for included, passed in file.includes(bridge='embedded'):
        assert passed.keys() <= included.declared.keys()
        # What both declare and is not passed on would have the default of the outer one by chance.
        assert file.declared.keys() & included.declared.keys() <= passed.keys()


def test_executables_are_those_that_the_package_installs(file: LaunchFile) -> None:
    for node in file.calls('Node'):
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        assert ast.literal_eval(keywords['package']) == 'vavam_ros'
        assert ast.literal_eval(keywords['executable']) in console_scripts()


def test_parameters_are_those_that_the_node_declares_and_of_their_type(file: LaunchFile) -> None:
    for executable, types in parameters(file).items():
        known = settings_of(executable)
        assert types == {name: known[name][0] for name in types if name in known}


def test_no_node_is_named_so_that_params_file_wins(file: LaunchFile) -> None:
    # launch_ros writes a named node's parameters under its full name, which wins over any /**.
    for node in file.calls('Node'):
        assert 'name' not in {keyword.arg for keyword in node.keywords}


def test_the_planners_defaults_are_those_of_its_settings(tmp_path: Path) -> None:
    file = LaunchFile('planner.launch.py')
    known = settings_of('planner')
    for name in parameters(file)['planner']:
        default = file.text(file.declared[name]['default_value'], {})
        expected = known[name][1] if name != 'autostart' else True
        assert default == (str(expected).lower() if isinstance(expected, bool) else expected), name


def test_files_that_are_looked_up_are_there(file: LaunchFile) -> None:
    for bridge in BRIDGES:
        arguments = file.defaults(bridge=bridge)
        for kind in ('PythonLaunchDescriptionSource', 'ParameterFile'):
            for call in file.calls(kind):
                found = file.value(call, arguments)
                assert Path(getattr(found, 'path', found)).is_file()


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, {'rate': 1.0, 'start': 0.0, 'remap': ['/camera/image_raw:=/camera/image_raw']}),
        (
            {'rate': '2', 'start': '1.5', 'bag_image_topic': '/a', 'image_topic': '/b'},
            {'rate': 2.0, 'start': 1.5, 'remap': ['/a:=/b']},
        ),
        ({'bag_image_topic': '/a', 'wait': '7', 'subscribers': '2'}, {'remap': ['/a:=/a']}),
    ],
)
def test_vavam_replay_takes_the_arguments(tmp_path: Path, given, expected) -> None:
    _, command = LaunchFile('replay.launch.py').commands(tmp_path, **given)
    parser = argparse.ArgumentParser()
    player.configure(parser)
    assert (command.executable, command.arguments[0]) == ('vavam', 'replay')
    parsed = vars(parser.parse_args(command.arguments[1:]))
    assert parsed['bag'] == Path('bag')
    assert (parsed['wait'], parsed['subscribers']) == ((7, 2) if 'wait' in given else (120, 1))
    assert expected.items() <= parsed.items()


def test_the_player_takes_the_planner_with_it() -> None:
    (node,) = LaunchFile('replay.launch.py').calls('Node')
    (leaving,) = (keyword.value for keyword in node.keywords if keyword.arg == 'on_exit')
    assert ast.unparse(leaving.func) == 'Shutdown'


@pytest.mark.parametrize(
    ('bridge', 'first'),
    [('carla_ros_bridge', []), ('native', []), ('embedded', ['simulator'])],
)
def test_the_same_nodes_drive_whatever_is_driven(tmp_path: Path, bridge, first) -> None:
    commands = LaunchFile('carla.launch.py').commands(tmp_path, bridge=bridge, role_name='hero')
    assert [one.executable for one in commands] == [*first, 'planner', 'commander', 'controller']
    planner, commander, controller = (one.arguments for one in commands[-3:])
    assert 'image:=/carla/hero/rgb_front/image' in planner
    assert 'command:=planner/command' in commander
    assert 'path:=planner/path' in controller
    assert 'path:=planner/path' in commands[0].arguments or not first


@pytest.mark.parametrize('controller', ['false', 'true'])
def test_a_vehicle_is_driven_only_if_that_is_asked_for(tmp_path: Path, controller) -> None:
    commands = LaunchFile('drive.launch.py').commands(tmp_path, controller=controller)
    started = [one.executable for one in commands]
    assert started == ['planner', 'commander'] + ['controller'] * (controller == 'true')
    assert LaunchFile('drive.launch.py').defaults()['controller'] == 'false'


def test_the_bridges_camera_is_the_models() -> None:
    text = (REPOSITORY / 'config' / 'carla_objects.json').read_text()
    (vehicle,) = json.loads(text)['objects']
    (camera,) = (one for one in vehicle['sensors'] if one['type'] == 'sensor.camera.rgb')
    place = camera['spawn_point']
    assert place['x'] + VehicleParameters().rear_axle_to_centre_m == pytest.approx(1.70)
    assert (place['y'], place['z'], place['yaw'], place['pitch']) == (0.0, 1.51, 0.0, 0.0)
    assert (camera['id'], camera['fov'], camera['sensor_tick']) == ('rgb_front', 64.6, 0.5)
    assert (camera['image_size_x'], camera['image_size_y']) == (1600, 900)
