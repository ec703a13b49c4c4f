"""Processes of a demo: none outlives its block, and a failure is told in its own words."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

import pytest

from vavam_ros.commands import demo_processes, ros_domain
from vavam_ros.commands.demo_processes import ProcessGroup, wait_for_end, watch
from vavam_ros.errors import InputError

MODULES = {
    'patient': 'import time\nprint("here", flush=True)\ntime.sleep(600)\n',
    'stubborn': 'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
    'print("here", flush=True)\ntime.sleep(600)\n',
    'brief': 'print("done")\n',
    'failing': 'import sys\nprint("at first")\nsys.exit("the disk is full")\n',
    'refusing': 'import time\nprint("cannot be configured: no weights", flush=True)\n'
    'time.sleep(600)\n',
}


@pytest.fixture
def group(tmp_path):
    for name, code in MODULES.items():
        (tmp_path / f'{name}.py').write_text(code)
    return ProcessGroup({**os.environ, 'PYTHONPATH': str(tmp_path)}, tmp_path)


def wait_until(condition):
    end_s = time.monotonic() + 90
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.01)


def started(group, module):
    """A process that has come as far as it comes by itself."""
    process = group.start(module, module)
    wait_until(lambda: 'here' in process.said or process.status is not None)
    return process


def test_at_the_end_of_the_block_all_are_stopped(group):
    with group:
        patient, brief = started(group, 'patient'), started(group, 'brief')
    assert patient.status == -signal.SIGTERM
    assert brief.status == 0


def test_one_that_does_not_stop_is_killed(group, monkeypatch):
    monkeypatch.setattr(demo_processes, '_PATIENCE_S', 0.2)
    with group:
        process = started(group, 'stubborn')
    assert process.status == -signal.SIGKILL


def interrupt_within(group, number, processes):
    with group:
        processes.append(started(group, 'patient'))
        os.kill(os.getpid(), number)
        time.sleep(90)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_them_and_later_ones_are_ignored(group, number):
    before = {one: signal.getsignal(one) for one in demo_processes._ENDINGS}
    processes = []
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupt_within(group, number, processes)
        assert processes[0].status == -signal.SIGTERM
        os.kill(os.getpid(), number)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_signals_are_as_before_when_nothing_interrupted(group):
    before = signal.getsignal(signal.SIGTERM)
    with group:
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_end_is_waited_for(group):
    with group:
        other = group.start('other', 'patient')
        process = group.start('one', 'brief')
        wait_for_end(process, [other], 90)
        assert other.status is None


def test_one_that_fails_is_told_by_its_last_words(group):
    with group:
        process = group.start('player', 'failing')
        with pytest.raises(InputError, match='with status 1: the disk is full'):
            wait_for_end(process, [], 90)


@pytest.mark.parametrize(
    ('module', 'complaint'),
    [
        ('brief', 'the other ended by itself with status 0: done'),
        ('refusing', 'the other cannot be configured: no weights'),
    ],
)
def test_a_failure_of_another_one_ends_the_waiting(group, module, complaint):
    with group:
        other, process = group.start('other', module), group.start('one', 'patient')
        with pytest.raises(InputError, match=complaint):
            wait_for_end(process, [other], 90)


def test_waiting_is_bounded(group):
    with group:
        process = group.start('one', 'patient')
        start_s = time.monotonic()
        watch([process], 0.3)
        assert time.monotonic() - start_s >= 0.3
        with pytest.raises(InputError, match='the one did not end within 0 s'):
            wait_for_end(process, [], 0.2)


def test_a_domain_is_one_that_nobody_uses(monkeypatch):
    monkeypatch.setattr(ros_domain, '_DOMAINS', range(1, 4))
    monkeypatch.setattr(ros_domain, '_LOCK_PORT', 21200)  # not those of real demos and tests
    monkeypatch.setattr(ros_domain, '_DDS_PORT', 21300)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
        node.bind(('', 21300 + 250))  # as the first node of domain 1 does
        with ros_domain.own_domain() as first, ros_domain.own_domain() as second:
            assert {first, second} == {2, 3}
            with pytest.raises(InputError, match='in use'), ros_domain.own_domain():
                pass


def test_processes_of_a_domain_talk_to_this_machine_alone(monkeypatch):
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    monkeypatch.delenv('ROS_DISTRO', raising=False)
    environment = ros_domain.domain_environment(7)
    assert environment['ROS_DOMAIN_ID'] == '7'
    assert environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    assert environment['AMENT_PREFIX_PATH'] == sys.prefix
    assert 'ROS_LOCALHOST_ONLY' not in environment
    monkeypatch.setenv('ROS_DISTRO', 'humble')
    assert ros_domain.domain_environment(7)['ROS_LOCALHOST_ONLY'] == '1'
