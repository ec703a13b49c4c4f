"""How close predicted frames come to the real ones, over windows spread over the whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.revisit import (
    Viewer,
    Visit,
    predictor_of,
    spread_out,
    stacked,
    token_windows,
    visits,
)
from vavam_ros.commands.evaluating.run import Evaluated
from vavam_ros.commands.frame_prediction import (
    Choice,
    Compared,
    FramePredictor,
    Pixels,
    Tokens,
    scores_of,
)
from vavam_ros.driving.pilot import Pilot
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.records import NS_PER_S, TokenWindow

STEPS = 4  # predicted, STEP_S apart
_STEP_NS = round(STEP_S * NS_PER_S)


@dataclass(frozen=True, eq=False)
class PictureQuality:
    """Means over windows, by source: predicted, copy, copy_of_tokens, tokenizer."""

    steps_s: tuple[float, ...]
    psnr_db: dict[str, tuple[float, ...]]  # by step
    ssim: dict[str, tuple[float, ...]]
    windows: int


def picture_quality(
    evaluated: Evaluated, how: How, pilot: Pilot, count: int
) -> PictureQuality | None:
    """Of up to `count` windows; None where none of them has pictures of all frames ahead."""
    chosen = spread_out(evaluated.windows, count)
    seen = [
        one
        for visit in visits(evaluated, how, chosen)
        if not visit.recording.has_tokens
        for one in _seen(visit, how, pilot)
    ]
    if not seen:
        return None
    predictor = predictor_of(pilot)
    windows = stacked(one.tokens for one in seen)
    predicted = predictor.predicted(windows, STEPS, Choice())
    scores = scores_of(
        _compared(predictor, one, made) for one, made in zip(seen, predicted, strict=True)
    )
    return PictureQuality(
        tuple(STEP_S * step for step in range(1, STEPS + 1)),
        {name: tuple(table.mean(axis=0).tolist()) for name, table in scores.psnr_db.items()},
        {name: tuple(table.mean(axis=0).tolist()) for name, table in scores.ssim.items()},
        len(seen),
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """A window, its newest frame and those that came after it."""

    tokens: TokenWindow
    views: Sequence[Pixels]  # 1 + STEPS


def _seen(visit: Visit, how: How, pilot: Pilot) -> Iterator[_Seen]:
    """Of the windows that have pictures of all frames ahead."""
    viewer = Viewer(pilot)
    times = {
        stamp_ns: [stamp_ns + step * _STEP_NS for step in range(STEPS + 1)]
        for stamp_ns in visit.stamps_ns
    }
    frames = viewer.pictures(visit.recording, (at for each in times.values() for at in each))
    views = {time_ns: viewer.view(frame) for time_ns, frame in frames}
    tokens = token_windows(visit.recording, how, pilot, visit.stamps_ns)
    for stamp_ns, wanted in times.items():
        if stamp_ns in tokens and all(at in views for at in wanted):
            yield _Seen(tokens[stamp_ns], [views[at] for at in wanted])


def _compared(predictor: FramePredictor, seen: _Seen, predicted: Tokens) -> Compared:
    last, *real = seen.views
    tokens = predictor.tokenizer.encode_all(real)
    return Compared(
        predicted=[predictor.picture(one) for one in predicted],
        real=real,
        real_through_tokens=[predictor.picture(one) for one in tokens],
        last=last,
        last_through_tokens=predictor.picture(np.asarray(seen.tokens.tokens[-1])),
    )
