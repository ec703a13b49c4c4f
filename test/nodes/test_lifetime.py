"""A process stops at the first signal, and the second one disturbs nothing."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time

import pytest
import rclpy

from vavam_ros.errors import InputError
from vavam_ros.nodes.lifetime import StopRequest, add_ros_arguments, ros, stop_at_signals


@pytest.fixture
def handlers_restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_nothing_is_requested_until_someone_asks():
    stop = StopRequest()
    assert not stop.wait(0.0)
    assert not stop.requested


def test_a_request_ends_a_wait_in_another_thread_and_stays():
    stop = StopRequest()
    threading.Timer(0.05, stop.request, ['enough']).start()
    begun_s = time.monotonic()
    assert stop.wait(10.0)
    assert time.monotonic() - begun_s < 5.0
    stop.request('again')
    assert stop.wait(0.0)
    assert stop.reason == 'enough'


@pytest.mark.usefixtures('handlers_restored')
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_wait_and_the_next_ones_are_absorbed(number):
    stop = stop_at_signals()
    threading.Timer(0.05, os.kill, [os.getpid(), number]).start()
    assert stop.wait(10.0)
    for another in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        os.kill(os.getpid(), another)
    assert stop.reason == signal.Signals(number).name


@pytest.mark.dds
def test_ros_is_there_inside_and_gone_after():
    with ros(['-r', '/a:=/b']):
        assert rclpy.ok()
        node = rclpy.create_node('n')
        assert node.resolve_topic_name('/a') == '/b'
        node.destroy_node()
    assert not rclpy.ok()


@pytest.mark.dds
def test_arguments_that_ros_refuses_are_a_users_error():
    with pytest.raises(InputError, match='bad'), ros(['-r', 'bad']):
        pass
    assert not rclpy.ok()


def test_ros_arguments_are_taken_from_the_end_of_the_command_line():
    parser = argparse.ArgumentParser()
    parser.add_argument('bag')
    add_ros_arguments(parser)
    parsed = parser.parse_args(['b', '--ros-args', '-r', '__node:=x', '--params-file', 'p.yaml'])
    assert parsed.ros_args == ['-r', '__node:=x', '--params-file', 'p.yaml']
    assert parser.parse_args(['b']).ros_args == []
