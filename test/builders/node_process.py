"""A node as a process of its own, for tests."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from endings import end, lifeline

REPOSITORY = Path(__file__).resolve().parents[2]


class NodeProcess:
    """A node as a process of its own, with what it has said so far."""

    def __init__(self, node: str, log: Path, parameters: dict[str, object]) -> None:
        command = [*lifeline(), sys.executable, '-m', f'vavam_ros.nodes.{node}', '--ros-args']
        for name, value in parameters.items():
            text = str(value).lower() if isinstance(value, bool) else value
            command += ['-p', f'{name}:={text}']
        self._log = log
        with log.open('w') as file:
            self.popen = subprocess.Popen(
                command, cwd=REPOSITORY, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def ended(self) -> bool:
        return self.popen.poll() is not None

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self, timeout_s: float = 90.0) -> int:
        """Exit code; fails with what was said when it does not end in time."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f'still running after {timeout_s} s:\n{self.said}')

    def end(self) -> None:
        """Ask it to end, and make it."""
        end(self.popen)
