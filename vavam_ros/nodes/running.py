"""The process of a node: it starts, does its work or spins, and ends at a signal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from vavam_ros.errors import InputError
from vavam_ros.nodes.lifetime import (
    StopRequest,
    add_ros_arguments,
    ros,
    spin_until_stopped,
    stop_at_signals,
)


def run_node(
    name: str, description: str | None, make: Callable[[], Any], argv: Sequence[str] | None
) -> int:
    """Spin the node that `make` builds until a signal; its `finish` is called then.

    Returns as `run_process`. `make` does the slow imports, so that a signal meanwhile finds its
    handler.
    """
    return run_process(name, description, lambda stop: _spin(make, stop), argv)


def run_process(
    name: str,
    description: str | None,
    run: Callable[[StopRequest], None],
    argv: Sequence[str] | None,
) -> int:
    """Call `run` within ROS; 0 is a clean end, 2 a user's error, already printed."""
    stop = stop_at_signals()
    parser = argparse.ArgumentParser(name, description=description)
    add_ros_arguments(parser)
    arguments = parser.parse_args(argv)
    try:
        with ros(arguments.ros_args):
            run(stop)
    except InputError as error:
        print(f'{name}: error: {error}', file=sys.stderr)
        return 2
    return 0


def _spin(make: Callable[[], Any], stop: StopRequest) -> None:
    from rclpy.executors import SingleThreadedExecutor

    executor = SingleThreadedExecutor()
    try:
        node = make()
    except BaseException:
        executor.shutdown()
        raise
    executor.add_node(node)
    try:
        spin_until_stopped(executor, stop)
        node.finish()
    finally:
        executor.shutdown()
        node.destroy_node()
