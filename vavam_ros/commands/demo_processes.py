"""The nodes of a demo as processes of their own, none of which outlives its block."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from vavam_ros.errors import InputError

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_S = 0.1
_PATIENCE_S = 15.0  # after SIGTERM; a recorder may have much to write
_REFUSAL = re.compile(r'cannot be configured: (.*)')  # in the planner's log


class DemoProcess:
    """One running command, and what it says on the way."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        shown: bool = False,
    ) -> None:
        """Start `python -m ARGUMENTS`; `shown` sends its output, not its errors, to the terminal.

        A session of its own keeps the terminal's Ctrl-C away, so that `stop` decides the order.
        """
        self.name = name
        self.log = log
        with log.open('wb') as file:
            self._popen = subprocess.Popen(
                [*_lifeline(), sys.executable, '-m', *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=None if shown else file,
                stderr=file,
                start_new_session=True,
            )

    @property
    def status(self) -> int | None:
        """Exit status; None while it runs."""
        return self._popen.poll()

    @property
    def said(self) -> str:
        """All of its log so far."""
        return self.log.read_text(encoding='utf-8', errors='replace')

    @property
    def last_words(self) -> str:
        """The last line of its log, for an error message."""
        lines = [line for line in self.said.splitlines() if line.strip()]
        return lines[-1].strip() if lines else 'it said nothing'

    def check(self) -> None:
        """Raise InputError where it ended by itself, or its planner cannot be configured."""
        if refusal := _REFUSAL.search(self.said):
            raise InputError(f'the {self.name} cannot be configured: {refusal[1]}')
        if self.status is not None:
            raise InputError(
                f'the {self.name} ended by itself with status {self.status}: {self.last_words}'
            )

    def end_well(self) -> None:
        """Stop it; InputError where it does not end as it should."""
        if self.stop():
            raise InputError(f'the {self.name} failed: {self.last_words}')

    def stop(self) -> int:
        """Ask it to end, wait, and make it end if it does not; its exit status."""
        if self.status is None:
            self._popen.terminate()
        try:
            return self._popen.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait()


class ProcessGroup:
    """Starts processes within a block, and stops them at its end, the last one first.

    SIGTERM and SIGHUP count as Ctrl-C: KeyboardInterrupt, but never between a start and the note
    of it. Once stopping has begun, they are ignored; after a KeyboardInterrupt, for good.
    """

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self._environment = environment
        self._logs = logs  # a folder
        self._processes: list[DemoProcess] = []
        self._handlers: dict[int, Any] = {}  # what was there before
        self._starting = False
        self._interrupted = False

    def start(self, name: str, *arguments: object, shown: bool = False) -> DemoProcess:
        """Start `python -m ARGUMENTS`, with its log in NAME.log."""
        log = self._logs / f'{name}.log'
        self._starting = True
        try:
            process = DemoProcess(name, [*map(str, arguments)], self._environment, log, shown)
            self._processes.append(process)
        finally:
            self._starting = False
        if self._interrupted:
            raise KeyboardInterrupt
        return process

    def __enter__(self) -> ProcessGroup:
        handlers = {number: signal.getsignal(number) for number in _ENDINGS}
        # What is ignored stays so: nohup, for one, ignores SIGHUP.
        self._handlers = {n: one for n, one in handlers.items() if one != signal.SIG_IGN}
        self._handle_by(self._interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle_by(signal.SIG_IGN)
        for process in reversed(self._processes):
            process.stop()
        if not self._interrupted:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _handle_by(self, handler: Any) -> None:
        for number in self._handlers:
            signal.signal(number, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupted = True
        if not self._starting:
            raise KeyboardInterrupt


def wait_for_end(
    process: DemoProcess,
    others: Sequence[DemoProcess],
    timeout_s: float,
    at_look: Callable[[], None] = lambda: None,
) -> None:
    """Until `process` ends with 0; InputError if it does not, or one of the `others` fails.

    `at_look` is called ten times a second meanwhile.
    """
    give_up_s = time.monotonic() + timeout_s
    while process.status is None:
        watch(others, _LOOK_S)
        at_look()
        if time.monotonic() > give_up_s:
            raise InputError(f'the {process.name} did not end within {timeout_s:.0f} s')
    if process.status:
        process.check()


def watch(processes: Sequence[DemoProcess], duration_s: float) -> None:
    """Let time pass while they run; InputError as soon as one fails."""
    end_s = time.monotonic() + duration_s
    while True:
        for process in processes:
            process.check()
        left_s = end_s - time.monotonic()
        if left_s <= 0:
            return
        time.sleep(min(left_s, _LOOK_S))


def _lifeline() -> list[str]:
    """Where Linux offers it, a child is asked to end as well when this process is killed."""
    setpriv = shutil.which('setpriv')
    return [setpriv, '--pdeathsig', 'TERM'] if setpriv else []
