"""Whether the images have red and blue exchanged: which way the tokenizer knows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.revisit import Viewer, predictor_of, spread_out, visits
from vavam_ros.commands.evaluating.run import Evaluated
from vavam_ros.commands.frame_prediction import FramePredictor, Pixels
from vavam_ros.driving.pilot import Pilot
from vavam_ros.evaluation.flags import ColourTest
from vavam_ros.evaluation.picture_quality import psnr_db

COLOUR_IMAGES = 12  # that are looked at


def colour_test(
    evaluated: Evaluated, how: How, pilot: Pilot, count: int = COLOUR_IMAGES
) -> ColourTest | None:
    """Of the newest images of up to `count` windows, spread over the run.

    None without pictures, and where the tokenizer only encodes.
    """
    if not pilot.tokenizer.can_decode:
        return None
    viewer, predictor = Viewer(pilot), predictor_of(pilot)
    views = [
        viewer.view(frame)
        for visit in visits(evaluated, how, spread_out(evaluated.windows, count))
        if not visit.recording.has_tokens
        for _, frame in viewer.pictures(visit.recording, visit.stamps_ns)
    ]
    return colours_of(predictor, views) if views else None


def colours_of(predictor: FramePredictor, views: Sequence[Pixels]) -> ColourTest:
    """Of pictures [H, W, 3] at the model's size."""
    swapped = [np.ascontiguousarray(view[..., ::-1]) for view in views]
    return ColourTest(
        tuple(_kept_db(predictor, view) for view in views),
        tuple(_kept_db(predictor, view) for view in swapped),
    )


def _kept_db(predictor: FramePredictor, view: Pixels) -> float:
    """How close the picture comes to itself through its tokens."""
    return psnr_db(predictor.picture(predictor.tokenizer.encode(view)), view)
