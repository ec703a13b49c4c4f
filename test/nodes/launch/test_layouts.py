"""The RViz and Foxglove layouts show what the planner, as launched, has to show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import rclpy
import yaml
from launch_reading import REPOSITORY, LaunchFile
from rclpy.context import Context
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)

from vavam_ros.nodes.planning.settings import PlannerNodeSettings

SUCCESS = TransitionCallbackReturn.SUCCESS
IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
SHOWN_IN_RVIZ = {
    'rviz_default_plugins/Image': IMAGE,
    'rviz_default_plugins/Path': 'nav_msgs/msg/Path',
    'rviz_default_plugins/MarkerArray': 'visualization_msgs/msg/MarkerArray',
}
SHOWN_IN_3D = {'nav_msgs/msg/Path', 'visualization_msgs/msg/MarkerArray'}
SIGHTS = {'/camera/image_raw', '/planner/overlay', '/planner/path', '/planner/candidates'}
PLOTTED = re.compile(r'(/[\w/]+)\.values\[:\]\{key=="(\w+)"\}\.value')


@dataclass(frozen=True)
class Topics:
    """What the planner publishes and subscribes to, as planner.launch.py names it."""

    types: dict[str, str]
    offered: dict[str, QoSProfile]


@pytest.fixture
def topics(ros_domain, mini_model, tmp_path) -> Iterator[Topics]:
    from vavam_ros.nodes.planning.node import PlannerNode  # brings torch, which takes seconds

    (command,) = LaunchFile('planner.launch.py').commands(tmp_path, **mini_model)
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    node = PlannerNode(context=context, cli_args=command.arguments)
    try:
        assert node.trigger_configure() == SUCCESS
        assert node.trigger_activate() == SUCCESS
        ends = [*node.publishers, *node.subscriptions]
        types = {one.topic_name: type_name(one.msg_type) for one in ends}
        yield Topics(types, {one.topic_name: one.qos_profile for one in node.publishers})
    finally:
        node.destroy_node()
        context.shutdown()


def type_name(message: type) -> str:
    package, kind, *_ = message.__module__.split('.')
    return f'{package}/{kind}/{message.__name__}'


@pytest.fixture(scope='module')
def rviz() -> dict:
    return yaml.safe_load((REPOSITORY / 'config' / 'planner.rviz').read_text())


@pytest.fixture(scope='module')
def displays(rviz) -> dict[str, dict]:
    return {one['Name']: one for one in rviz['Visualization Manager']['Displays']}


@pytest.fixture(scope='module')
def foxglove() -> dict:
    return json.loads((REPOSITORY / 'config' / 'foxglove.json').read_text())


def profile(topic: dict) -> QoSProfile:
    """What RViz asks for, by the words that it uses."""

    def policy(kind: str) -> str:
        return topic[f'{kind} Policy'].upper().replace(' ', '_')

    return QoSProfile(
        depth=topic['Depth'],
        history=HistoryPolicy[policy('History')],
        reliability=ReliabilityPolicy[policy('Reliability')],
        durability=DurabilityPolicy[policy('Durability')],
    )


def test_rviz_shows_topics_of_the_right_type_that_it_can_hear(topics, displays) -> None:
    shown = {name: one['Topic'] for name, one in displays.items() if 'Topic' in one}
    assert {topic['Value'] for topic in shown.values()} == {*SIGHTS, '/planner/predicted_image'}
    for name, topic in shown.items():
        assert topics.types[topic['Value']] == SHOWN_IN_RVIZ[displays[name]['Class']], name
        if topic['Value'] in topics.offered:
            found, why = qos_check_compatible(topics.offered[topic['Value']], profile(topic))
            assert found != QoSCompatibility.ERROR, (name, why)


def test_rviz_hears_images_of_any_camera(displays) -> None:
    images = [one for one in displays.values() if one['Class'].endswith('/Image')]
    assert len(images) == 3
    for image in images:
        assert image['Topic']['Reliability Policy'] == 'Best Effort'
        assert image['Topic']['Durability Policy'] == 'Volatile'


def test_rviz_starts_with_everything_switched_on_in_the_frame_of_paths(rviz, displays) -> None:
    base_frame = PlannerNodeSettings().base_frame
    manager = rviz['Visualization Manager']
    assert manager['Global Options']['Fixed Frame'] == base_frame
    assert manager['Views']['Current']['Target Frame'] == base_frame
    assert {one['Class'] for one in displays.values()} > {
        'rviz_default_plugins/Grid', 'rviz_default_plugins/TF',
    }  # fmt: skip
    assert all(one['Enabled'] and one['Value'] for one in displays.values())


def test_rviz_arranges_the_windows_that_there_are(rviz, displays) -> None:
    """Qt names them in the state of its main window, as UTF-16."""
    state = bytes.fromhex(rviz['Window Geometry']['QMainWindow State'])
    images = {name for name, one in displays.items() if one['Class'].endswith('/Image')}
    for name in {panel['Name'] for panel in rviz['Panels']} | images:
        assert name.encode('utf-16-be') in state, name


def panels(layout: object) -> list[str]:
    """The panels of a Foxglove layout, which splits in two again and again."""
    if isinstance(layout, str):
        return [layout]
    assert isinstance(layout, dict)
    assert layout['direction'] in ('row', 'column')
    assert 0 < layout['splitPercentage'] < 100
    return panels(layout['first']) + panels(layout['second'])


def test_foxglove_arranges_each_panel_once(foxglove) -> None:
    assert sorted(panels(foxglove['layout'])) == sorted(foxglove['configById'])
    kinds = {panel.split('!')[0] for panel in foxglove['configById']}
    assert kinds == {'3D', 'Image', 'Plot', 'DiagnosticSummary', 'RawMessages'}


def test_foxglove_shows_topics_of_the_right_type(topics, foxglove) -> None:
    shown: set[str] = set()
    for panel, config in foxglove['configById'].items():
        kind = panel.split('!')[0]
        if kind == '3D':
            fitting, named = SHOWN_IN_3D, set(config['topics'])
            assert config['followTf'] == PlannerNodeSettings().base_frame
        elif kind == 'Image':
            fitting, named = {IMAGE, COMPRESSED}, {config['imageMode']['imageTopic']}
        elif kind == 'DiagnosticSummary':
            fitting = {'diagnostic_msgs/msg/DiagnosticArray'}
            named = {config['topicToRender']}
        elif kind == 'Plot':
            fitting = {'diagnostic_msgs/msg/DiagnosticStatus'}
            named = {PLOTTED.fullmatch(path['value'])[1] for path in config['paths']}
        else:
            fitting, named = {*topics.types.values()}, {config['topicPath']}
        assert {topics.types[topic] for topic in named} <= fitting, panel
        shown |= named
    assert shown == {
        *SIGHTS, '/planner/predicted_image/compressed', '/planner/status', '/diagnostics',
    }  # fmt: skip
