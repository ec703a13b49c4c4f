"""The simulator looks like CARLA's ROS bridge, in lock step and free."""

from __future__ import annotations

import json
import re
import signal
from functools import partial

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Twist, Vector3
from nav_msgs.msg import Odometry, Path
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Bool, Float32, String

from vavam_ros.bridge.camera import pinhole_from_camera_info
from vavam_ros.bridge.image import rgb_from_image
from vavam_ros.bridge.optional_messages import is_there, optional_class
from vavam_ros.bridge.path import path_from_plan
from vavam_ros.bridge.stamp import ns_from_time, time_from_ns
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.nodes.simulator import main
from vavam_ros.records import DriveCommand, Plan

pytestmark = pytest.mark.dds

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
TICK_NS = 50_000_000
START_NS = 10_000_000_000
PATIENCE_S = 90.0  # a process of a busy machine starts late
HAS_CARLA = is_there('carla_msgs/msg/CarlaStatus')
needs_carla = pytest.mark.skipif(
    not HAS_CARLA, reason='carla_msgs is not installed here (docs/carla.md says how)'
)


def digest(said: str) -> str:
    return re.search(r'command log of (\d+ ticks: [0-9a-f]{16})', said).group(1)


def stamps(messages) -> list[int]:
    return [ns_from_time(msg.header.stamp) for msg in messages]


def test_topics_types_and_quality_of_service_are_the_bridges(graph, simulate, driver):
    simulate(role_name='hero', rtf=4.0, sensor_tick_s=0.1)
    hero = driver(role='hero')
    for kind, topic in (
        (Image, '/carla/hero/rgb_front/image'),
        (CameraInfo, '/carla/hero/rgb_front/camera_info'),
        (Float32, '/carla/hero/speedometer'),
        (Clock, '/clock'),
    ):
        hero.listen(kind, topic)
    hero.listen(Path, '/carla/hero/waypoints', LATCHED)
    images = hero.heard['/carla/hero/rgb_front/image']
    graph.spin_until(
        lambda: len(images) > 3 and hero.odometry[-1].twist.twist.linear.x > 1.0, PATIENCE_S
    )

    image, info = images[-1], hero.heard['/carla/hero/rgb_front/camera_info'][-1]
    assert (image.encoding, image.width, image.height) == ('bgra8', 160, 90)
    assert image.header.frame_id == info.header.frame_id == 'hero/rgb_front'
    assert pinhole_from_camera_info(info).fx_px == pytest.approx(1265.7 / 10, rel=1e-3)
    assert {b - a for a, b in zip(stamps(images), stamps(images)[1:], strict=False)} == {10**8}
    assert rgb_from_image(image).std() > 20  # something is to be seen
    odometry = hero.odometry[-1]
    assert (odometry.header.frame_id, odometry.child_frame_id) == ('map', 'hero')
    assert hero.heard['/carla/hero/speedometer'][-1].data > 0
    assert hero.heard['/carla/hero/waypoints'][0].header.frame_id == 'map'
    assert ns_from_time(hero.heard['/clock'][0].clock) >= START_NS

    (offered,) = hero.node.get_publishers_info_by_topic('/carla/hero/rgb_front/image')
    assert offered.qos_profile.reliability == ReliabilityPolicy.RELIABLE
    assert offered.qos_profile.depth in (0, 10)  # 0: this middleware does not tell
    (heard,) = hero.node.get_subscriptions_info_by_topic(
        '/carla/hero/vehicle_control_manual_override'
    )
    assert heard.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL


def test_two_runs_in_lock_step_have_one_command_log(simulate, driver):
    parameters = {'lock_step': True, 'duration_s': 2.0, 'control_timeout_s': 30.0}
    vehicle = driver()
    first = vehicle.drive_to_the_end(simulate(**parameters))
    answered = list(vehicle.odometry)
    second = vehicle.drive_to_the_end(simulate(**parameters))
    assert digest(first) == digest(second)
    assert digest(first).startswith('40 ticks')
    assert stamps(answered) == [START_NS + i * TICK_NS for i in range(40)]
    assert answered[-1].twist.twist.linear.x > 1.0
    status = vehicle.status()
    assert (status['state'], status['commands'], status['timeouts']) == ('ENDED', '40', '0')
    assert (status['out_of_step'], status['repeats']) == ('0', 'true')
    assert status['command_log'] in second


def test_a_command_that_never_comes_brakes_the_vehicle_and_is_said(graph, simulate, driver):
    process = simulate(lock_step=True, control_timeout_s=0.3)
    vehicle = driver()

    def speed() -> float:
        return vehicle.odometry[-1].twist.twist.linear.x if vehicle.odometry else 0.0

    graph.spin_until(lambda: speed() > 3.0, PATIENCE_S)
    vehicle.silent = True
    vehicle.wait_for_state('NO CONTROL')
    assert 'no control command came within 0.3 s: the vehicle brakes' in process.said
    graph.spin_until(lambda: speed() == 0.0, PATIENCE_S)
    vehicle.silent = False
    vehicle.wait_for_state('RUNNING')
    assert vehicle.status()['repeats'] == 'false'
    process.send(signal.SIGINT)
    assert process.wait() == 0
    assert 'Traceback' not in process.said
    assert 'asked to end' in process.said


def test_a_manual_override_counts_and_ends(graph, simulate, driver):
    simulate(rtf=4.0)
    vehicle = driver()
    override = vehicle.node.create_publisher(
        Bool, f'{vehicle.own}/vehicle_control_manual_override', LATCHED
    )
    by_hand = vehicle.node.create_publisher(Twist, f'{vehicle.own}/cmd_vel_manual', 10)
    graph.spin_until(
        lambda: vehicle.odometry and vehicle.odometry[-1].twist.twist.linear.x > 2.0, PATIENCE_S
    )
    override.publish(Bool(data=True))
    vehicle.wait_for_state('OVERRIDDEN')
    graph.spin_until(lambda: vehicle.odometry[-1].twist.twist.linear.x == 0.0, PATIENCE_S)

    def crawls() -> bool:
        by_hand.publish(Twist(linear=Vector3(x=1.0)))
        return 0.8 < vehicle.odometry[-1].twist.twist.linear.x < 1.2

    graph.spin_until(crawls, PATIENCE_S)
    override.publish(Bool(data=False))
    vehicle.wait_for_state('RUNNING')
    vehicle.silent = True
    vehicle.wait_for_state('NO CONTROL')
    assert 'no control command came for 1 s of simulated time' in vehicle.status()['reason']
    graph.spin_until(lambda: vehicle.odometry[-1].twist.twist.linear.x == 0.0, PATIENCE_S)


def test_an_image_waits_for_its_path(graph, simulate, driver):
    process = simulate(lock_step=True, wait_for_path=True, path_timeout_s=5.0, duration_s=1.0)
    vehicle = driver()
    images = vehicle.heard[f'{vehicle.own}/rgb_front/image']
    vehicle.listen(Image, f'{vehicle.own}/rgb_front/image')
    paths = vehicle.node.create_publisher(Path, '/path', 10)
    graph.spin_until(lambda: images, PATIENCE_S)
    graph.spin_for(0.2)
    assert not vehicle.odometry  # of the image's own tick
    msg = Path()
    msg.header.stamp = time_from_ns(START_NS)
    paths.publish(msg)
    graph.spin_until(lambda: len(images) == 2, PATIENCE_S)
    assert len(vehicle.odometry) == 10
    said = vehicle.drive_to_the_end(process)  # without further paths
    assert 'no path on /path for the image of 10.500 within 5 s' in said
    assert 'no path on /path for the image of 10.000' not in said
    assert vehicle.status()['late_paths'] == '1'


def test_an_image_waits_for_the_turn_commands_before_it(graph, simulate, driver):
    process = simulate(
        lock_step=True, wait_for_path=True, wait_for_turn=True, path_timeout_s=30.0,
        control_timeout_s=30.0, duration_s=0.55,
    )  # fmt: skip
    vehicle = driver()
    images = vehicle.heard[f'{vehicle.own}/rgb_front/image']
    vehicle.listen(Image, f'{vehicle.own}/rgb_front/image')
    paths = vehicle.node.create_publisher(Path, '/path', 10)
    turns = vehicle.node.create_publisher(String, '/command', 10)
    msg = Path()
    msg.header.stamp = time_from_ns(START_NS + 10 * TICK_NS)  # of both images
    graph.spin_until(lambda: images, PATIENCE_S)
    paths.publish(msg)
    graph.spin_until(lambda: len(vehicle.odometry) == 10, PATIENCE_S)
    for _ in range(9):
        turns.publish(String(data='left'))
    graph.spin_for(0.3)
    assert len(images) == 1  # one odometry is not answered yet
    turns.publish(String(data='left'))
    graph.spin_until(lambda: len(images) == 2, PATIENCE_S)
    said = vehicle.drive_to_the_end(process)
    assert 'they are not waited for any more' not in said
    assert vehicle.status()['late_turns'] == '0'


def test_what_goes_wrong_is_published(graph, simulate, driver):
    simulate(rtf=0.0, cars=0, pedestrians=0.0)
    vehicle = driver()
    vehicle.listen(String, '/simulator/events', 100)
    vehicle.silent = True
    events = vehicle.heard['/simulator/events']

    def driven_off() -> bool:
        vehicle.commands.publish(Twist(linear=Vector3(x=8.0), angular=Vector3(z=0.4)))
        return bool(events)

    graph.spin_until(driven_off, PATIENCE_S)
    event = json.loads(events[0].data)
    assert event['kind'] in ('off_road', 'collision', 'wrong_lane')
    assert event['stamp_s'] > 10.0
    assert event['speed_mps'] > 0


def test_the_controller_drives_it_and_notices_its_loss(graph, simulate, start_node):
    start_node(
        'controller', use_sim_time=True, flavour='carla_ros_bridge', lock_step=True,
        path_period_s=0.5, path_latency_s=0.1,
    )  # fmt: skip
    process = simulate(
        lock_step=True, wait_for_path=True, path_timeout_s=30.0, control_timeout_s=30.0
    )
    node = graph.node('planner')
    paths = node.create_publisher(Path, '/path', 10)
    said: dict[str, DiagnosticStatus] = {}
    odometry: list[Odometry] = []
    node.create_subscription(Odometry, '/carla/ego_vehicle/odometry', odometry.append, 10)
    for name in ('controller', 'simulator'):
        node.create_subscription(
            DiagnosticStatus, f'/{name}/status', partial(said.__setitem__, name), LATCHED
        )

    def plan(image: Image) -> None:
        """Straight on at 4 m/s."""
        points = np.array([[2.0 * i, 0.0] for i in range(1, 7)], np.float32)
        plan = Plan(
            ns_from_time(image.header.stamp), DriveCommand.STRAIGHT, points, points[None],
            np.zeros(6, np.float32), 1,
        )  # fmt: skip
        paths.publish(path_from_plan(plan))

    graph.spin_until(lambda: paths.get_subscription_count() == 2, PATIENCE_S)
    graph.spin_for(0.3)  # for the other side of these matches; then the simulator may begin
    node.create_subscription(Image, '/carla/ego_vehicle/rgb_front/image', plan, 10)
    graph.spin_until(lambda: odometry and odometry[-1].twist.twist.linear.x > 1.0, PATIENCE_S)
    graph.spin_until(
        lambda: (said['controller'].message, said['simulator'].message) == ('DRIVING', 'RUNNING'),
        PATIENCE_S,
    )
    values = {value.key: value.value for value in said['simulator'].values}
    assert (values['timeouts'], values['out_of_step'], values['late_paths']) == ('0', '0', '0')
    process.end()
    graph.spin_until(lambda: said['controller'].level == DiagnosticStatus.ERROR, PATIENCE_S)
    assert 'no odometry for' in said['controller'].message


@needs_carla
@pytest.mark.parametrize('output', ['carla', 'ackermann'])
def test_with_carlas_own_messages_it_drives_as_well(graph, simulate, driver, output):
    vehicle = driver(output)
    vehicle.listen(optional_class('carla_msgs/msg/CarlaStatus'), '/carla/status')
    kind = optional_class('carla_msgs/msg/CarlaEgoVehicleStatus')
    vehicle.listen(kind, f'{vehicle.own}/vehicle_status')
    kind = optional_class('carla_msgs/msg/CarlaEgoVehicleInfo')
    vehicle.listen(kind, f'{vehicle.own}/vehicle_info', LATCHED)
    process = simulate(lock_step=True, duration_s=2.0, control_timeout_s=30.0)
    assert digest(vehicle.drive_to_the_end(process)).startswith('40 ticks')
    assert vehicle.status()['commands'] == '40'
    assert vehicle.odometry[-1].twist.twist.linear.x > 2.0
    (info,) = vehicle.heard[f'{vehicle.own}/vehicle_info']
    assert info.wheels[0].max_steer_angle == pytest.approx(VehicleParameters().max_steer_rad)
    status = vehicle.heard[f'{vehicle.own}/vehicle_status'][-1]
    assert status.velocity > 2.0
    assert status.control.throttle > 0.2
    frames = [msg.frame for msg in vehicle.heard['/carla/status']]
    assert frames == list(range(40))


@needs_carla
def test_a_command_for_another_tick_is_out_of_step(graph, simulate, driver):
    vehicle = driver('carla')
    vehicle.silent = True
    kind = optional_class('carla_msgs/msg/CarlaEgoVehicleControl')

    def late(msg: Odometry) -> None:
        command = kind(throttle=0.2)
        command.header.stamp = time_from_ns(ns_from_time(msg.header.stamp) - TICK_NS)
        vehicle.commands.publish(command)

    vehicle.node.create_subscription(Odometry, f'{vehicle.own}/odometry', late, 10)
    process = simulate(lock_step=True, control_timeout_s=0.3)
    vehicle.wait_for_state('NO CONTROL')
    assert 'the last command is stamped 9.950, the odometry 10.000' in process.said


@pytest.fixture
def handlers_restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures('handlers_restored')
@pytest.mark.parametrize(
    ('parameter', 'said'),
    [
        ('seed:=10000', 'seed'),
        ('role_name:=a/b', "role_name 'a/b' cannot be part of a topic"),
        ('sensor_tick_s:=0.33', 'sensor_tick_s is 0.33: it must be a whole number of ticks'),
        ('wait_for_path:=true', 'wait_for_path is true and lock_step is not'),
        ('start:=moving', 'start is moving and lock_step is not true'),
        ('wait_for_turn:=true', 'wait_for_turn is true and wait_for_path is not'),
        ('pipe:=window', "'window'"),
        ('seed:=ten', "parameter 'seed'"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_2(capsys, parameter, said):
    assert main(['--ros-args', '-p', parameter]) == 2
    error = capsys.readouterr().err
    assert error.startswith('simulator: error: ')
    assert said in error
    assert error.count('\n') == 1
