"""What a launch file starts: nodes, topics, remappings and parameters, as the graph shows them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Twist
from launch_reading import REPOSITORY
from nav_msgs.msg import Path
from rcl_interfaces.srv import GetParameters
from rclpy.node import NodeNameNonExistentError
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import String

from vavam_ros.bridge.stamp import ns_from_time
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.nodes.planning.settings import PlannerNodeSettings

pytestmark = pytest.mark.dds

DEFAULTS = {**asdict(PilotSettings()), **asdict(PlannerNodeSettings()), 'use_sim_time': False}
OUTPUTS = {
    'path': 'nav_msgs/msg/Path',
    'candidates': 'visualization_msgs/msg/MarkerArray',
    'overlay': 'sensor_msgs/msg/Image',
    'tokens': 'sensor_msgs/msg/Image',
    'predicted_image': 'sensor_msgs/msg/Image',
    'predicted_image/compressed': 'sensor_msgs/msg/CompressedImage',
    'status': 'diagnostic_msgs/msg/DiagnosticStatus',
}
EVERY_NODE = {'/rosout', '/parameter_events', '/clock'}
BAG_START_NS = 1_700_000_000_000_000_000  # of small_bag
OPEN_GATE = {'max_speed_mps': 1e6, 'max_curvature_per_m': 1e6, 'max_start_offset_m': 1e6}
BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Onlooker:
    """Asks the graph."""

    def __init__(self, graph, started) -> None:
        self.node = graph.node('onlooker')
        self._graph = graph
        self._started = started

    def wait(self, condition: Callable[[], object]) -> None:
        try:
            self._graph.spin_until(lambda: condition() or self._refused, 120.0)
        except pytest.fail.Exception:
            pytest.fail(f'waited in vain; said was:\n{self._started.said}')
        assert not self._refused, self._started.said

    @property
    def _refused(self) -> bool:
        return 'cannot be configured' in self._started.said

    def wait_until_active(self, planner: str) -> None:
        """It subscribes when it is activated, to commands last."""
        place = planner.removesuffix('/planner') or '/'
        self.wait(lambda: f'{planner}/command' in self.subscribed('planner', place))

    @property
    def nodes(self) -> list[str]:
        pairs = self.node.get_node_names_and_namespaces()
        return sorted(f'{place.rstrip("/")}/{name}' for name, place in pairs if place + name)

    def subscribed(self, name: str, place: str) -> dict[str, str]:
        return _topics(self.node.get_subscriber_names_and_types_by_node, name, place)

    def published(self, name: str, place: str) -> dict[str, str]:
        return _topics(self.node.get_publisher_names_and_types_by_node, name, place)

    def parameters(self, node: str) -> dict[str, object]:
        client = self.node.create_client(GetParameters, f'{node}/get_parameters')
        self.wait(client.service_is_ready)
        future = client.call_async(GetParameters.Request(names=list(DEFAULTS)))
        self.wait(future.done)
        values = map(parameter_value_to_python, future.result().values)
        return dict(zip(DEFAULTS, values, strict=True))

    def listen(self, kind: type, topic: str, profile: QoSProfile) -> list:
        heard: list = []
        self.node.create_subscription(kind, topic, heard.append, profile)
        return heard


def _topics(ask: Callable[..., list], name: str, place: str) -> dict[str, str]:
    try:
        found = ask(name, place)
    except NodeNameNonExistentError:
        return {}
    return {topic: kind for topic, (kind,) in found if topic not in EVERY_NODE}


def test_the_planner_starts_active_with_the_settings_defaults(launch, graph, mini_model):
    started = launch('planner.launch.py', **mini_model)
    onlooker = Onlooker(graph, started)
    onlooker.wait_until_active('/planner')
    assert onlooker.nodes == ['/onlooker', '/planner']
    assert onlooker.subscribed('planner', '/') == {
        '/camera/image_raw': 'sensor_msgs/msg/Image',
        '/camera/camera_info': 'sensor_msgs/msg/CameraInfo',
        '/planner/command': 'std_msgs/msg/String',
    }
    assert onlooker.published('planner', '/') == {
        **{f'/planner/{name}': kind for name, kind in OUTPUTS.items()},
        '/planner/transition_event': 'lifecycle_msgs/msg/TransitionEvent',
        '/diagnostics': 'diagnostic_msgs/msg/DiagnosticArray',
    }
    assert onlooker.parameters('/planner') == {**DEFAULTS, **mini_model, 'autostart': True}
    assert started.stop() == [0]


def test_arguments_and_params_file_arrive_in_a_namespace(launch, graph, mini_model, tmp_path):
    """Files by relative names that look like numbers, topics with and without a leading /."""
    shutil.copy(mini_model['weights'], tmp_path / '1')
    (tmp_path / 'mine.yaml').write_text(
        '/**:\n  ros__parameters:\n    samples: 2\n    base_frame: rear\n    seed: 7\n'
        '/car/planner:\n  ros__parameters:\n    noise: persistent\n'
        '    default_command: $(var default_command)\n'
    )
    arguments = {
        'weights': '1', 'tokenizer': mini_model['tokenizer'],
        'dtype': 'float64', 'compressed': 'True', 'base_frame': 'axle', 'autostart': 'true',
        'default_command': 'left', 'params_file': str(tmp_path / 'mine.yaml'),
        'namespace': 'car', 'image_topic': 'front/image/compressed', 'log_level': 'warn',
        'camera_info_topic': '/rig/camera_info',
    }  # fmt: skip
    started = launch('planner.launch.py', **arguments)
    onlooker = Onlooker(graph, started)
    onlooker.wait_until_active('/car/planner')
    assert onlooker.nodes == ['/car/planner', '/onlooker']
    assert onlooker.subscribed('planner', '/car') == {
        '/car/front/image/compressed': 'sensor_msgs/msg/CompressedImage',
        '/rig/camera_info': 'sensor_msgs/msg/CameraInfo',
        '/car/planner/command': 'std_msgs/msg/String',
    }
    assert {f'/car/planner/{name}' for name in OUTPUTS} < {*onlooker.published('planner', '/car')}
    assert onlooker.parameters('/car/planner') == {
        **DEFAULTS, 'weights': '1', 'tokenizer': mini_model['tokenizer'],
        'dtype': 'float64', 'compressed': True, 'autostart': True,
        'default_command': 'left', 'samples': 2, 'base_frame': 'rear', 'seed': 7,
        'noise': 'persistent',
    }  # fmt: skip
    assert re.search(r'\[WARN\] \[\d', started.said)
    assert not re.search(r'\[INFO\] \[\d', started.said)


def test_a_bag_is_played_into_a_planner_on_its_time(
    launch, graph, mini_model, small_bag, tmp_path
):
    """Renamed, from an offset, and again and again; what Foxglove plots is in the status."""
    (tmp_path / 'gate.yaml').write_text(json.dumps({'/**': {'ros__parameters': OPEN_GATE}}))
    started = launch(
        'replay.launch.py', **mini_model, bag=str(small_bag), rate='2', start='0.9', loop='true',
        subscribers='2', image_topic='/front/image', params_file=str(tmp_path / 'gate.yaml'),
        bag_camera_info_topic='/camera/camera_info', camera_info_topic='/front/info',
    )  # fmt: skip
    onlooker = Onlooker(graph, started)
    images = onlooker.listen(Image, '/front/image', BEST_EFFORT)
    paths = onlooker.listen(Path, '/planner/path', QoSProfile(depth=10))
    statuses = onlooker.listen(DiagnosticStatus, '/planner/status', LATCHED)
    onlooker.wait(lambda: len(images) > 8 and len(paths) > 2)
    onlooker.wait_until_active('/planner')
    onlooker.wait(lambda: onlooker.published('player', '/'))
    assert onlooker.nodes == ['/onlooker', '/planner', '/player']
    assert onlooker.subscribed('planner', '/').keys() >= {'/front/image', '/front/info'}
    assert onlooker.published('player', '/') == {
        '/front/image': 'sensor_msgs/msg/Image',
        '/front/info': 'sensor_msgs/msg/CameraInfo',
        '/odom': 'nav_msgs/msg/Odometry',
        '/latched': 'std_msgs/msg/Header',
    }
    assert onlooker.parameters('/planner') == {
        **DEFAULTS, **mini_model, **OPEN_GATE, 'autostart': True, 'use_sim_time': True,
    }  # fmt: skip
    stamps_ns = [ns_from_time(image.header.stamp) - BAG_START_NS for image in images]
    assert set(stamps_ns) == {10**9, 1_250_000_000, 1_500_000_000, 1_750_000_000}
    assert {ns_from_time(path.header.stamp) - BAG_START_NS for path in paths} <= set(stamps_ns)
    plotted = re.findall(r'key==\\"(\w+)\\"', (REPOSITORY / 'config/foxglove.json').read_text())
    shown = [{pair.key for pair in status.values} for status in statuses]
    assert len(set(plotted)) == 6
    assert any({*plotted} <= keys for keys in shown), plotted
    assert set(started.stop()) == {0}


def test_planner_commander_and_controller_drive_the_embedded_world(
    launch, graph, mini_model, tmp_path
):
    (tmp_path / 'mine.yaml').write_text(
        json.dumps(
            {
                '/**/planner': {'ros__parameters': OPEN_GATE},
                '/**/simulator': {'ros__parameters': {'image_width_px': 160, 'cars': 2}},
            }
        )
    )
    started = launch(
        'carla.launch.py', **mini_model, bridge='embedded', role_name='hero', seed='9001',
        rtf='2.0', params_file=str(tmp_path / 'mine.yaml'),
    )  # fmt: skip
    onlooker = Onlooker(graph, started)
    paths = onlooker.listen(Path, '/planner/path', QoSProfile(depth=10))
    commands = onlooker.listen(Twist, '/carla/hero/cmd_vel', QoSProfile(depth=10))
    turns = onlooker.listen(String, '/planner/command', QoSProfile(depth=10))
    states = onlooker.listen(DiagnosticStatus, '/simulator/status', LATCHED)
    onlooker.wait(lambda: len(paths) > 2 and commands and turns)
    onlooker.wait(lambda: states and states[-1].message == 'RUNNING')
    assert onlooker.nodes == [
        '/commander', '/controller', '/onlooker', '/planner', '/simulator',
    ]  # fmt: skip
    heard = onlooker.subscribed('planner', '/')
    assert '/carla/hero/rgb_front/image' in heard
    assert '/carla/hero/rgb_front/camera_info' in heard
    assert {'/planner/path', '/carla/hero/odometry'} <= {*onlooker.subscribed('controller', '/')}
    assert {'/carla/hero/waypoints'} <= {*onlooker.subscribed('commander', '/')}
    assert not re.search(r'parameter \w+ is unknown', started.said)
    assert set(started.stop()) == {0}


@pytest.mark.parametrize('launch', ['really launched'], indirect=True)
def test_the_end_of_the_bag_ends_the_launch(launch, mini_model, small_bag):
    started = launch('replay.launch.py', **mini_model, bag=str(small_bag), rate='8')
    assert started.wait() == [0]
    assert '(done)' in started.said
    assert 'Traceback' not in started.said


@pytest.mark.parametrize('launch', ['really launched'], indirect=True)
@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        ({'params_file': 'nowhere.yaml'}, "No such file or directory: 'nowhere.yaml'"),
        ({'compressed': 'maybe'}, 'Argument "compressed" provided value "maybe" is not valid'),
    ],
)
def test_a_wrong_argument_starts_nothing_and_is_told(launch, arguments, said):
    started = launch('planner.launch.py', **arguments)
    assert started.wait() == [1]
    assert said in started.said
    assert 'process started' not in started.said
