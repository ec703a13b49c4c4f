"""Record topics into a bag, until Ctrl-C or --duration.

Without --topics these are the planner's inputs and outputs, as the graph shows them, and what
says how the car moved (odometry, tf). Bag times are times of reception.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node, NodeNameNonExistentError
from rclpy.parameter import Parameter

from vavam_ros.bags.writer import STORAGES, BagWriter
from vavam_ros.nodes.lifetime import (
    StopRequest,
    add_ros_arguments,
    ros,
    spin_until_stopped,
    stop_at_signals,
)
from vavam_ros.nodes.options import positive
from vavam_ros.nodes.recording import Graph, Recording

_MOTION_TYPES = ('nav_msgs/msg/Odometry', 'tf2_msgs/msg/TFMessage')
_NOBODYS = {'/rosout', '/parameter_events', '/clock'}  # every node's, so not the planner's
_LOST = (
    'messages were lost on the way: start the publishers of large ones with config/fastdds.xml in '
    'FASTRTPS_DEFAULT_PROFILES_FILE and FASTDDS_DEFAULT_PROFILES_FILE'
)
_QUIET_S = 0.3  # without a message, after which nothing more is on its way
_DRAIN_S = 5.0  # at most


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `vavam record`."""
    add = parser.add_argument
    add('out', type=Path, metavar='OUT', help='bag folder to make')
    add('--storage', choices=tuple(STORAGES), default='mcap', help='(default mcap)')
    add('--topics', nargs='+', metavar='TOPIC', help='record these alone')
    add('--planner', default='/planner', metavar='NODE', help="the planner's name (/planner)")
    add('--duration', type=positive, metavar='SECONDS', help='stop by itself after so long')
    add('--use-sim-time', action='store_true', help='bag times are those of /clock')
    add_ros_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Record; 0 when there is something in the bag, 1 (and no bag) when no message came.

    Raises InputError when the bag exists or cannot be written; what was recorded stays.
    """
    stop = stop_at_signals()
    with ros(arguments.ros_args):
        writer = BagWriter(arguments.out, arguments.storage)
        try:
            recording = _record(writer, arguments, stop)
        finally:
            _finish(writer)
    for topic in sorted(set(arguments.topics or ()) - writer.counts.keys()):
        _notice(f'{topic} never had a publisher')
    if recording.lost:
        _notice(_LOST)
    _sum_up(writer, recording, stop)
    return 0 if sum(writer.counts.values()) else 1


def _record(writer: BagWriter, arguments: argparse.Namespace, stop: StopRequest) -> Recording:
    sim_time = [Parameter('use_sim_time', value=True)] if arguments.use_sim_time else []
    node = rclpy.create_node('recorder', parameter_overrides=sim_time)
    recording = Recording(node, writer, _choice(node, arguments), _notice)
    if arguments.duration:
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(arguments.duration, lambda: stop.request('--duration'), clock=clock)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    what = ', '.join(arguments.topics or [f'what {arguments.planner} hears and says'])
    print(f'vavam record: {what} into {arguments.out}; Ctrl-C ends', flush=True)
    spin_until_stopped(executor, stop)
    _drain(executor, recording)
    executor.shutdown()
    recording.finish()
    node.destroy_node()
    return recording


def _drain(executor: SingleThreadedExecutor, recording: Recording) -> None:
    """Take what has been sent already, until it is quiet for a moment."""
    give_up_s = time.monotonic() + _DRAIN_S
    quiet_s = time.monotonic() + _QUIET_S
    while time.monotonic() < min(quiet_s, give_up_s):
        before = recording.messages
        executor.spin_once(timeout_sec=_QUIET_S)
        if recording.messages > before:
            quiet_s = time.monotonic() + _QUIET_S


def _finish(writer: BagWriter) -> None:
    if sum(writer.counts.values()):
        writer.close()
    else:
        writer.discard()


def _choice(node: Node, arguments: argparse.Namespace) -> Callable[[Graph], set[str]]:
    """What to record of the topics that have publishers."""

    def named(published: Graph) -> set[str]:
        return set(arguments.topics) & published.keys()

    def planners(published: Graph) -> set[str]:
        motion = {topic for topic, kind in published.items() if kind in _MOTION_TYPES}
        wanted = motion | _topics_of(node, arguments.planner)
        return (wanted & published.keys()) - _NOBODYS

    return named if arguments.topics else planners


def _topics_of(node: Node, full_name: str) -> set[str]:
    namespace, _, name = f'/{full_name.strip("/")}'.rpartition('/')
    try:
        said = node.get_publisher_names_and_types_by_node(name, namespace or '/')
        heard = node.get_subscriber_names_and_types_by_node(name, namespace or '/')
    except NodeNameNonExistentError:
        return set()  # not there yet
    return {topic for topic, _ in (*said, *heard)}


def _sum_up(writer: BagWriter, recording: Recording, stop: StopRequest) -> None:
    total = sum(writer.counts.values())
    where = f'in {writer.path}' if total else 'so there is no bag'
    print(f'vavam record: {total} messages {where} (stopped by {stop.reason})')
    for topic, count in sorted(writer.counts.items()):
        lost = recording.lost.get(topic, 0)
        print(f'  {topic:<40} {count}' + (f' (and {lost} lost on the way)' if lost else ''))


def _notice(text: str) -> None:
    print(f'vavam record: WARNING: {text}', file=sys.stderr, flush=True)
