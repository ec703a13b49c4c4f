"""How far an evaluation is: a line for each finished piece, and now and then one in between."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from vavam_ros.commands.evaluating.piece import Piece, PieceResult

EVERY_S = 10.0  # between two lines


class Telling:
    """Of pieces that are evaluated one after the other."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = len(pieces)
        self._finished = self._windows = 0
        self._due_s = time.monotonic() + EVERY_S

    def row(self, piece: Piece) -> None:
        """One more window of a piece is done."""
        self._windows += 1
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + EVERY_S
            about = max(self._windows, round(piece.cost / piece.how.stride.seconds))
            tell(
                f'{piece.name}: {self._windows} of about {about} windows; {self._finished} of '
                f'{self._pieces} recordings done'
            )

    def finish(self, result: PieceResult) -> None:
        """A piece is done."""
        self._windows, self._finished = 0, self._finished + 1
        tell(f'{finished(result)}; {self._finished} of {self._pieces}')


def finished(result: PieceResult) -> str:
    """What became of a piece."""
    tally = result.tally
    failed = f', {tally.failed.total()} FAILED' if tally.failed else ''
    broken = ', then it BROKE OFF' if tally.broken else ''
    return f'{result.piece.name}: {tally.evaluated} of {tally.expected} windows{failed}{broken}'


def tell(line: str) -> None:
    """To whoever waits."""
    print(line, file=sys.stderr, flush=True)
