"""Many pieces of work in worker processes, with one thread each, and how far they are."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import torch

from vavam_ros.errors import InputError

_POLL_S = 0.5
_PROGRESS_S = 10.0  # between two lines


class Work(Protocol):
    """A piece of it."""

    @property
    def cost(self) -> int:
        """How long it takes against the other pieces."""


W = TypeVar('W', bound=Work)
R = TypeVar('R')


@dataclass(frozen=True, eq=False)
class Finished(Generic[R]):
    """The results that there are, in the order of their pieces."""

    results: list[R]
    pieces: int  # that there were to do
    error: InputError | None = None  # what ended it early; None: Ctrl-C, if anything did

    @property
    def partial(self) -> bool:
        """Whether some are missing."""
        return len(self.results) < self.pieces


class WorkStoppedError(Exception):
    """Nobody waits for this piece of work any more."""


def results_of(
    work: Callable[[W], R],
    pieces: Sequence[W],
    workers: int,
    what: str,
    at_result: Callable[[R], None] | None = None,
) -> list[R] | None:
    """As `finished_of`, for those who need all of it: None after Ctrl-C, and errors are raised."""
    finished = finished_of(work, pieces, workers, what, at_result)
    if finished.error:
        raise finished.error
    return None if finished.partial else finished.results


def finished_of(
    work: Callable[[W], R],
    pieces: Sequence[W],
    workers: int,
    what: str,
    at_result: Callable[[R], None] | None = None,
) -> Finished[R]:
    """What `work` makes of each piece, in their order whoever made it.

    Calls `still_wanted` in `work` make it end early there. `at_result` is given each result as it
    comes. Ctrl-C and the first error end all, and leave what is finished.
    """
    context = multiprocessing.get_context('spawn')
    stop = context.Event()
    pool = ProcessPoolExecutor(
        min(workers, len(pieces)), context, initializer=_begin, initargs=(stop,)
    )
    progress, error = _Progress(pieces, what), None
    futures: dict[Future[R], W] = {}
    try:
        for piece in pieces:
            futures[pool.submit(_done, work, piece)] = piece
        _wait_for_all(futures, progress, at_result)
    except BrokenProcessPool:
        error = InputError(
            'a worker process was killed, perhaps for want of memory: try fewer --workers'
        )
    except InputError as raised:
        error = raised
    except KeyboardInterrupt:
        print('stopping', file=sys.stderr, flush=True)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
    return Finished([one.result() for one in futures if _succeeded(one)], len(pieces), error)


def still_wanted() -> None:
    """Raise WorkStoppedError in a worker whose parent has ended or wants no more."""
    if _shared and (_shared['stop'].is_set() or os.getppid() != _shared['parent']):
        raise WorkStoppedError


_shared: dict[str, Any] = {}  # of a worker process; empty elsewhere


def _begin(stop: Any) -> None:
    """Set a worker process up: one thread, and Ctrl-C is its parent's affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    _shared.update(stop=stop, parent=os.getppid())


def _succeeded(future: Future[R]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _done(work: Callable[[W], R], piece: W) -> R:
    return work(piece)


def _wait_for_all(
    futures: dict[Future[R], W], progress: _Progress, at_result: Callable[[R], None] | None
) -> None:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, _POLL_S, FIRST_COMPLETED)
        for future in done:
            result = future.result()
            if at_result:
                at_result(result)
            progress.add(futures[future].cost)
        progress.show(len(pending))


class _Progress:
    """A line every few seconds."""

    def __init__(self, pieces: Sequence[Work], what: str) -> None:
        self._count, self._what = len(pieces), what
        self._expected, self._cost = sum(piece.cost for piece in pieces), 0
        self._started = self._shown = time.monotonic()

    def add(self, cost: int) -> None:
        """A piece is done."""
        self._cost += cost

    def show(self, pending: int) -> None:
        """Say how far it is, if it is time."""
        now = time.monotonic()
        if now - self._shown < _PROGRESS_S or not self._cost:
            return
        self._shown = now
        left_s = (self._expected - self._cost) * (now - self._started) / self._cost
        done = self._count - pending
        print(
            f'{done} of {self._count} {self._what}, about {left_s / 60:.0f} min left',
            file=sys.stderr,
            flush=True,
        )
