"""Plots of a whole run: errors, calibration, consistency, commands, predicted frames, time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vavam_ros.commands.evaluating.page_errors import (
    DASHES,
    MARKERS,
    ROOM,
    STANDING,
    error_by_horizon,
    error_by_kind,
    source_colours,
)
from vavam_ros.commands.evaluating.page_svg import (
    BAD,
    MODEL_COLOUR,
    MUTED,
    SOURCE_COLOURS,
    Plot,
    legend_below,
    plotted,
)
from vavam_ros.commands.evaluating.page_text import counted, number, short, span
from vavam_ros.commands.evaluating.summary import Judged, model_readings
from vavam_ros.evaluation.columns import Columns
from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.kinematics import arc_curvatures_per_m
from vavam_ros.evaluation.open_loop import MODEL, OpenLoop
from vavam_ros.evaluation.spread import Calibration
from vavam_ros.geometry.polyline import from_origin
from vavam_ros.records import DriveCommand

if TYPE_CHECKING:
    from vavam_ros.commands.evaluating.quality import PictureQuality

_BINS = 24


def run_plots(judged: Judged, columns: Columns, quality: PictureQuality | None) -> Iterator[Plot]:
    """All that the run has something for, in the page's order."""
    loop = judged.open_loop
    if loop is not None:
        yield error_by_horizon(loop, columns)
        yield from error_by_kind(loop)
        if loop.calibration is not None:
            yield _calibrated(loop.calibration)
        yield from _changes(loop)
        if columns.by_command is not None:
            yield _commands(columns.by_command, len(columns))
    yield from _wheel(judged)
    if quality is not None:
        yield from _pictures(quality)
    if judged.evaluated.batches_s:
        yield _latency(judged)


def _calibrated(found: Calibration) -> Plot:
    spread = [one.spread_m for one in found.bins]
    error = [one.error_m for one in found.bins]
    end = ROOM * max([*spread, *error, 0.1])

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(
            xlabel='spread of the samples at 3 s, m', ylabel='error of their mean at 3 s, m',
            xlim=(0, end), ylim=(0, end), aspect='equal',
        )  # fmt: skip
        axes.plot([0, end], [0, end], color=MUTED, linestyle='--', linewidth=1)
        axes.plot(spread, error, 'o-', color=MODEL_COLOUR, markersize=6, linewidth=1.2)
        axes.text(0.03 * end, 0.93 * end, 'too sure', color=MUTED)
        axes.text(0.97 * end, 0.04 * end, 'too unsure', color=MUTED, ha='right')

    ratios = ', '.join(
        'none' if one is None else number(one)
        for one in (found.ratio_1s, found.ratio_2s, found.ratio_3s)
    )
    rank = 'none' if found.rank_correlation is None else f'{found.rank_correlation:.2f}'
    counts = sorted({one.windows for one in found.bins})
    caption = (
        f'Rms of {len(found.bins)} bins of {"-".join(map(str, counts))} windows, by spread; a '
        f'calibrated model is on the diagonal. Spread over error at 1, 2, 3 s: {ratios} '
        f'(calibrated: 1). Rank correlation: {rank}.'
    )
    return plotted('calibration', 'Does the spread know the error?', caption, 3.6, draw)


def _changes(loop: OpenLoop) -> Iterator[Plot]:
    reading = model_readings(loop).get('change_m')
    if reading is None or reading.interval is None:
        return
    by_source = {
        source: one.figure.by_window[~np.isnan(one.figure.by_window)]
        for source, readings in loop.readings.items()
        for one in readings
        if one.figure.name == 'change_m' and one.figure.by_window is not None
    }
    del_standing = {name: found for name, found in by_source.items() if name != STANDING}
    end = float(max(np.quantile(found, 0.98) for found in del_standing.values())) * ROOM
    colours = source_colours(loop.readings)

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='mean distance of the two plans, m', ylabel='windows')
        entries = {}
        edges = np.linspace(0, max(end, 0.1), min(_BINS, 6 + len(by_source[MODEL]) // 4))
        for name, found in del_standing.items():
            counts, _ = np.histogram(np.clip(found, 0, edges[-1]), edges)
            axes.stairs(counts, edges, color=colours[name], linewidth=1.8 if name == MODEL else 1)
            if name == MODEL:
                axes.stairs(counts, edges, color=colours[name], fill=True, alpha=0.25)
            entries[short(name)] = Line2D([], [], color=colours[name], linewidth=1.8)
        axes.set(xlim=(0, edges[-1]), ylim=(0, None))
        legend_below(figure, entries)

    mean = f'{number(reading.interval.value)} m'
    within = span(reading.interval, reading.figure)
    caption = (
        f'How far a plan is from the one half a second before, for the times of both. The '
        f"model's: {mean} in the mean{f' ({within})' if within else ''}, over "
        f'{counted(reading.interval.windows, "pair")}. The last bar has what is beyond, too.'
    )
    yield plotted('consistency', 'Does it change its mind?', caption, 3.2, draw)


def _commands(by_command: Mapping[DriveCommand, Floats], windows: int) -> Plot:
    colours = (SOURCE_COLOURS[0], MODEL_COLOUR, SOURCE_COLOURS[1])
    wanted = (DriveCommand.LEFT, DriveCommand.STRAIGHT, DriveCommand.RIGHT)

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='m ahead', ylabel='m to the left', aspect='equal')
        axes.set_adjustable('datalim')
        entries = {}
        for command, colour, marker in zip(wanted, colours, '<o>', strict=True):
            way = from_origin(by_command[command].mean(axis=0).astype(np.float32))
            entries[command.name.lower()] = axes.plot(
                *way.T, color=colour, marker=marker, markersize=5, linewidth=1.8
            )[0]
        legend_below(figure, entries, 3)

    caption = (
        f'The mean plan of the same {counted(windows, "window")} under each command: how much the '
        'command alone changes.'
    )
    return plotted('commands', 'What the command changes', caption, 2.9, draw)


def _wheel(judged: Judged) -> Iterator[Plot]:
    own = [one for one in judged.evaluated.windows if one.steering is not None]
    if judged.steering is None or not own:
        return
    wheel = np.array([one.steering for one in own], np.float64)
    bends = arc_curvatures_per_m(np.stack([one.plan for one in own]))

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='driven wheel, left positive', ylabel='planned, 1/m')
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.plot(wheel, bends, 'o', color=MODEL_COLOUR, markersize=4, alpha=0.6)

    caption = f'{counted(len(own), "window")}; equal signs are the same side.'
    yield plotted('wheel', 'Planned bend against the driven wheel', caption, 3.2, draw)


def _pictures(quality: PictureQuality) -> Iterator[Plot]:
    for name, title, unit, table in (
        ('psnr', 'Predicted frames: PSNR', 'dB', quality.psnr_db),
        ('ssim', 'Predicted frames: SSIM', 'structural similarity', quality.ssim),
    ):
        yield _quality(name, title, unit, table, quality)


def _quality(
    name: str,
    title: str,
    unit: str,
    table: Mapping[str, Sequence[float]],
    quality: PictureQuality,
) -> Plot:
    colours = (MODEL_COLOUR, *SOURCE_COLOURS)

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='s ahead', ylabel=unit)
        entries = {}
        for at, (source, values) in enumerate(table.items()):
            entries[source.replace('_', ' ')] = axes.plot(
                quality.steps_s, values, color=colours[at % 5], marker=MARKERS[at % 5],
                linestyle=DASHES[at % 5], markersize=4, linewidth=1.8,
            )[0]  # fmt: skip
        legend_below(figure, entries)

    caption = (
        f'Against the real frames of {counted(quality.windows, "window")}; more is better. The '
        "tokenizer's own is the most that predicted tokens can reach."
    )
    return plotted(name, title, caption, 3.0, draw)


def _latency(judged: Judged) -> Plot:
    batches = judged.evaluated.batches_s
    counts = np.array([count for count, _ in batches])
    each_s = np.array([took for _, took in batches]) / counts

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='s for each window', ylabel='windows')
        edges = np.linspace(0, ROOM * float(each_s.max()), _BINS)
        found, _ = np.histogram(each_s, edges, weights=counts)
        axes.stairs(found, edges, color=MODEL_COLOUR, fill=True, alpha=0.7)
        axes.axvline(float(np.median(each_s)), color=BAD, linestyle='--', linewidth=1.2)
        axes.set(xlim=(0, edges[-1]), ylim=(0, None))

    kept = judged.evaluated.kept
    before = f' {counted(kept, "window")} of an attempt before are not in it.' if kept else ''
    caption = (
        f'{counted(len(batches), "batch", "batches")} of {counted(int(counts.sum()), "window")}; '
        f'half of the batches took less than {float(np.median(each_s)):.3g} s a window (dashed). '
        f'All seeds, commands and baselines are in it, reading and encoding too.{before}'
    )
    return plotted('latency', 'Time', caption, 2.8, draw)
