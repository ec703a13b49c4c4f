"""A whole evaluation: recordings, cut into pieces, through workers, merged into one result."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vavam_ros.bags.recording import Recording, open_recording
from vavam_ros.commands.evaluating.folder import EvaluationFolder
from vavam_ros.commands.evaluating.moments import ALWAYS
from vavam_ros.commands.evaluating.piece import (
    How,
    Piece,
    PieceResult,
    assembled,
    evaluate_piece,
)
from vavam_ros.commands.evaluating.telling import Telling, finished, tell
from vavam_ros.commands.evaluating.tokens import check_tokens
from vavam_ros.commands.recorded_view import RecordedView, view_of
from vavam_ros.commands.work_pool import finished_of
from vavam_ros.errors import InputError
from vavam_ros.evaluation.tally import Tally, total
from vavam_ros.evaluation.window import Window, window_of
from vavam_ros.records import NS_PER_S

PART_S = 60.0  # of a recording that several workers share

Runner = Callable[[Sequence[Piece], EvaluationFolder], 'list[PieceResult] | None']


@dataclass
class RecordingResult:
    """What was found in one recording, and what became of its windows."""

    name: str
    path: Path
    description: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tally: Tally = field(default_factory=Tally)
    frames: int = 0
    duration_s: float = 0.0
    view: RecordedView | None = None  # None: it could not be opened


@dataclass(frozen=True, eq=False)
class Evaluated:
    """All of a run."""

    recordings: tuple[RecordingResult, ...]
    lines: tuple[str, ...]  # of results.jsonl, by recording and stamp
    windows: tuple[Window, ...]  # the same
    batches_s: tuple[tuple[int, float], ...]  # of this attempt: windows, and how long they took
    kept: int  # windows of an attempt before

    @property
    def tally(self) -> Tally:
        """Of all recordings."""
        return total(one.tally for one in self.recordings)


def evaluate_recordings(
    paths: Mapping[str, Path], how: How, folder: EvaluationFolder, runner: Runner,
    done: Mapping[str, Mapping[int, str]], parts: int = 1,
) -> Evaluated | None:  # fmt: skip
    """Evaluate recordings by name; None after Ctrl-C.

    `done` are lines of an attempt before. A recording that cannot be opened is raised as
    InputError where it is the only one, and otherwise counts as broken.
    """
    results, pieces = {}, []
    for name, path in paths.items():
        results[name] = one = RecordingResult(name, path)
        try:
            recording, pilot = open_recording(path, how.topics), assembled(how.pilot).pilot
            check_tokens(recording, pilot, how.stride)
            view = view_of(recording, pilot.camera)
        except InputError as error:
            if len(paths) == 1:
                raise
            one.tally.broken.add(str(error))
            continue
        said = (view.description, *(f'WARNING: {line}' for line in view.warnings))
        one.description, one.view = (*recording.description, *said), view
        one.warnings = (*recording.warnings, *view.warnings)
        one.frames, one.duration_s = recording.frame_count, recording.duration_ns / NS_PER_S
        stamps = frozenset(done.get(name, {}))
        pieces += pieces_of(recording, name, how, stamps, parts)
    found = runner(pieces, folder) if pieces else []
    if found is None:
        return None
    lines = {name: dict(done.get(name, {})) for name in paths}
    for result in found:
        results[result.piece.name].tally.add(result.tally)
        for line in result.lines:
            window = window_of(line)
            lines[window.recording][window.stamp_ns] = line
    merged = tuple(line for name in paths for _, line in sorted(lines[name].items()))
    return Evaluated(
        tuple(results.values()),
        merged,
        tuple(window_of(line) for line in merged),
        tuple(batch for result in found for batch in result.batches_s),
        sum(map(len, done.values())),
    )


def pieces_of(
    recording: Recording, name: str, how: How, done: frozenset[int], parts: int
) -> list[Piece]:
    """A recording in up to `parts` pieces of a minute or more each; all together are all of it."""
    seconds = recording.duration_ns / NS_PER_S
    count = max(1, min(parts, int(seconds // PART_S)))
    if count == 1:
        return [Piece(recording.path, name, how, ALWAYS, done, max(1, round(seconds)))]
    first_ns = next(iter(recording.frames())).stamp_ns
    edges = [first_ns + round(part * recording.duration_ns / count) for part in range(1, count)]
    bounds = [ALWAYS[0], *edges, ALWAYS[1]]
    return [
        Piece(recording.path, name, how, (low, high), done, max(1, round(seconds / count)))
        for low, high in itertools.pairwise(bounds)
    ]


def run_here(pieces: Sequence[Piece], folder: EvaluationFolder) -> list[PieceResult] | None:
    """One after the other, in this process."""
    telling, results = Telling(pieces), []
    try:
        for piece in pieces:
            results.append(_to_file(piece, folder.part(), telling))
            telling.finish(results[-1])
    except KeyboardInterrupt:
        return None
    return results


def in_workers(workers: int) -> Runner:
    """In so many processes of this machine."""

    def run(pieces: Sequence[Piece], folder: EvaluationFolder) -> list[PieceResult] | None:
        jobs = [_Job(piece, folder) for piece in pieces]
        found = finished_of(
            _work, jobs, workers, 'recordings or parts of them', lambda one: tell(finished(one))
        )
        if found.error:
            raise found.error
        return None if found.partial else found.results

    return run


@dataclass(frozen=True)
class _Job:
    """A piece for a worker process, which keeps its rows itself."""

    piece: Piece
    folder: EvaluationFolder

    @property
    def cost(self) -> int:
        return self.piece.cost


def _work(job: _Job) -> PieceResult:
    return _to_file(job.piece, job.folder.part())


def kept_in_file(path: Path, lines: Iterable[str]) -> None:
    """Append lines as they come; InputError when the disk is full, with all before it kept."""
    try:
        with open(path, 'a', encoding='utf-8') as file:
            for line in lines:
                file.write(f'{line}\n')
                file.flush()
    except OSError as error:
        raise InputError(
            f'{path.parent} cannot be written ({os.strerror(error.errno or 0)}): the windows that '
            'are there stay; the same command goes on once there is room'
        ) from error


def _to_file(piece: Piece, path: Path, telling: Telling | None = None) -> PieceResult:
    def sink(line: str) -> None:
        kept_in_file(path, [line])
        if telling:
            telling.row(piece)

    return evaluate_piece(piece, sink)
