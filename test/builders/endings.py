"""Processes that a test has started come to their end, with the tests' own at the latest."""

from __future__ import annotations

import shutil
import signal
import subprocess

PATIENCE_S = 20.0  # on a busy machine


def lifeline() -> list[str]:
    """Before a command: where Linux offers it, the process is asked to end when this one does."""
    setpriv = shutil.which('setpriv')
    return [setpriv, '--pdeathsig', 'TERM'] if setpriv else []


def end(*processes: subprocess.Popen, number: signal.Signals = signal.SIGTERM) -> None:
    """Ask all of them to end, and kill only what then does not.

    A node that is killed leaves its DDS participant's shared memory behind.
    """
    for process in processes:
        process.send_signal(number)  # not to one that has ended
    for process in processes:
        _wait_or_kill(process)


def _wait_or_kill(process: subprocess.Popen) -> None:
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE_S)
