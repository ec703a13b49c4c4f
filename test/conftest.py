"""Where the test data is, and what to say where it is not."""

from __future__ import annotations

import lzma
import os
import signal
from pathlib import Path

import pytest

# Before torch is loaded: as in the package's own processes, waiting threads sleep.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
IS_WORKER = 'PYTEST_XDIST_WORKER' in os.environ
if IS_WORKER:  # the other cores have workers of their own
    os.environ.setdefault('OMP_NUM_THREADS', '1')

# Shells start what runs in the background with these ignored, and so would all processes here.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGTERM, signal.SIG_DFL),
):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _usual)

REPOSITORY = Path(__file__).resolve().parent.parent
MOST_WORKERS = 4  # a test of nodes has up to six processes itself


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--shared',
        default=str(REPOSITORY.parent / 'shared'),
        help='folder with goldens/ and data/ (default: beside the checkout)',
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """The whole suite runs on several cores where pytest-xdist is, unless `-n` says otherwise."""
    if IS_WORKER or not config.pluginmanager.hasplugin('xdist'):
        return
    whole = config.args_source == pytest.Config.ArgsSource.TESTPATHS
    if whole and config.option.numprocesses is None and not config.option.usepdb:
        config.option.numprocesses = min(len(os.sched_getaffinity(0)), MOST_WORKERS)
        config.option.dist = 'worksteal'


def _folder(config: pytest.Config, name: str) -> Path:
    folder = Path(config.getoption('--shared')) / name
    if not folder.is_dir():
        pytest.skip(f'{folder} is not there: parity and real-clip tests need it (--shared=PATH)')
    return folder


@pytest.fixture(scope='session')
def goldens(pytestconfig: pytest.Config) -> Path:
    """The folder of golden numbers."""
    return _folder(pytestconfig, 'goldens')


@pytest.fixture(scope='session')
def clips(pytestconfig: pytest.Config) -> Path:
    """The folder of real driving clips."""
    return _folder(pytestconfig, 'data')


@pytest.fixture(scope='session')
def golden_checkpoint(goldens: Path, tmp_path_factory: pytest.TempPathFactory):
    """Path of a golden checkpoint by its stem, unpacked where it is stored compressed."""
    unpacked = tmp_path_factory.mktemp('goldens')

    def path_of(stem: str) -> Path:
        plain = goldens / f'{stem}.ckpt.pt'
        if plain.exists():
            return plain
        target = unpacked / plain.name
        if not target.exists():
            target.write_bytes(lzma.decompress((goldens / f'{stem}.ckpt.pt.xz').read_bytes()))
        return target

    return path_of
