"""All figures of a run, for the model and for plans that need no camera, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vavam_ros.evaluation.baseline_plans import BASELINES
from vavam_ros.evaluation.bootstrap import Interval, mean_interval
from vavam_ros.evaluation.breakdown import by_bend, by_command, by_speed, intervals_by_bin
from vavam_ros.evaluation.columns import Columns
from vavam_ros.evaluation.command_effect import command_effect
from vavam_ros.evaluation.consistency import consistency, successive
from vavam_ros.evaluation.deviation import deviation
from vavam_ros.evaluation.displacement import best_of_samples, displacement, distances_m
from vavam_ros.evaluation.figure import HIGHER, LOWER, NEITHER, Figure, Floats, about, figures_of
from vavam_ros.evaluation.plan_comfort import plan_comfort
from vavam_ros.evaluation.seed_noise import SeedNoise, seed_noise
from vavam_ros.evaluation.spread import LEAST_SAMPLES, Calibration, calibration, sample_spread
from vavam_ros.records import DriveCommand

MODEL = 'model'
BROKEN_DOWN = ('ade_3s_m', 'fde_3s_m', 'missed', 'aside_abs_m', 'ahead_abs_m')


@dataclass(frozen=True, eq=False)
class FrameFigures:
    """How well the video model expects the newest frame; arrays [N]."""

    surprise_nats: Floats = field(metadata=about('nats', LOWER, "per token, the model's"))
    copy_nats: Floats = field(
        metadata=about('nats', NEITHER, 'per token, of expecting the last frame again')
    )
    unigram_nats: Floats = field(
        metadata=about('nats', NEITHER, 'per token, of knowing how frequent each token is')
    )
    token_accuracy: Floats = field(
        metadata=about('', HIGHER, 'share of tokens that were the likeliest')
    )
    kept_tokens: Floats = field(
        metadata=about('', NEITHER, 'share of cells whose token is that of the frame before')
    )


@dataclass(frozen=True, eq=False)
class Reading:
    """One figure of a run, and how sure it is."""

    figure: Figure
    interval: Interval | None  # None: no window has it
    seeds: SeedNoise | None  # None: not of plans that were drawn more than once


@dataclass(frozen=True)
class BrokenDown:
    """Figures by one kind of windows."""

    name: str
    counts: Mapping[str, int]  # windows by bin
    figures: Mapping[str, Mapping[str, Mapping[str, Interval | None]]]  # bin, source, figure


@dataclass(frozen=True, eq=False)
class OpenLoop:
    """A run's figures; sources are the model and the baselines by name."""

    windows: int
    groups: int  # that intervals take as independent
    groups_are: str
    readings: Mapping[str, tuple[Reading, ...]]  # by source
    horizons: Mapping[str, tuple[Interval | None, ...]]  # by source: distance at each waypoint, m
    breakdowns: tuple[BrokenDown, ...]
    calibration: Calibration | None  # None: too few samples a window


def open_loop(columns: Columns) -> OpenLoop:
    """Of all windows with a truth."""
    sources = {
        MODEL: columns.plans,
        **{name: of(columns.motion) for name, of in BASELINES.items()},
    }
    figures = {name: list(_plan_figures(columns, plans)) for name, plans in sources.items()}
    seeds = _seed_noises(columns)
    figures[MODEL] += list(_model_figures(columns))
    enough = columns.samples.shape[1] >= LEAST_SAMPLES
    return OpenLoop(
        windows=len(columns),
        groups=columns.independent.count,
        groups_are=columns.independent.kind,
        readings={
            name: tuple(_reading(columns, one, seeds if name == MODEL else {}) for one in found)
            for name, found in figures.items()
        },
        horizons={name: _by_horizon(columns, plans) for name, plans in sources.items()},
        breakdowns=_breakdowns(columns, figures),
        calibration=calibration(columns.samples, columns.truths) if enough else None,
    )


def _plan_figures(columns: Columns, plans: Floats) -> Iterable[Figure]:
    """What any plan has."""
    yield from figures_of(displacement(plans, columns.truths))
    yield from figures_of(deviation(plans, columns.truths))
    yield from figures_of(plan_comfort(plans))
    yield from _consistency(columns, plans)


def _model_figures(columns: Columns) -> Iterable[Figure]:
    """What only drawn plans have, and the video model."""
    yield from figures_of(best_of_samples(columns.samples, columns.truths))
    if columns.samples.shape[1] >= LEAST_SAMPLES:
        yield from figures_of(sample_spread(columns.samples, columns.truths))
    if columns.by_command is not None:
        by = columns.by_command
        yield from figures_of(
            command_effect(
                by[DriveCommand.LEFT], by[DriveCommand.STRAIGHT], by[DriveCommand.RIGHT]
            )
        )
    yield from figures_of(FrameFigures(*columns.frames))


def _consistency(columns: Columns, plans: Floats) -> Iterable[Figure]:
    """Of windows with one half a second after them; NaN for the others."""
    rows, later = successive(columns.stamps_ns, columns.sequences)
    poses = columns.poses
    found = consistency(plans[rows], plans[later], poses[rows], poses[later])
    for one in figures_of(found):
        assert one.by_window is not None
        spread_out = np.full(len(columns), np.nan)
        spread_out[rows] = one.by_window
        yield Figure(one.name, one.unit, one.lower_is_better, one.meaning, one.value, spread_out)


def _seed_noises(columns: Columns) -> dict[str, SeedNoise | None]:
    """By figure, of those that every seed's plans have."""
    if not len(columns.repeat_plans):
        return {}
    plans = [columns.plans, *columns.repeat_plans]
    samples = [columns.samples, *columns.repeat_samples]
    rows: dict[str, list[Floats]] = {}
    for plan, drawn in zip(plans, samples, strict=True):
        groups: tuple[Any, ...] = (
            displacement(plan, columns.truths),
            deviation(plan, columns.truths),
            plan_comfort(plan),
            best_of_samples(drawn, columns.truths),
        )
        for one in (figure for group in groups for figure in figures_of(group)):
            assert one.by_window is not None
            rows.setdefault(one.name, []).append(one.by_window)
    return {name: seed_noise(np.stack(values)) for name, values in rows.items()}


def _reading(columns: Columns, figure: Figure, seeds: Mapping[str, SeedNoise | None]) -> Reading:
    assert figure.by_window is not None
    interval = mean_interval(figure.by_window, columns.independent.groups)
    within = None if interval is None else interval.within(*figure.bounds)
    return Reading(figure, within, seeds.get(figure.name))


def _by_horizon(columns: Columns, plans: Floats) -> tuple[Interval | None, ...]:
    off_m = distances_m(plans, columns.truths)
    found = (mean_interval(column, columns.independent.groups) for column in off_m.T)
    return tuple(None if one is None else one.within(0.0, math.inf) for one in found)


def _breakdowns(
    columns: Columns, figures: Mapping[str, Sequence[Figure]]
) -> tuple[BrokenDown, ...]:
    kinds = (
        by_command(columns.commands),
        by_speed(columns.motion.speeds_mps),
        by_bend(columns.truths),
    )
    found = []
    for kind in kinds:
        table: dict[str, dict[str, dict[str, Interval | None]]] = {one: {} for one in kind.bins}
        for source, many in figures.items():
            for figure in (one for one in many if one.name in BROKEN_DOWN):
                assert figure.by_window is not None
                groups = columns.independent.groups
                for name, one in intervals_by_bin(figure.by_window, kind, groups).items():
                    within = None if one is None else one.within(*figure.bounds)
                    table[name].setdefault(source, {})[figure.name] = within
        found.append(BrokenDown(kind.name, kind.counts, table))
    return tuple(found)
