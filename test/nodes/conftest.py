"""Real nodes over DDS: each test in a domain of its own, every wait bounded, nothing left over."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rclpy
from endings import end, lifeline
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.serialization import serialize_message
from std_msgs.msg import Header

from vavam_ros.bags.qos import LATCHED
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.writer import BagWriter
from vavam_ros.commands.ros_domain import domain_environment, own_domain
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.records import CameraFrame, EgoState

with warnings.catch_warnings():
    # Its parser's library imports sre_parse, which Python deprecates.
    warnings.simplefilter('ignore', DeprecationWarning)
    import rosidl_generator_py  # noqa: F401

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 90.0  # a busy machine is late; a bound costs nothing when all is well
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
BAG_START_NS = 1_700_000_000_000_000_000


@pytest.fixture(autouse=True)
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A ROS domain that nobody else has now; processes started here inherit it.

    From test to test another one: a node that was destroyed stays in its domain's graph, with
    what it has in common with the next, until Python has collected it.
    """
    with own_domain() as domain:
        for name, value in domain_environment(domain).items():
            monkeypatch.setenv(name, value)
        for variable in PROFILE_VARIABLES:
            monkeypatch.setenv(variable, str(REPOSITORY / 'config' / 'fastdds.xml'))
        yield domain


class Process:
    """A `vavam` command as a process of its own, with what it has said so far."""

    def __init__(self, arguments: tuple[str, ...], folder: Path) -> None:
        self._out, self._err = folder / 'out.txt', folder / 'err.txt'
        with self._out.open('w') as out, self._err.open('w') as err:
            self.popen = subprocess.Popen(
                [*lifeline(), sys.executable, '-m', 'vavam_ros', *arguments],
                cwd=REPOSITORY,
                stdout=out,
                stderr=err,
            )

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    @property
    def said(self) -> str:
        return f'{self.out}\n{self.err}'

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """Exit code; fails with what was said when it does not end in time."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f'still running after {timeout_s} s:\n{self.said}')

    def wait_until_said(self, text: str, timeout_s: float = PATIENCE_S) -> None:
        end_s = time.monotonic() + timeout_s
        while text not in self.said:
            if time.monotonic() > end_s or self.popen.poll() is not None:
                pytest.fail(f'never said {text!r}:\n{self.said}')
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts `vavam ARGUMENTS...`; whatever still runs at the test's end is ended."""
    processes: list[Process] = []

    def start_one(*arguments: object) -> Process:
        folder = tmp_path / f'process{len(processes)}'
        folder.mkdir()
        processes.append(Process(tuple(map(str, arguments)), folder))
        return processes[-1]

    yield start_one
    end(*(process.popen for process in processes))


class Graph:
    """Nodes of the test's own in the live graph."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._executor = SingleThreadedExecutor(context=context)
        self._nodes: list[Node] = []

    def node(self, name: str, **options: object) -> Node:
        self._nodes.append(rclpy.create_node(name, context=self._context, **options))
        self._executor.add_node(self._nodes[-1])
        return self._nodes[-1]

    def spin_until(
        self, condition: Callable[[], object], timeout_s: float = PATIENCE_S, look_s: float = 0.05
    ) -> None:
        end_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end_s:
                pytest.fail(f'waited {timeout_s} s in vain')
            self._executor.spin_once(timeout_sec=look_s)

    def wait_for_subscriber(self, publisher: Publisher, count: int = 1) -> None:
        self.spin_until(lambda: publisher.get_subscription_count() >= count)
        self.spin_for(0.3)  # for the subscriber's own side of the match

    def spin_for(self, duration_s: float) -> None:
        end_s = time.monotonic() + duration_s
        self.spin_until(lambda: time.monotonic() > end_s, duration_s + 10.0, min(0.05, duration_s))

    def close(self) -> None:
        self._executor.shutdown()
        for node in self._nodes:
            node.destroy_node()


@pytest.fixture
def graph(ros_domain: int) -> Iterator[Graph]:
    """The live graph of this test's domain."""
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    graph = Graph(context)
    yield graph
    graph.close()
    context.shutdown()


@pytest.fixture
def small_bag(tmp_path: Path) -> Path:
    """Eight 64x48 images at 4 Hz, intrinsics, odometry, and one latched message at the start."""
    path = tmp_path / 'small_bag'
    pinhole = Pinhole.from_horizontal_fov(64, 48, 60.0)
    random = np.random.default_rng(0)
    with BagWriter(path) as writer:
        writer.add_topic('/latched', 'std_msgs/msg/Header', LATCHED)
        writer.write('/latched', BAG_START_NS, serialize_message(Header(frame_id='early')))
        for index in range(8):
            stamp_ns = BAG_START_NS + index * 250_000_000
            image = random.integers(0, 256, (48, 64, 3), np.uint8)
            writer.write_odometry(
                '/odom', EgoState(stamp_ns, index, 0.0, 0.0, 4.0), 'odom', 'base_link'
            )
            writer.write_camera_info('/camera/camera_info', stamp_ns, 'camera', pinhole)
            writer.write_image('/camera/image_raw', CameraFrame(stamp_ns, 'camera', image))
    return path


@pytest.fixture
def contents() -> Callable[[Path], dict[str, list[bytes]]]:
    """Reads a bag: its serialised messages by topic, in order."""

    def read(path: Path) -> dict[str, list[bytes]]:
        messages: dict[str, list[bytes]] = {}
        with BagReader(path) as reader:
            for message in reader.messages():
                messages.setdefault(message.topic, []).append(bytes(message.cdr))
        return messages

    return read


@pytest.fixture(scope='session')
def mini_model(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Random weights of a model whose plans take milliseconds, as parameters."""
    from mini_model import write_mini_model  # brings torch, which takes seconds

    return write_mini_model(tmp_path_factory.mktemp('mini'))
