"""The assembled pilot, and the one thread that everything of it runs in."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

from vavam_ros.driving.assembly import Assembled, assemble
from vavam_ros.driving.settings import PilotSettings


class Engine:
    """Loaded and warmed up by being made; `close` frees it.

    Warming up in the thread that will drive matters: the libraries under torch keep threads,
    handles and work space for each thread that calls them.
    """

    def __init__(
        self, settings: PilotSettings, interrupted: Callable[[], bool] = lambda: False
    ) -> None:
        """Raises what `assemble` does when the model cannot run, or is interrupted."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix='planning')
        self._work: Future[None] | None = None
        with ExitStack() as on_failure:
            on_failure.callback(self._thread.shutdown)
            assembling = self._thread.submit(assemble, settings, interrupted)
            self.assembled: Assembled = assembling.result()
            on_failure.pop_all()

    def start(self, work: Callable[[], None]) -> None:
        """Run `work` in the thread, until it returns by itself."""
        self._work = self._thread.submit(work)

    def stop(self) -> None:
        """Wait for the work to return, and forget the frames it has seen."""
        if self._work is not None:
            self._work.result()
            self._work = None
        self.assembled.pilot.forget()

    def close(self) -> None:
        """Free the model, and end the thread."""
        self._thread.shutdown()
        del self.assembled
        gc.collect()  # weights are large: they must not wait for the collector's next turn
