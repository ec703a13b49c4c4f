"""A bag for each recording of a run: what was planned and foreseen, beside what was seen."""

from __future__ import annotations

import shutil
from pathlib import Path

from vavam_ros.bags.clip_bag import RIG_FRAME
from vavam_ros.bags.input_copy import copy_input
from vavam_ros.bags.writer import BagWriter
from vavam_ros.commands.evaluating.album import plan_of
from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.revisit import (
    Visit,
    cannot_foresee,
    in_batches,
    predictor_of,
    stacked,
    token_windows,
    visits,
)
from vavam_ros.commands.evaluating.run import Evaluated
from vavam_ros.commands.evaluating.trajectories import inside
from vavam_ros.commands.frame_prediction import Choice, Pixels
from vavam_ros.driving.pilot import Pilot
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.records import CameraFrame, TokenWindow

# As the planner publishes them.
PATH, CANDIDATES = '/planner/path', '/planner/candidates'
PREDICTED = '/planner/predicted_image'


def write_bags(evaluated: Evaluated, how: How, pilot: Pilot, folder: Path) -> list[Path]:
    """One in `folder` for each recording with windows; all or nothing of each.

    Messages are stamped like the frames that they answer. What an attempt before finished is
    kept; what it left unfinished is made anew. InputError where there is no room.
    """
    made = []
    for visit in visits(evaluated, how, evaluated.windows):
        path = inside(folder, visit.windows[0].recording)
        if not path.exists():
            shutil.rmtree(path.with_name(f'{path.name}.partial'), ignore_errors=True)
            _write(visit, how, pilot, path)
        made.append(path)
    return made


def _write(visit: Visit, how: How, pilot: Pilot, path: Path) -> None:
    with BagWriter(path) as writer:
        copy_input(visit.recording, pilot.camera.mount, writer, how.topics.use_camera_info)
        for window in visit.windows:
            plan = plan_of(window)
            writer.write_path(PATH, plan, RIG_FRAME)
            writer.write_candidates(CANDIDATES, plan, RIG_FRAME)
        if cannot_foresee(pilot) is None:
            _write_predicted(visit, how, pilot, writer)


def _write_predicted(visit: Visit, how: How, pilot: Pilot, writer: BagWriter) -> None:
    """Of each window the next frame, at the stamp of the one that it was predicted from."""
    predictor = predictor_of(pilot)
    windows = list(token_windows(visit.recording, how, pilot, visit.stamps_ns).values())
    for part in in_batches(windows, how.sampling.batch):
        for window, tokens in zip(
            part, predictor.predicted(stacked(part), 1, Choice())[:, 0], strict=True
        ):
            writer.write_image(PREDICTED, _ahead(window, predictor.picture(tokens)))


def _ahead(window: TokenWindow, image: Pixels) -> CameraFrame:
    """How far ahead it is stands in the frame_id."""
    newest = window.frames[-1]
    return CameraFrame(newest.stamp_ns, f'{newest.camera}/plus_{STEP_S:.1f}s', image)
