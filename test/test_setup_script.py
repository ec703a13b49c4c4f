"""What `.ci/setup` does on machines that are not as they should be.

The interpreter is a stand-in that makes an empty environment and notes what pip is asked for;
all that the script decides by itself is real.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

STAND_IN = f"""#!/bin/bash
case "$*" in
  *'%d.%d.%d'*) echo "${{FAKE_VERSION:-3.11.9}}" ;;
  *_base_executable*) echo "$FAKE_BASE" ;;
  *base_prefix*) echo "${{FAKE_VERSION:-3.11.9}} $FAKE_BASE" ;;
  *'import ensurepip'*) exit "${{FAKE_ENSUREPIP:-0}}" ;;
  *'import numpy'*) echo 1.26.4 ;;
  *'import torch'*) echo loaded ;;
  *'import rclpy'*) exit "${{FAKE_RCLPY:-1}}" ;;
  '-m venv'*)
    mkdir -p .venv/bin
    cp "$0" .venv/bin/python
    case "$*" in *system-site*) sees=true ;; *) sees=false ;; esac
    echo "include-system-site-packages = $sees" >.venv/pyvenv.cfg ;;
  '-m pip --version') ;;
  '-m pip install'*)
    echo "$*" >>pip-calls
    case "$*" in *--upgrade*) exit 0 ;; esac
    echo "$FAKE_PIP_LOG" >>.venv/setup.log
    exit "${{FAKE_PIP:-0}}" ;;
  *) exec {sys.executable} "$@" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but what the script reads, and the stand-in beside it."""
    folder = tmp_path / 'checkout'
    shutil.copytree(REPOSITORY / '.ci', folder / '.ci')
    for name in ('setup.py', 'setup.cfg'):
        shutil.copy(REPOSITORY / name, folder)
    write_executable(tmp_path / 'bin' / 'python3', STAND_IN)
    return folder


def write_executable(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def set_up(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    binaries = checkout.parent / 'bin'
    environment = {
        'PATH': f'{binaries}{os.pathsep}/usr/bin{os.pathsep}/bin',
        'FAKE_BASE': str(binaries / 'python3'),
        'PYTHON': str(binaries / 'python3'),
        **variables,
    }
    return subprocess.run(
        ['.ci/setup'], cwd=checkout, env=environment, text=True, capture_output=True, timeout=240
    )


def pip_calls(checkout: Path) -> list[str]:
    calls = checkout / 'pip-calls'
    return calls.read_text().splitlines() if calls.exists() else []


def test_a_python_that_is_too_old_or_too_new_is_named_with_those_that_fit(checkout: Path) -> None:
    for version in ('3.9.2', '3.13.0'):
        result = set_up(checkout, FAKE_VERSION=version)
        assert result.returncode != 0
        assert f'is {version}' in result.stderr
        assert '3.10, 3.11 or 3.12' in result.stderr
    assert not (checkout / '.venv').exists()


def test_a_python_that_is_not_there_is_named(checkout: Path) -> None:
    result = set_up(checkout, PYTHON='/no/such/python')
    assert result.returncode != 0
    assert '/no/such/python is not there' in result.stderr


def test_a_python_without_venv_names_the_package_that_brings_it(checkout: Path) -> None:
    result = set_up(checkout, FAKE_ENSUREPIP='1')
    assert result.returncode != 0
    assert 'sudo apt install python3-venv' in result.stderr
    assert pip_calls(checkout) == []


def test_the_wheels_are_refused_on_another_processor(checkout: Path) -> None:
    write_executable(checkout.parent / 'bin' / 'uname', '#!/bin/sh\necho Linux aarch64\n')
    result = set_up(checkout)
    assert result.returncode != 0
    assert 'aarch64' in result.stderr


def test_a_sourced_ros_serves_another_processor_as_well(checkout: Path) -> None:
    write_executable(checkout.parent / 'bin' / 'uname', '#!/bin/sh\necho Linux aarch64\n')
    result = set_up(checkout, AMENT_PREFIX_PATH='/ros', ROS_DISTRO='jazzy', FAKE_RCLPY='0')
    assert result.returncode == 0, result.stderr


def test_a_sourced_ros_that_the_python_cannot_load_is_not_passed_over(checkout: Path) -> None:
    result = set_up(checkout, AMENT_PREFIX_PATH='/opt/ros/humble', ROS_DISTRO='humble')
    assert result.returncode != 0
    assert 'ROS 2 humble is sourced' in result.stderr
    assert not (checkout / '.venv').exists()


def test_a_sourced_ros_keeps_its_own_packages(checkout: Path) -> None:
    result = set_up(checkout, AMENT_PREFIX_PATH='/ros', ROS_DISTRO='jazzy', FAKE_RCLPY='0')
    assert result.returncode == 0, result.stderr
    assert pip_calls(checkout)[-1].endswith('--editable .[simulation,training,test,lint]')
    assert 'packages = true' in (checkout / '.venv' / 'pyvenv.cfg').read_text()
    pins = (checkout / '.venv' / 'setup-constraints.txt').read_text().splitlines()
    assert [pin for pin in pins if pin.startswith('numpy')] == ['numpy==1.26.4']
    assert not [pin for pin in pins if pin.startswith('ros-')]


def test_without_a_ros_the_wheels_are_installed_and_pinned(checkout: Path) -> None:
    result = set_up(checkout)
    assert result.returncode == 0, result.stderr
    assert pip_calls(checkout)[-1].endswith('--editable .[ros,simulation,training,test,lint]')
    pins = (checkout / '.venv' / 'setup-constraints.txt').read_text().splitlines()
    assert {'torch==2.13.0', 'ros-rclpy==7.1.6'} <= set(pins)


def test_a_second_run_does_nothing_and_says_nothing(checkout: Path) -> None:
    set_up(checkout)
    first = pip_calls(checkout)
    result = set_up(checkout)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')
    assert pip_calls(checkout) == first


def test_a_change_of_the_requirements_is_installed_into_the_same_environment(
    checkout: Path,
) -> None:
    set_up(checkout)
    before = len(pip_calls(checkout))
    mark = checkout / '.venv' / 'mark'
    mark.touch()
    with (checkout / 'setup.py').open('a') as setup:
        setup.write('# changed\n')
    assert set_up(checkout).returncode == 0
    assert len(pip_calls(checkout)) > before
    assert mark.exists()


def test_another_python_makes_the_environment_anew(checkout: Path) -> None:
    set_up(checkout)
    mark = checkout / '.venv' / 'mark'
    mark.touch()
    other = checkout.parent / 'other' / 'python3'
    write_executable(other, STAND_IN.replace('${FAKE_VERSION:-3.11.9} $FAKE_BASE', 'another'))
    assert set_up(checkout, PYTHON=str(other), FAKE_BASE=str(other)).returncode == 0
    assert not mark.exists()


def test_a_given_torch_is_remembered_and_frees_the_pin(checkout: Path) -> None:
    set_up(checkout, TORCH='/wheels/torch.whl')
    calls = pip_calls(checkout)
    assert any(call.endswith(' /wheels/torch.whl') for call in calls)
    pins = (checkout / '.venv' / 'setup-constraints.txt').read_text()
    assert 'torch==' not in pins
    assert set_up(checkout).returncode == 0
    assert pip_calls(checkout) == calls


@pytest.mark.parametrize(
    ('log', 'advice'),
    [
        ('OSError: [Errno 28] No space left on device', 'disk is full'),
        ('NewConnectionError: Failed to establish a new connection', 'check the network'),
        ('ERROR: No matching distribution found for torch==2.13.0', 'found for torch==2.13.0'),
        ('ERROR: something else', 'setup.log'),
    ],
)
def test_a_failure_of_pip_says_what_to_do_and_the_next_run_goes_on(
    checkout: Path, log: str, advice: str
) -> None:
    result = set_up(checkout, FAKE_PIP='1', FAKE_PIP_LOG=log)
    assert result.returncode != 0
    assert advice in result.stderr
    assert 'Run the same command again' in result.stderr
    again = set_up(checkout)
    assert again.returncode == 0
    assert 'keeping what is there' in again.stdout
