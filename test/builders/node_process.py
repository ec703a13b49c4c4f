"""A node as a process of its own, for tests."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


class NodeProcess:
    """A node as a process of its own, with what it has said so far."""

    def __init__(self, node: str, log: Path, parameters: dict[str, object]) -> None:
        command = [sys.executable, '-m', f'vavam_ros.nodes.{node}', '--ros-args']
        for name, value in parameters.items():
            text = str(value).lower() if isinstance(value, bool) else value
            command += ['-p', f'{name}:={text}']
        self._log = log
        with log.open('w') as file:
            self._popen = subprocess.Popen(
                command, cwd=REPOSITORY, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def ended(self) -> bool:
        return self._popen.poll() is not None

    def send(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def wait(self, timeout_s: float = 30.0) -> int:
        """Exit code; fails with what was said when it does not end in time."""
        try:
            return self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f'still running after {timeout_s} s:\n{self.said}')

    def kill(self) -> None:
        self._popen.kill()
        self._popen.wait(10)
