"""A part of a recording, evaluated by this process, by a worker, or on another machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from vavam_ros.bags.recording import Recording, open_recording
from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.commands.evaluating.moments import ALWAYS, Moment, Moments, Stride
from vavam_ros.commands.evaluating.windows import Sampling, WindowPlanner
from vavam_ros.commands.work_pool import still_wanted
from vavam_ros.driving.assembly import Assembled, assemble
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.evaluation.tally import Tally


@dataclass(frozen=True)
class How:
    """Everything that a window's row depends on, beside the recording."""

    pilot: PilotSettings
    topics: RecordingTopics
    stride: Stride
    sampling: Sampling


@dataclass(frozen=True)
class Piece:
    """Of one recording the moments from one stamp to before another."""

    path: Path
    name: str  # of the recording, among all of the run
    how: How
    within_ns: tuple[int, int] = ALWAYS
    done: frozenset[int] = frozenset()  # stamps of windows that are there already
    cost: int = 1  # how long it takes against the others


@dataclass
class PieceResult:
    """What came of a piece."""

    piece: Piece
    lines: list[str] = field(default_factory=list)  # of results.jsonl, the new ones
    tally: Tally = field(default_factory=Tally)
    batches_s: list[tuple[int, float]] = field(default_factory=list)  # windows, how long
    warnings: tuple[str, ...] = ()


Sink = Callable[[str], None]


def evaluate_piece(piece: Piece, sink: Sink) -> PieceResult:
    """Evaluate it, giving each line to `sink` as soon as it is there.

    A recording that cannot be read to its end is counted as broken, with the reason; what came
    before stays.
    """
    result = PieceResult(piece)
    tally = result.tally
    recording = open_recording(piece.path, piece.how.topics)
    pilot = assembled(piece.how.pilot).pilot
    planner = WindowPlanner(pilot, piece.name, piece.how.sampling)
    moments = _moments(recording, piece, tally)
    started = time.perf_counter()
    taken = 0
    for window in planner.windows(moments, tally):
        line = window.line()
        sink(line)
        result.lines.append(line)
        taken += 1
        if taken == piece.how.sampling.batch:
            now = time.perf_counter()
            result.batches_s.append((taken, now - started))
            started, taken = now, 0
            still_wanted()
    return result


def _moments(recording: Recording, piece: Piece, tally: Tally) -> Iterator[Moment]:
    """Those that are to be planned for; the ones that are done are counted."""

    def wanted(stamp_ns: int) -> bool:
        if stamp_ns not in piece.done:
            return True
        tally.evaluated += 1
        return False

    pilot = assembled(piece.how.pilot).pilot
    try:
        yield from Moments(recording, pilot, piece.how.stride, wanted, tally, piece.within_ns)
    except InputError as error:
        tally.broken.add(str(error))


@lru_cache(maxsize=1)
def assembled(settings: PilotSettings) -> Assembled:
    """The model, loaded once in each process."""
    return assemble(settings)
