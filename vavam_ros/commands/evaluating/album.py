"""Pictures of an evaluation: its worst windows, what was planned there, and what was foreseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bridge.overlay import Way, plan_overlay
from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.quality import PictureQuality, picture_quality
from vavam_ros.commands.evaluating.revisit import (
    Picture,
    Viewer,
    Visit,
    cannot_foresee,
    predictor_of,
    spread_out,
    stacked,
    token_windows,
    visits,
)
from vavam_ros.commands.evaluating.run import Evaluated
from vavam_ros.commands.frame_prediction import Choice, Pixels
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.planning import spread
from vavam_ros.evaluation.baseline_plans import BASELINES
from vavam_ros.evaluation.displacement import distances_m
from vavam_ros.evaluation.ego_motion import EgoMotion
from vavam_ros.evaluation.window import Window
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.records import NS_PER_S, Plan

WORST = 8  # windows that are shown
COMPARED = 16  # windows whose predicted frames are compared with the real ones
DRIVEN_COLOUR = (255, 64, 208)  # far from anything on a road
BASELINE, BASELINE_COLOUR = 'constant turn rate and velocity', (110, 200, 255)
_STEP_NS = round(STEP_S * NS_PER_S)


@dataclass(frozen=True, eq=False)
class Shot:
    """One window in pictures [H, W, 3] RGB."""

    window: Window
    painted: NDArray[np.uint8]  # the newest frame, as the model sees it but larger, and the plans
    real_next: NDArray[np.uint8] | None  # 0.5 s later, at the model's size; None: not recorded
    predicted_next: NDArray[np.uint8] | None  # None: the tokenizer only encodes
    into_s: float  # from the recording's first frame to this one


@dataclass(frozen=True, eq=False)
class Album:
    """All pictures of a run."""

    shots: tuple[Shot, ...]  # the worst first
    quality: PictureQuality | None  # None: `notes` say why
    notes: tuple[str, ...] = ()
    worst: int = WORST  # windows that were to be shown


def make_album(
    evaluated: Evaluated, how: How, pilot: Pilot, worst: int = WORST, compared: int = COMPARED
) -> Album:
    """The same for the same run; reads again what of the recordings it needs."""
    why_not = cannot_foresee(pilot)
    notes = [why_not] if why_not else []
    shots: list[Shot] = []
    chosen = worst_windows(evaluated.windows, worst)
    for visit in visits(evaluated, how, chosen):
        if visit.recording.has_tokens and not pilot.tokenizer.can_decode:
            notes.append(f'{visit.windows[0].recording}: tokens, which nothing here can decode')
            continue
        shots += _shots(visit, how, pilot, why_not is None)
    order = {(one.recording, one.stamp_ns): place for place, one in enumerate(chosen)}
    shots.sort(key=lambda shot: order[shot.window.recording, shot.window.stamp_ns])
    quality = None
    if compared and not why_not:
        quality = picture_quality(evaluated, how, pilot, compared)
        if quality is None:
            notes.append('no window has pictures of all the frames after it to compare with')
    return Album(tuple(shots), quality, tuple(notes), worst)


def worst_windows(windows: Sequence[Window], count: int) -> list[Window]:
    """Those with the greatest ADE at 3 s; where none has a truth, evenly spread ones."""
    judged = [one for one in windows if one.truth is not None]
    if not judged:
        return spread_out(windows, count)
    return sorted(judged, key=lambda one: (-_ade_m(one), one.recording, one.stamp_ns))[:count]


def plan_of(window: Window, what_ifs: bool = True) -> Plan:
    """The plan that its row holds."""
    samples = window.samples.astype(np.float32)
    others = {command: rows.astype(np.float32) for command, rows in window.what_ifs.items()}
    return Plan(
        stamp_ns=window.stamp_ns,
        command=window.command,
        waypoints_in_rig=window.plan.astype(np.float32),
        samples_in_rig=samples,
        spread_m=spread(samples),
        context_frames=window.context_frames,
        step_s=STEP_S,
        what_ifs_in_rig=others if what_ifs else {},
    )


def _ade_m(window: Window) -> float:
    return float(distances_m(window.plan, window.truth).mean()) if window.truth is not None else 0


def _shots(visit: Visit, how: How, pilot: Pilot, foreseen: bool) -> Iterator[Shot]:
    recording, viewer = visit.recording, Viewer(pilot)
    times = [at for stamp_ns in visit.stamps_ns for at in (stamp_ns, stamp_ns + _STEP_NS)]
    stamps = set(visit.stamps_ns)
    pictures: dict[int, Picture] = {}
    views: dict[int, Pixels] = {}
    for time_ns, frame in viewer.pictures(recording, times):
        views[time_ns] = viewer.view(frame)
        if time_ns in stamps:
            pictures[time_ns] = viewer.picture(frame, recording.has_tokens)
    predicted = _predicted(visit, how, pilot) if foreseen else {}
    first_ns = next(iter(recording.frames())).stamp_ns
    for window in visit.windows:
        if window.stamp_ns not in pictures:
            continue
        into_s = (window.stamp_ns - first_ns) / NS_PER_S
        yield Shot(
            window=window,
            painted=painted(window, pictures[window.stamp_ns], into_s),
            real_next=views.get(window.stamp_ns + _STEP_NS),
            predicted_next=predicted.get(window.stamp_ns),
            into_s=into_s,
        )


def _predicted(visit: Visit, how: How, pilot: Pilot) -> dict[int, Pixels]:
    """The next frame as the video model expects it, by stamp of the newest."""
    found = token_windows(visit.recording, how, pilot, visit.stamps_ns)
    if not found:
        return {}
    predictor = predictor_of(pilot)
    frames = predictor.predicted(stacked(found.values()), 1, Choice())[:, 0]
    return {stamp_ns: predictor.picture(one) for stamp_ns, one in zip(found, frames, strict=True)}


def painted(window: Window, picture: Picture, into_s: float) -> Pixels:
    """Plan and samples, where it was driven, and the best of the plans that need no camera."""
    captions = [f'{into_s:.1f} s  {window.command.name.lower()}{_told(window)}']
    if picture.assumed:
        captions.append(picture.assumed)
    return plan_overlay(
        picture.sharp,
        plan_of(window, what_ifs=False),
        picture.camera,
        captions,
        beside=list(_beside(window)),
    )


def _told(window: Window) -> str:
    speed = '' if window.speed_mps is None else f'  {3.6 * window.speed_mps:.0f} km/h'
    return speed if window.truth is None else f'{speed}  ADE {_ade_m(window):.2f} m'


def _beside(window: Window) -> Iterator[Way]:
    if window.speed_mps is not None and window.yaw_rate_radps is not None:
        motion = EgoMotion(np.array([window.speed_mps]), np.array([window.yaw_rate_radps]))
        yield Way(BASELINE, BASELINES[BASELINE](motion)[0], BASELINE_COLOUR)
    if window.truth is not None:
        yield Way('driven', window.truth, DRIVEN_COLOUR)
