"""How a node's process starts, spins and stops: cleanly, at the first signal and at any other."""

from __future__ import annotations

import argparse
import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from vavam_ros.errors import InputError

if TYPE_CHECKING:
    from rclpy.executors import Executor

_SPIN_S = 0.1  # how long a signal can wait for the executor


class StopRequest:
    """A wish to stop, that can be waited for and is never withdrawn."""

    def __init__(self) -> None:
        # A pipe, since an Event can deadlock: its lock may be held where the signal arrives.
        self._read_end, self._write_end = os.pipe()
        self.reason: str | None = None  # what was first asked for, such as 'SIGINT'

    @property
    def requested(self) -> bool:
        """Whether to stop."""
        return self.reason is not None

    def request(self, reason: str) -> None:
        """Ask to stop; later reasons change nothing."""
        if self.reason is None:
            self.reason = reason
            os.write(self._write_end, b'.')

    def wait(self, timeout_s: float | None = None) -> bool:
        """Sleep until the wish is there or the time is over; say whether it is there."""
        select.select([self._read_end], [], [], timeout_s)
        return self.requested


def stop_at_signals() -> StopRequest:
    """Take SIGINT and SIGTERM as a wish to stop, for the rest of the process's life.

    The handlers stay in place while it shuts down, so that a second Ctrl-C interrupts nothing.
    Call it in the main thread.
    """
    stop = StopRequest()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.request(signal.Signals(number).name)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
    return stop


@contextmanager
def ros(arguments: Sequence[str] = ()) -> Iterator[None]:
    """Run a block with ROS initialised, leaving the signals to `stop_at_signals`.

    `arguments` are what would follow --ros-args. Raises InputError if ROS refuses them or has no
    middleware.
    """
    # Here, since it takes a while: a signal meanwhile must find the handlers of `stop_at_signals`.
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    try:
        rclpy.init(
            args=['vavam', '--ros-args', *arguments],
            signal_handler_options=SignalHandlerOptions.NO,
        )
    except RuntimeError as error:
        raise InputError(f'ROS 2 does not start ({type(error).__name__}): {error}') from error
    try:
        yield
    finally:
        rclpy.shutdown()


def spin_until_stopped(executor: Executor, stop: StopRequest) -> None:
    """Run the executor's callbacks, in this thread, until a stop is requested or one raises.

    Afterwards shut the executor down, and only then destroy its nodes.
    """
    while not stop.requested:
        executor.spin_once(timeout_sec=_SPIN_S)


def add_ros_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a command take `--ros-args ...` at its end, as launch files append it to any node."""
    parser.add_argument(
        '--ros-args',
        nargs=argparse.REMAINDER,
        default=[],
        metavar='...',
        help='ROS arguments, as for any node, such as -r __ns:=/car (must come last)',
    )
