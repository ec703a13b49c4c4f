"""A real planner process with a tiny random model, and a camera, listener and manager for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import fields
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from endings import end, lifeline
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from nav_msgs.msg import Path
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from vavam_ros.bridge.image import image_from_rgb
from vavam_ros.bridge.stamp import ns_from_time
from vavam_ros.commands.ros_domain import domain_environment, own_domain
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.nodes.planning.settings import PlannerNodeSettings
from vavam_ros.records import NS_PER_S

REPOSITORY = FilePath(__file__).resolve().parents[3]
PATIENCE_S = 90.0  # a busy machine is late; a bound costs nothing when all is well
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
START_NS = 1_700_000_000 * NS_PER_S
STEP_NS = NS_PER_S // 2
OPEN_GATE = {'max_speed_mps': 1e6, 'max_curvature_per_m': 1e6, 'max_start_offset_m': 1e6}
DEFAULTS = {
    **{each.name: each.default for each in (*fields(PilotSettings), *fields(PlannerNodeSettings))},
    'use_sim_time': False,
}
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
TRANSITIONS = {
    'configure': Transition.TRANSITION_CONFIGURE,
    'activate': Transition.TRANSITION_ACTIVATE,
    'deactivate': Transition.TRANSITION_DEACTIVATE,
    'cleanup': Transition.TRANSITION_CLEANUP,
    'shut_down_unconfigured': Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
    'shut_down_inactive': Transition.TRANSITION_INACTIVE_SHUTDOWN,
    'shut_down_active': Transition.TRANSITION_ACTIVE_SHUTDOWN,
}


class PlannerProcess:
    """The planner as a process of its own, with what it has said so far."""

    def __init__(self, log: FilePath, environment: dict[str, str], *ros_arguments: str) -> None:
        command = [*lifeline(), sys.executable, '-m', 'vavam_ros.nodes.planner']
        if ros_arguments:
            command += ['--ros-args', *ros_arguments]
        self._log = log
        with log.open('w') as file:
            self.popen = subprocess.Popen(
                command, cwd=REPOSITORY, env=environment, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        return self.popen.pid

    def wait_until(self, condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        """Wait while the process runs; fails with what was said when it ends or takes too long."""
        end_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end_s or self.popen.poll() is not None:
                pytest.fail(f'waited in vain; it said:\n{self.said}')
            time.sleep(0.02)

    def wait_until_said(self, text: str, timeout_s: float = PATIENCE_S) -> None:
        self.wait_until(lambda: text in self.said, timeout_s)

    def status(self, key: str) -> int:
        """A number of /proc/PID/status, such as VmRSS in kB."""
        lines = FilePath(f'/proc/{self.popen.pid}/status').read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f'{key}:'))

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """Exit code; fails with what was said when it does not end in time."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f'still running after {timeout_s} s:\n{self.said}')

    def end(self) -> None:
        end(self.popen)


class Rig:
    """Camera, manager and listener around a planner, in its ROS domain."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node('rig', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.heard: dict[str, list[Any]] = defaultdict(list)
        self._subscriptions: dict[str, Any] = {}
        self.image = self.node.create_publisher(Image, 'image', 10)
        self._clients = {
            kind: self.node.create_client(kind, f'/planner/{name}')
            for kind, name in (
                (ChangeState, 'change_state'),
                (GetState, 'get_state'),
                (SetParametersAtomically, 'set_parameters_atomically'),
            )
        }
        self.listen(Path, '/planner/path')
        self.listen(DiagnosticStatus, '/planner/status', LATCHED)
        self.listen(DiagnosticArray, '/diagnostics')

    def listen(self, kind: type, topic: str, profile: QoSProfile | int = 10) -> None:
        """Keep what arrives on a topic in `heard`, until `ignore`."""
        self.heard[topic].clear()
        self._subscriptions[topic] = self.node.create_subscription(
            kind, topic, self.heard[topic].append, profile
        )

    def carry(self, kind: type) -> None:
        """Make `image` a topic of this type: a participant can have one type for a topic."""
        self.node.destroy_publisher(self.image)
        self.image = self.node.create_publisher(kind, 'image', 10)

    def ignore(self, topic: str) -> None:
        self.node.destroy_subscription(self._subscriptions.pop(topic))

    def spin_until(self, condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        end_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end_s:
                said = [s.message for s in self.heard['/planner/status'][-5:]]
                pytest.fail(f'waited {timeout_s} s in vain; status was {said}')
            self._executor.spin_once(timeout_sec=0.02)

    def spin_for(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._executor.spin_once(timeout_sec=0.02)

    def call(self, kind: type, request: Any, timeout_s: float = PATIENCE_S) -> Any:
        client = self._clients[kind]
        assert client.wait_for_service(timeout_s)
        future = client.call_async(request)
        self.spin_until(future.done, timeout_s)
        return future.result()

    def state(self) -> str:
        for _ in range(8):  # the first answer between two nodes may be lost, as in path_for
            with suppress(pytest.fail.Exception):
                return self.call(GetState, GetState.Request(), 10.0).current_state.label
        return self.call(GetState, GetState.Request(), 10.0).current_state.label

    def change(self, transition: str) -> bool:
        """Ask for a transition; whether it succeeded."""
        asked = ChangeState.Request(transition=Transition(id=TRANSITIONS[transition]))
        return self.call(ChangeState, asked).success

    def set(self, **values: object) -> Any:
        """Set parameters, all or none."""
        request = SetParametersAtomically.Request()
        request.parameters = [
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
        return self.call(SetParametersAtomically, request).result

    def start(self, **values: object) -> None:
        """From unconfigured to active, with these parameters."""
        result = self.set(**values)
        assert result.successful, result.reason
        assert self.change('configure'), self.latest_status().message
        assert self.change('activate')
        self.spin_until(lambda: self.image.get_subscription_count() > 0)
        self.spin_for(0.3)  # until the planner's side of the match is there, too
        self.forget()

    def stop(self) -> None:
        """From any state to unconfigured."""
        if self.state() == 'active':
            assert self.change('deactivate')
        if self.state() == 'inactive':
            assert self.change('cleanup')

    def forget(self) -> None:
        for messages in self.heard.values():
            messages.clear()

    @property
    def paths(self) -> list[Path]:
        return self.heard['/planner/path']

    def latest_status(self) -> DiagnosticStatus:
        return self.heard['/planner/status'][-1]

    def status_where(self, condition: Callable[[DiagnosticStatus], object]) -> DiagnosticStatus:
        """The first status from now on that fulfils a condition."""
        statuses = self.heard['/planner/status']
        self.spin_until(lambda: any(map(condition, statuses)))
        return next(filter(condition, statuses))

    def shown(self, **expected: str) -> dict[str, str]:
        """The values of the first status from now on in which these are so."""

        def fits(status: DiagnosticStatus) -> bool:
            return expected.items() <= values(status).items()

        return values(self.status_where(fits))

    def diagnostics(self) -> tuple[DiagnosticStatus, dict[str, str]]:
        """The next report on /diagnostics, and its values."""
        arrays, now_ns = self.heard['/diagnostics'], time.time_ns()
        arrays.clear()
        self.spin_until(lambda: arrays and ns_from_time(arrays[-1].header.stamp) > now_ns)
        status = arrays[-1].status[0]
        return status, values(status)

    def path_for(self, msg: Any) -> Path:
        """Send an image and wait for the path that answers it."""
        stamp_ns = ns_from_time(msg.header.stamp)

        def answers() -> list[Path]:
            return [path for path in self.paths if ns_from_time(path.header.stamp) == stamp_ns]

        for _ in range(36):  # the first messages between two nodes may be lost
            self.image.publish(msg)
            with suppress(pytest.fail.Exception):
                self.spin_until(answers, 2.5)
                return answers()[-1]
        pytest.fail(f'no path for {stamp_ns}; status: {self.latest_status().message}')

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.shutdown()


def values(status: DiagnosticStatus) -> dict[str, str]:
    return {pair.key: pair.value for pair in status.values}


def picture(index: int, width: int = 96, height: int = 64) -> np.ndarray:
    """A random image, the same for the same index."""
    shape = (height, width, 3)
    return np.random.default_rng(index).integers(0, 256, shape, np.uint8)


def image(index: int, start_ns: int = START_NS, camera: str = 'front') -> Image:
    """The random image of an index, at 2 Hz."""
    return image_from_rgb(picture(index), start_ns + index * STEP_NS, camera)


@pytest.fixture(scope='session')
def open_gate() -> dict[str, float]:
    """Parameters with which random plans pass."""
    return OPEN_GATE


@pytest.fixture(scope='session')
def pictures() -> Callable[..., np.ndarray]:
    return picture


@pytest.fixture(scope='session')
def images() -> Callable[..., Image]:
    return image


def _environment(domain: int) -> dict[str, str]:
    return {
        **domain_environment(domain),
        'OMP_NUM_THREADS': '1',  # threads that wait for each other on a busy machine cost seconds
        **{name: str(REPOSITORY / 'config' / 'fastdds.xml') for name in PROFILE_VARIABLES},
    }


@pytest.fixture(scope='session')
def shared_planner(
    tmp_path_factory: pytest.TempPathFactory, mini_model: dict[str, str]
) -> Iterator[tuple[PlannerProcess, Rig]]:
    """One process for all tests that leave it running."""
    with ExitStack() as stack:
        domain = stack.enter_context(own_domain())
        log = tmp_path_factory.mktemp('planner') / 'said.txt'
        environment = _environment(domain)
        with pytest.MonkeyPatch.context() as patch:
            for name in ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'AMENT_PREFIX_PATH', *PROFILE_VARIABLES):
                patch.setenv(name, environment[name])
            process = PlannerProcess(log, environment)
            stack.callback(process.end)
            rig = Rig(domain)
            stack.callback(rig.close)
        yield process, rig


@pytest.fixture
def rig(shared_planner: tuple[PlannerProcess, Rig], mini_model: dict[str, str]) -> Iterator[Rig]:
    """The rig around the shared planner, which is unconfigured with the mini model set."""
    _, rig = shared_planner
    rig.stop()
    assert rig.set(**{**DEFAULTS, **mini_model, **OPEN_GATE}).successful
    rig.forget()
    yield rig
    rig.carry(Image)
    for topic in set(rig._subscriptions) - {'/planner/path', '/planner/status', '/diagnostics'}:
        rig.ignore(topic)


@pytest.fixture
def process(shared_planner: tuple[PlannerProcess, Rig]) -> PlannerProcess:
    return shared_planner[0]


@pytest.fixture
def start_planner(ros_domain: int, tmp_path: FilePath) -> Iterator[Callable[..., PlannerProcess]]:
    """Starts further planners, in this test's own domain; they are ended at its end."""
    with ExitStack() as stack:

        def start_one(*ros_arguments: str) -> PlannerProcess:
            log = tmp_path / f'said{time.monotonic_ns()}.txt'
            process = PlannerProcess(log, _environment(ros_domain), *ros_arguments)
            stack.callback(process.end)
            return process

        yield start_one


@pytest.fixture
def own_rig(ros_domain: int) -> Iterator[Rig]:
    """A rig in this test's own domain, for the planner that it starts."""
    rig = Rig(ros_domain)
    yield rig
    rig.close()
