"""Sections of the page for each recording: what it is, its map, what happens over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vavam_ros.commands.evaluating.page_map import drive_map
from vavam_ros.commands.evaluating.page_svg import Plot
from vavam_ros.commands.evaluating.page_tables import Lines, window_counts
from vavam_ros.commands.evaluating.page_time import over_time
from vavam_ros.commands.evaluating.run import RecordingResult
from vavam_ros.commands.evaluating.summary import Judged
from vavam_ros.evaluation.displacement import displacement
from vavam_ros.evaluation.window import Window

DRAWN_MOST = 20  # recordings with plots: the page must stay small enough to send


@dataclass(frozen=True)
class DriveSection:
    """Of one recording."""

    anchor: str
    name: str
    path: str
    seconds: float
    expected: int
    evaluated: int
    failed: int
    ade_m: float | None  # mean, up to 3 s; None: no window has a truth
    surprise_nats: float | None
    counts: Lines
    description: tuple[str, ...]
    warnings: tuple[str, ...]
    maps: tuple[Plot, ...]  # empty: not one of the worst, or without a truth
    times: tuple[Plot, ...]  # error, changes of mind, surprise


def drive_sections(judged: Judged) -> tuple[DriveSection, ...]:
    """In the run's order; the worst have plots."""
    windows: dict[str, list[Window]] = {one.name: [] for one in judged.evaluated.recordings}
    for one in judged.evaluated.windows:
        windows[one.recording].append(one)
    errors = {name: _mean_ade_m(own) for name, own in windows.items()}
    drawn = _drawn(windows, errors)
    return tuple(
        _section(at, one, windows[one.name], errors[one.name], one.name in drawn)
        for at, one in enumerate(judged.evaluated.recordings)
    )


def _drawn(
    windows: Mapping[str, Sequence[Window]], errors: Mapping[str, float | None]
) -> frozenset[str]:
    """Those with the highest errors; of those without a truth, the first."""
    worst_first = sorted(
        (name for name, own in windows.items() if own), key=lambda name: -(errors[name] or 0.0)
    )
    return frozenset(worst_first[:DRAWN_MOST])


def _section(
    at: int, result: RecordingResult, windows: Sequence[Window], ade_m: float | None, drawn: bool
) -> DriveSection:
    nats = [one.frame.nats for one in windows if one.frame is not None]
    name = f'recording-{at}'
    return DriveSection(
        anchor=name,
        name=result.name,
        path=str(result.path),
        seconds=result.duration_s,
        expected=result.tally.expected,
        evaluated=result.tally.evaluated,
        failed=result.tally.failed.total(),
        ade_m=ade_m,
        surprise_nats=float(np.mean(nats)) if nats else None,
        counts=window_counts(result.tally),
        description=result.description,
        warnings=result.warnings,
        maps=tuple(drive_map(name, windows)) if drawn else (),
        times=tuple(over_time(name, windows)) if drawn else (),
    )


def _mean_ade_m(windows: Sequence[Window]) -> float | None:
    known = [(one.plan, one.truth) for one in windows if one.truth is not None]
    if not known:
        return None
    plans, truths = (np.stack(each) for each in zip(*known, strict=True))
    return float(displacement(plans, truths).ade_3s_m.mean())
