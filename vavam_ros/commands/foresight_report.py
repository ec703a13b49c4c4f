"""What `vavam foresight` found: as JSON, and as tables for the terminal."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.commands.foresight_drives import KINDS, Moment
from vavam_ros.commands.foresight_scores import TokenLosses
from vavam_ros.commands.frame_prediction import (
    COPY,
    COPY_OF_TOKENS,
    PREDICTED,
    TOKENIZER,
    PictureScores,
)
from vavam_ros.evaluation.estimate import Estimate, estimate
from vavam_ros.geometry.ego_track import STEP_S

ALL = 'all'
CLOSER = 'predicted_closer_than_copy'
_LOSSES = {
    'model': 'the model',
    'copy': 'copy of the last frame',
    'unigram': 'unigram',
    'kept': '(share of cells that keep their token)',
}
_SOURCES = {
    PREDICTED: 'predicted',
    COPY: 'last frame, as it was',
    COPY_OF_TOKENS: 'last frame, through its tokens',
    TOKENIZER: 'real frame, through its tokens',
}

Numbers = dict[str, Estimate | None]
Floats = NDArray[np.float64]


class ForesightFigures:
    """All windows taken together, with the spread over drives."""

    def __init__(
        self, moments: tuple[Moment, ...], losses: TokenLosses, scores: PictureScores
    ) -> None:
        self._drives = np.array([one.drive for one in moments])
        self._kinds = np.array([one.kind for one in moments])
        self._losses, self._scores = losses, scores
        self.frames = scores.psnr_db[PREDICTED].shape[1]

    @property
    def kinds(self) -> dict[str, int]:
        """Windows of each kind that there is, and of all."""
        counts = {kind: int((self._kinds == kind).sum()) for kind in KINDS}
        return {ALL: len(self._kinds), **{kind: n for kind, n in counts.items() if n}}

    def nats(self, newest_only: bool) -> Numbers:
        """Losses by who, of frames that have one before them or of those after a full context."""
        first = -1 if newest_only else 1
        return {
            name: self._estimate(table[:, first:].mean(axis=1))
            for name, table in vars(self._losses).items()
        }

    def nats_by_frames_before(self) -> list[float]:
        """The model's, for 0, 1, 2, ... frames before."""
        return [float(value) for value in self._losses.model.mean(axis=0)]

    def pictures(self, measure: str, kind: str) -> dict[str, list[Estimate | None]]:
        """`psnr_db` or `ssim` by source, frame by frame, of windows of one kind."""
        table: dict[str, Floats] = dict(getattr(self._scores, measure))
        table[CLOSER] = (table[PREDICTED] > table[COPY]).astype(np.float64)
        table['predicted_minus_copy'] = table[PREDICTED] - table[COPY]
        return {
            name: [self._estimate(column, kind) for column in values.T]
            for name, values in table.items()
        }

    def as_json(self, counted_in: str) -> dict[str, Any]:
        """JSON values; `counted_in` says what the baselines know."""
        return {
            'baselines_counted_in': counted_in,
            'next_token_nats': {
                'frames_after_the_first': _told(self.nats(newest_only=False)),
                'frames_after_full_context': _told(self.nats(newest_only=True)),
                'model_by_frames_before': self.nats_by_frames_before(),
            },
            'ahead_s': [STEP_S * step for step in range(1, self.frames + 1)],
            'pictures': {
                kind: {
                    'windows': count,
                    **{
                        measure: {
                            name: [one and asdict(one) for one in row]
                            for name, row in self.pictures(measure, kind).items()
                        }
                        for measure in ('psnr_db', 'ssim')
                    },
                }
                for kind, count in self.kinds.items()
            },
        }

    def tables(self, counted_in: str) -> list[str]:
        """For a terminal; `counted_in` says what the baselines know."""
        lines = ['next-token loss, nats per token: mean and standard error over drives']
        lines += _aligned([['', 'after the first frame', 'full context'], *self._loss_rows()])
        lines.append(f'(the baselines were counted in {counted_in})')
        each = ', '.join(f'{value:.2f}' for value in self.nats_by_frames_before())
        lines.append(f'the model with 0, 1, 2, ... frames before: {each}')
        for kind, count in self.kinds.items():
            ahead = [f'+{STEP_S * step:.1f} s' for step in range(1, self.frames + 1)]
            lines += ['', f'{kind}, {count} windows: PSNR in dB, SSIM']
            lines += _aligned([['', *ahead], *self._picture_rows(kind)])
        return lines

    def _loss_rows(self) -> list[list[str]]:
        columns = [self.nats(newest_only) for newest_only in (False, True)]
        return [
            [text, *(_shown(one[name], 3) for one in columns)] for name, text in _LOSSES.items()
        ]

    def _picture_rows(self, kind: str) -> list[list[str]]:
        psnr, ssim = (self.pictures(measure, kind) for measure in ('psnr_db', 'ssim'))
        rows = [
            [
                f'  {text}',
                *(
                    f'{_shown(one, 1)}, {_shown(other, 2, error=False)}'
                    for one, other in zip(psnr[name], ssim[name], strict=True)
                ),
            ]
            for name, text in _SOURCES.items()
        ]
        closer = [f'{100 * one.mean:.0f} %' if one else '-' for one in psnr[CLOSER]]
        return [*rows, ['  predicted closer than the last frame', *closer]]

    def _estimate(self, values: Floats, kind: str = ALL) -> Estimate | None:
        chosen = (self._kinds == kind) | (kind == ALL)
        return estimate(values[chosen], self._drives[chosen])


def _told(numbers: Numbers) -> dict[str, Any]:
    return {name: one and asdict(one) for name, one in numbers.items()}


def _shown(one: Estimate | None, digits: int, error: bool = True) -> str:
    if one is None:
        return '-'
    beside = f' +- {one.standard_error:.{digits}f}' if error and one.standard_error else ''
    return f'{one.mean:.{digits}f}{beside}'


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        row[0].ljust(widths[0])
        + ''.join(cell.rjust(width + 3) for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
