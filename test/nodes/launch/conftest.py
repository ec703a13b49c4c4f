"""Starts what a launch file describes: as it reads, and with real launch where there is one."""

from __future__ import annotations

import configparser
import importlib
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from endings import end, lifeline
from launch_reading import REPOSITORY, Command, LaunchFile

ENTRY = 'import sys; from {module} import {function}; sys.exit({function}())'
# What `ros2 launch` does with a file and its arguments.
LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import AnyLaunchDescriptionSource

arguments = [argument.split(':=', 1) for argument in sys.argv[2:]]
included = IncludeLaunchDescription(
    AnyLaunchDescriptionSource(sys.argv[1]), launch_arguments=arguments
)
service = LaunchService(argv=sys.argv[2:])
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""


@dataclass(frozen=True)
class Installed:
    """The package, installed as an ament prefix."""

    prefix: Path
    scripts: dict[str, str]  # module:function by name


class Started:
    """Processes that began together, with what they have said."""

    def __init__(self, commands: list[list[str]], log: Path, environment: dict[str, str]) -> None:
        self._log = log
        with log.open('w') as file:
            self._processes = [
                subprocess.Popen(
                    [*lifeline(), *command],
                    cwd=log.parent,
                    env=environment,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # so that a launch can be ended with its children
                )
                for command in commands
            ]

    @property
    def said(self) -> str:
        return self._log.read_text()

    def stop(self) -> list[int]:
        """Ctrl-C; returns the exit codes."""
        for process in self._processes:
            process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self, timeout_s: float = 120.0) -> list[int]:
        """Exit codes; fails with what was said when one does not end in time."""
        try:
            return [process.wait(timeout_s) for process in self._processes]
        except subprocess.TimeoutExpired:
            pytest.fail(f'still running after {timeout_s} s:\n{self.said}')

    def end(self) -> None:
        """Ctrl-C, and a harder end for what a launch that was killed has left."""
        end(*self._processes, number=signal.SIGINT)
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope='session')
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Where launch looks for executables and files."""
    prefix, metadata = tmp_path_factory.mktemp('prefix'), tmp_path_factory.mktemp('metadata')
    subprocess.run(
        [sys.executable, 'setup.py', '-q', 'egg_info', '--egg-base', metadata, 'install_data']
        + ['-d', prefix, 'install_scripts', '--install-dir', prefix / 'lib' / 'vavam_ros'],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        timeout=240,
    )
    points = configparser.ConfigParser(delimiters='=')
    points.read(metadata / 'vavam_ros.egg-info' / 'entry_points.txt')
    return Installed(prefix, dict(points['console_scripts']))


def _no_launch() -> str | None:
    """Why the real launch cannot be used; None where it can."""
    if find_spec('launch') is None or find_spec('launch_ros') is None:
        return 'launch and launch_ros are not installed: launch files are read, not launched'
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        launch = importlib.import_module('launch')
    if not hasattr(launch, 'LaunchDescription'):
        where = launch.__file__ or next(iter(launch.__path__))
        return f'{where} is another package than the launch of ROS 2'
    return None


@pytest.fixture(params=['as it reads', 'really launched'])
def launch(
    request: pytest.FixtureRequest,
    ros_domain: int,
    installed: Installed,
    tmp_path: Path,
) -> Iterator[Callable[..., Started]]:
    """Starts a launch file, by its name, with these arguments, in a folder of its own."""
    real = request.param == 'really launched'
    if real and (reason := _no_launch()):
        pytest.skip(reason)
    prefixes = [str(installed.prefix), os.environ['AMENT_PREFIX_PATH']]
    environment = {
        **os.environ,
        'AMENT_PREFIX_PATH': os.pathsep.join(prefixes) if real else prefixes[1],
        'OMP_NUM_THREADS': '1',  # threads that wait for each other on a busy machine cost seconds
        'ROS_LOG_DIR': str(tmp_path / 'log'),
        'TMPDIR': str(tmp_path),  # where launch leaves its parameter files
    }
    started: list[Started] = []

    def entry_point(command: Command) -> list[str]:
        module, function = installed.scripts[command.executable].split(':')
        code = ENTRY.format(module=module, function=function)
        return [sys.executable, '-c', code, *command.arguments]

    def start(name: str, **arguments: str) -> Started:
        if real:
            path = installed.prefix / 'share' / 'vavam_ros' / 'launch' / name
            words = [f'{key}:={value}' for key, value in arguments.items()]
            commands = [[sys.executable, '-c', LAUNCH, str(path), *words]]
        else:
            (tmp_path / 'parameters').mkdir()
            read = LaunchFile(name).commands(tmp_path / 'parameters', **arguments)
            commands = [entry_point(command) for command in read]
        started.append(Started(commands, tmp_path / 'said.txt', environment))
        return started[-1]

    yield start
    for one in started:
        one.end()
