"""Windows a second of the evaluator, by how many are planned side by side.

One window at a time is the plain way. Every size goes through the same recording with the same
weights, in turns, and must give the same rows to the byte; otherwise the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from vavam_ros import __version__
from vavam_ros.bags.recording import Recording, open_recording
from vavam_ros.commands.bench_rig import Rig
from vavam_ros.commands.evaluating.moments import Moments, Stride
from vavam_ros.commands.evaluating.windows import Sampling, WindowPlanner
from vavam_ros.commands.stopwatch import Stopwatch
from vavam_ros.driving.assembly import usable_device
from vavam_ros.driving.pilot import Pilot
from vavam_ros.errors import InputError
from vavam_ros.evaluation.tally import Tally
from vavam_ros.geometry.ego_track import STEP_S

SIZES = (1, 2, 4, 8, 16)
SEEDS = 3
SPEED_MPS = 5.0


def run_evaluator(arguments: argparse.Namespace) -> int:
    """Time all sizes, check that their rows are equal, print the table."""
    device, dtype = usable_device(arguments.device), getattr(torch, arguments.dtype)
    pilot = Rig(arguments.preset, arguments.samples, arguments.device, dtype).pilot
    with tempfile.TemporaryDirectory() as folder:
        path = Path(arguments.evaluate or _made_up(Path(folder), pilot))
        recording = open_recording(path)
        watch = Stopwatch(device)
        repeats = arguments.repeats or (1 if arguments.preset != 'tiny' else 3)
        rows = _time(recording, pilot, repeats, watch)
    seconds = watch.medians()
    windows = len(rows[1])
    if not windows:
        raise InputError(f'{path} has no window to plan for: give a recording with more frames')
    figures = {
        'preset': arguments.preset,
        'version': __version__,
        'device': arguments.device,
        'dtype': arguments.dtype,
        'threads': torch.get_num_threads(),
        'recording': arguments.evaluate or 'made up',
        'windows': windows,
        'samples': arguments.samples,
        'seeds': SEEDS,
        'repeats': repeats,
        'windows_per_s': {size: windows / seconds[_name(size)] for size in SIZES},
        'over_one_at_a_time': {
            size: seconds[_name(1)] / seconds[_name(size)] for size in SIZES
        },
        'equal_rows': {size: rows[size] == rows[1] for size in SIZES},
    }  # fmt: skip
    print(table(figures))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1) + '\n')
        print(f'\nwritten to {arguments.out}')
    if all(figures['equal_rows'].values()):
        return 0
    print('error: the rows depend on the batch, so the figures mean nothing', file=sys.stderr)
    return 1


def _time(
    recording: Recording, pilot: Pilot, repeats: int, watch: Stopwatch
) -> Mapping[int, list[str]]:
    """The rows by size. The first turn of each warms it up, and its time does not count."""
    planners = {size: WindowPlanner(pilot, 'bench', Sampling(SEEDS, size)) for size in SIZES}
    rows = {}
    for size in SIZES:
        print(f'  warming up, {_name(size)}', file=sys.stderr, flush=True)
        rows[size] = _rows(recording, pilot, planners[size])
    for turn in range(repeats):
        for size in SIZES[:: 1 if turn % 2 == 0 else -1]:
            again = watch.time(_name(size), partial(_rows, recording, pilot, planners[size]))
            if again != rows[size]:
                rows[size] = again  # they differ from themselves, so from those of the others
    return rows


def _rows(recording: Recording, pilot: Pilot, planner: WindowPlanner) -> list[str]:
    """All lines of results.jsonl, as `vavam evaluate` makes them."""
    tally = Tally()
    moments = Moments(recording, pilot, Stride(), lambda stamp_ns: True, tally)
    rows = [window.line() for window in planner.windows(moments, tally)]
    if tally.failed or tally.broken:
        raise InputError(tally.objections()[0])
    return rows


def _name(size: int) -> str:
    return f'{size} side by side' if size > 1 else 'one at a time'


def _made_up(folder: Path, pilot: Pilot) -> Path:
    """A clip straight ahead with pictures of coarse noise, and windows for the largest batch."""
    rows, columns = pilot.camera.height_px // 16, pilot.camera.width_px // 16
    rng, horizon = np.random.default_rng(0), pilot.planner.config.action_horizon
    lines = ['stamp,file,x,y,yaw,v']
    for number in range(pilot.settings.context_frames - 1 + max(SIZES) + horizon):
        coarse = rng.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
        name = f'{number:04d}.png'
        Image.fromarray(coarse.repeat(16, axis=0).repeat(16, axis=1)).save(folder / name)
        stamp_s = number * STEP_S
        lines.append(f'{1 + stamp_s:.6f},{name},{SPEED_MPS * stamp_s:.6f},0,0,{SPEED_MPS}')
    (folder / 'frames.csv').write_text('\n'.join(lines) + '\n')
    return folder


def table(figures: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = ['', f'{"evaluation":<20}{"windows/s":>12}{"ratio":>8}  rows']
    for size, speed in figures['windows_per_s'].items():
        ratio = figures['over_one_at_a_time'][size]
        same = 'equal to the byte' if figures['equal_rows'][size] else 'DIFFERENT'
        lines.append(f'{_name(size):<20}{speed:12.2f}{ratio:7.2f}x  {same}')
    return '\n'.join([
        *lines,
        '',
        f'{figures["windows"]} windows, {figures["samples"]} samples, {figures["seeds"]} seeds; '
        f'medians of {figures["repeats"]} run(s) in turns',
        f'preset {figures["preset"]}, random weights; {figures["device"]}, {figures["dtype"]}, '
        f'{figures["threads"]} thread(s)',
    ])  # fmt: skip
