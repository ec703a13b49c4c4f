"""vavam evaluate --ray: a real cluster on this machine, one of whose workers is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
from driven_clips import driven_clip
from mini_model import write_mini_model

import vavam_ros
from vavam_ros.__main__ import main

CLIPS = 6
START_S, RUN_S, STOP_S = 60.0, 120.0, 10.0
RAY = 'import sys; from ray.scripts.scripts import main; sys.exit(main())'
HERE = str(Path(vavam_ros.__file__).resolve().parent.parent)

Found = TypeVar('Found')


def environment() -> dict[str, str]:
    """Without a cluster that somebody's shell names."""
    usual = {name: value for name, value in os.environ.items() if not name.startswith('RAY_')}
    paths = [HERE, *filter(None, [usual.get('PYTHONPATH')])]
    return {**usual, 'PYTHONPATH': os.pathsep.join(paths), 'RAY_USAGE_STATS_ENABLED': '0'}


def wait_for(what: Callable[[], Found | None], process: subprocess.Popen, log: Path) -> Found:
    """What it gives, once it does; fails with the log when the process ends before."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if found := what():
            return found
        if process.poll() is not None:
            break
        time.sleep(0.02)
    pytest.fail(f'it did not come: {log.read_text()}')


def title(pid: int) -> str:
    """What a process calls itself; empty when it is gone."""
    try:
        return Path(f'/proc/{pid}/cmdline').read_bytes().replace(b'\0', b' ').decode()
    except OSError:
        return ''


def descendants(pid: int) -> Iterator[int]:
    """All processes that it started, and theirs."""
    for task in Path(f'/proc/{pid}/task').glob('*/children'):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                yield child
                yield from descendants(child)


@pytest.fixture(scope='module')
def cluster() -> Iterator[tuple[subprocess.Popen, str]]:
    """Its head process and its address."""
    pytest.importorskip('ray', reason='ray is not installed: --ray is NOT tested')
    folder = Path(tempfile.mkdtemp(prefix='vr'))  # sockets' paths must be short
    log, address = folder / 'log', folder / 'ray_current_cluster'
    arguments = ['--head', '--block', '--num-cpus=3', '--port=0', '--include-dashboard=false']
    arguments += ['--node-ip-address=127.0.0.1', f'--temp-dir={folder}']
    arguments += ['--object-store-memory=100000000', '--dashboard-agent-listen-port=0']
    with log.open('w') as out:
        head = subprocess.Popen(
            [sys.executable, '-c', RAY, 'start', *arguments],
            env=environment(), stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(lambda: 'Ray runtime started' in log.read_text(), head, log)
        yield head, address.read_text().strip()
    finally:
        stop(head)
        shutil.rmtree(folder, ignore_errors=True)


def stop(head: subprocess.Popen) -> None:
    """End it and all that it started, whether it wants or not."""
    started = list(descendants(head.pid))
    head.terminate()
    with suppress(subprocess.TimeoutExpired):
        head.wait(STOP_S)
    for pid in [head.pid, *started]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    head.wait(STOP_S)


@pytest.fixture(scope='module')
def drives(tmp_path_factory) -> list[str]:
    """Arguments for all of it but the folder."""
    folder = tmp_path_factory.mktemp('drives')
    for number in range(CLIPS):
        driven_clip(folder / 'clips' / f'drive {number}', 16.0, seed=number)
    files = write_mini_model(folder)
    model = [f'--{name}={file}' for name, file in files.items()]
    few = ['--samples', '3', '--worst', '0', '--compared', '0']
    return ['evaluate', str(folder / 'clips'), *model, *few]


def kill_a_busy_worker(head: subprocess.Popen) -> int | None:
    """Kill one that is stopped in the midst of its task, so that it cannot have answered."""
    for pid in descendants(head.pid):
        if not title(pid).startswith('ray::_work'):
            continue
        os.kill(pid, signal.SIGSTOP)
        busy = title(pid).startswith('ray::_work')
        os.kill(pid, signal.SIGKILL if busy else signal.SIGCONT)
        if busy:
            return pid
    return None


def test_a_worker_that_is_killed_changes_nothing(cluster, drives, tmp_path, monkeypatch):
    head, address = cluster
    log = tmp_path / 'log'
    with log.open('w') as out:
        process = subprocess.Popen(
            [sys.executable, '-m', 'vavam_ros', *drives, '--ray', address, '--out', 'ray'],
            env=environment(), cwd=tmp_path, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        wait_for(lambda: f'1 of {CLIPS}\n' in log.read_text(), process, log)
        killed = wait_for(lambda: kill_a_busy_worker(head), process, log)
        assert f'{CLIPS} of {CLIPS}\n' not in log.read_text()
        process.wait(RUN_S)
    finally:
        process.kill()
        process.wait()
    assert not title(killed)
    assert f'{CLIPS} of {CLIPS}\n' in log.read_text()
    with monkeypatch.context() as patch:
        patch.setattr('vavam_ros.commands.evaluate.write_page', lambda *_: None)
        status = main([*drives, '--out', str(tmp_path / 'plain')])
    # random weights make the verdict, and so the status, what it is; the same for both
    assert process.returncode == status, log.read_text()
    plain, merged = (tmp_path / name / 'results.jsonl' for name in ('plain', 'ray'))
    assert merged.read_bytes() == plain.read_bytes()
    counts = [json.loads((one.parent / 'summary.json').read_text()) for one in (plain, merged)]
    assert counts[0]['windows'] == counts[1]['windows']
    assert counts[0]['windows']['evaluated'] == len(plain.read_text().splitlines()) > CLIPS


@pytest.mark.parametrize('address', ['127.0.0.1:{}', 'nowhere', '127.0.0.1:ray'])
def test_an_address_without_a_cluster_is_one_line(drives, tmp_path, capsys, address):
    pytest.importorskip('ray', reason='ray is not installed: --ray is NOT tested')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))  # taken, and nobody listens
        address = address.format(free.getsockname()[1])
        status = main([*drives, '--ray', address, '--out', str(tmp_path / 'out')])
    assert status == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f'vavam evaluate: error: --ray {address}: ')
    assert 'nothing answers' in error or 'expected HOST:PORT' in error
