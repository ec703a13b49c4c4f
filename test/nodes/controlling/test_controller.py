"""Paths and odometry in, commands out: over DDS, from a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Bool

from vavam_ros.bridge.flavours import control_of
from vavam_ros.bridge.optional_messages import is_there

pytestmark = pytest.mark.dds


def values(status: DiagnosticStatus) -> dict[str, str]:
    return {pair.key: pair.value for pair in status.values}


def test_it_drives_and_stops_within_comfort_for_each_cause_and_says_which(run, road, sim_drive):
    run('controller', use_sim_time=True)
    here = road()
    here.status('WAITING: time does not go on')
    assert 'use_sim_time is true, but no /clock has come' in here.latest.message
    here.wait_for_controller()
    drive = sim_drive(here)
    drive.play(0.5, paths=False)  # a path needs odometry at its stamp
    assert here.latest.message.startswith('WAITING: no path yet')
    drive.play(3.0)
    assert here.latest.message == 'DRIVING'
    assert here.latest.level == DiagnosticStatus.OK
    assert here.car.speed == pytest.approx(5.0, abs=0.4)

    drive.play(2.0, paths=False)
    assert here.latest.message.startswith('STOPPING: the path is ')
    assert '(limit 1.2 s)' in here.latest.message
    assert here.latest.level == DiagnosticStatus.ERROR
    drive.play(1.7, paths=False)
    assert here.latest.message.startswith('STOPPED: all of the path lies in the past')
    drive.play(2.0)
    assert here.latest.message == 'DRIVING'
    assert here.car.speed > 1.5

    drive.play(3.0, odometry=False)
    assert here.latest.message.startswith('STOPPING: the odometry is ')
    assert here.car.speed < 0.1
    drive.play(1.5)

    here.override.publish(Bool(data=True))
    drive.play(2.0)
    assert here.latest.message.startswith('OVERRIDDEN: manual override: somebody else drives')
    assert 'paths not used: there is no odometry at its stamp' in here.latest.message
    assert here.car.speed < 0.1
    before = len(here.commands)
    drive.play(1.0)
    assert len(here.commands) <= before + 1  # whoever drives is left alone
    here.override.publish(Bool(data=False))
    drive.play(2.0)
    assert here.latest.message.startswith('DRIVING')

    drive.now_ns -= 30 * 10**9
    drive.play(3.0, paths=False)
    assert 'time jumped back by ' in here.latest.message
    assert here.car.speed < 0.1
    drive.play(1.0)
    assert here.latest.message.startswith('DRIVING')
    changes_mps2 = np.diff(drive.speeds) * 20
    assert changes_mps2.min() > -5.0  # 3, and what the vehicle and a busy machine add
    assert changes_mps2.max() < 4.0
    assert here.status('SILENT').level == DiagnosticStatus.ERROR
    assert 'no command is sent: time does not go on' in here.latest.message


def test_in_wall_time_it_respects_an_override_from_before_and_its_last_command_brakes(
    run, road, wall_drive, graph
):
    here = road()
    latched = here.node.create_publisher(Bool, 'manual_override', here.latched)
    latched.publish(Bool(data=True))
    wall_drive(here)
    process = run('controller', max_path_agee_s=1.0)
    here.status('OVERRIDDEN')
    latched.publish(Bool(data=False))
    here.status('DRIVING')
    graph.spin_for(2.0)
    graph.spin_until(lambda: 10 < float(values(here.latest)['command_rate_hz']) < 25)
    shown = values(here.status('DRIVING'))
    assert here.car.speed > 3.0
    assert float(shown['path_age_s']) < 1.0
    assert abs(float(shown['lateral_error_m'])) < 0.1
    assert refusal(here, Parameter('max_path_age_s', value=2.0)) == (
        'max_path_age_s takes effect at start: restart the node with it'
    )
    process.send(signal.SIGINT)
    process.send(signal.SIGINT)
    assert process.wait() == 0
    graph.spin_until(lambda: here.latest.message.startswith('ENDED'))
    graph.spin_for(0.3)
    assert here.commands[-1].linear.x == 0.0
    assert 'parameter max_path_agee_s is unknown here and has no effect' in process.said
    assert 'Traceback' not in process.said


def refusal(here, change: Parameter) -> str:
    """Why a parameter cannot be changed."""
    client = here.node.create_client(SetParameters, '/controller/set_parameters')
    here.graph.spin_until(client.service_is_ready)
    future = client.call_async(SetParameters.Request(parameters=[change.to_parameter_msg()]))
    here.graph.spin_until(future.done)
    result = future.result().results[0]
    return '' if result.successful else result.reason


def test_a_wrong_parameter_ends_it_with_one_line(run):
    process = run('controller', flavour='native', output='twist')
    assert process.wait() == 2
    last = process.said.strip().splitlines()[-1]
    assert last.startswith('controller: error: /controller: ')
    assert "native takes no control output 'twist': it takes carla, ackermann_stamped" in last


def test_an_output_whose_messages_are_missing_names_the_package(run):
    if is_there(control_of('carla_ros_bridge', 'carla').type_name):
        pytest.skip('carla_msgs is installed here')
    process = run('controller', flavour='carla_ros_bridge', output='carla')
    assert process.wait() == 2
    assert 'needs the package carla_msgs' in process.said.strip().splitlines()[-1]


def test_it_needs_no_torch():
    """Which takes seconds to load."""
    code = 'import sys, vavam_ros.nodes.controlling.controller_node; print("torch" in sys.modules)'
    asked = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, timeout=120
    )
    assert asked.stdout.strip() == 'False', asked.stderr
