"""The package builds as a ROS 2 package does, where colcon is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PARTS = ('vavam_ros', 'launch', 'config', 'resource', 'package.xml', 'setup.py', 'setup.cfg')


@pytest.fixture(scope='module')
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `colcon build` has installed a copy of the package."""
    if shutil.which('colcon') is None:
        pytest.skip('colcon is not installed: the colcon build stays untested')
    workspace = tmp_path_factory.mktemp('workspace')
    source = workspace / 'src' / 'vavam_ros'
    source.mkdir(parents=True)
    for part in PARTS:
        copy = shutil.copytree if (REPOSITORY / part).is_dir() else shutil.copy
        copy(REPOSITORY / part, source / part)
    result = subprocess.run(
        ['colcon', 'build'], cwd=workspace, text=True, capture_output=True, timeout=480
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return workspace / 'install' / 'vavam_ros'


@pytest.mark.parametrize('executable', ['planner', 'vavam'])
def test_ros2_run_finds_the_executables(prefix: Path, executable: str) -> None:
    file = prefix / 'lib' / 'vavam_ros' / executable
    assert file.is_file()
    assert os.access(file, os.X_OK)


def test_an_installed_command_runs_from_anywhere(prefix: Path, tmp_path: Path) -> None:
    packages = next((prefix / 'lib').glob('python*/site-packages'))
    result = subprocess.run(
        [sys.executable, prefix / 'lib' / 'vavam_ros' / 'vavam', '--version'],
        cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(packages)},
        text=True,
        capture_output=True,
        timeout=240,
    )
    assert result.stdout.startswith('vavam_ros '), result.stderr


def test_the_share_folder_has_what_launch_needs(prefix: Path) -> None:
    share = prefix / 'share' / 'vavam_ros'
    assert list((share / 'launch').glob('*.launch.py'))
    assert (share / 'config' / 'fastdds.xml').is_file()
    assert (
        prefix / 'share' / 'ament_index' / 'resource_index' / 'packages' / 'vavam_ros'
    ).is_file()
