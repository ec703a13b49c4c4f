"""Windows of two runs as pictures: both plans on the camera image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vavam_ros.bags.recording import Recording, open_recording
from vavam_ros.bags.recording_topics import NO_TRUTH, RecordingTopics
from vavam_ros.bridge.overlay import Way, plan_overlay
from vavam_ros.commands.comparing.report import Compared
from vavam_ros.commands.comparing.runs import Run
from vavam_ros.commands.evaluating.album import DRIVEN_COLOUR, plan_of
from vavam_ros.commands.evaluating.piece import assembled
from vavam_ros.commands.evaluating.revisit import Viewer
from vavam_ros.commands.frame_prediction import Pixels
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.evaluation.window import Window

BEFORE_COLOUR = (110, 200, 255)


@dataclass(frozen=True, eq=False)
class WorstChange:
    """One window whose plan got worse."""

    before: Window
    after: Window
    grown_m: float  # its ADE at 3 s
    painted: Pixels | None  # [H, W, 3] RGB: B's plan as planned, A's beside it; None: see the note
    note: str  # why there is no picture


def worst_changes(compared: Compared) -> list[WorstChange]:
    """The worst first; with the reason where a recording cannot be shown."""
    worst = compared.worst()
    try:
        pilot = _pilot(compared.after)
    except InputError as error:
        return [WorstChange(*one, None, str(error)) for one in worst]
    return list(_pictures(compared, worst, pilot))


def _pilot(run: Run) -> Pilot:
    """That a run was made with: what the model sees is cut and resampled by it."""
    if run.summary is None:
        raise InputError(f'{run.path} has no summary.json that says what was seen')
    try:
        settings = PilotSettings(**run.summary['settings']['pilot'])
    except (KeyError, TypeError) as error:
        raise InputError(f'{run.path}: its summary.json does not say how it planned') from error
    return assembled(settings).pilot


def _pictures(
    compared: Compared, worst: Sequence[tuple[Window, Window, float]], pilot: Pilot
) -> Iterator[WorstChange]:
    for before, after, grown_m in worst:
        painted, note = _painted_or_why(compared, before, after, pilot)
        yield WorstChange(before, after, grown_m, painted, note)


def _painted_or_why(
    compared: Compared, before: Window, after: Window, pilot: Pilot
) -> tuple[Pixels | None, str]:
    try:
        return _painted(_recording(compared, before.recording), before, after, pilot), ''
    except InputError as error:
        return None, str(error)


def _recording(compared: Compared, name: str) -> Recording:
    for run in (compared.after, compared.before):
        for one in (run.summary or {}).get('recordings', []):
            if one.get('name') == name and 'path' in one:
                return open_recording(Path(one['path']), _topics(run))
    raise InputError(f'no summary.json says where {name} is')


def _topics(run: Run) -> RecordingTopics:
    """As the run had them, but the truth, which its windows hold."""
    try:
        chosen = RecordingTopics.from_json((run.summary or {})['settings']['topics'])
    except (KeyError, TypeError) as error:
        raise InputError(f'{run.path}: its summary.json does not say what it read') from error
    return replace(chosen, truth=NO_TRUTH)


def _painted(recording: Recording, before: Window, after: Window, pilot: Pilot) -> Pixels:
    viewer = Viewer(pilot)
    for _, frame in viewer.pictures(recording, [after.stamp_ns]):
        picture = viewer.picture(frame, recording.has_tokens)
        beside = [Way('A', before.plan, BEFORE_COLOUR)]
        if after.truth is not None:
            beside.append(Way('driven', after.truth, DRIVEN_COLOUR))
        captions = [one for one in ('plan: B', picture.assumed) if one]
        plan = plan_of(after, what_ifs=False)
        return plan_overlay(picture.sharp, plan, picture.camera, captions, beside=beside)
    raise InputError(f'{recording.path} has no picture at {after.stamp_ns} ns')
