"""Time the engine against the plain way of doing the same work, in one run on the same weights.

The plain way is written out in commands/plain_way.py. Before the figures are shown, both must
have given the same plan and the same tokens; otherwise the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros import __version__
from vavam_ros.commands.bench_evaluate import run_evaluator
from vavam_ros.commands.bench_rig import Rig, engine_tokens
from vavam_ros.commands.machine import MachinePeak, measured_peak, peak_memory_gb
from vavam_ros.commands.plain_way import PlainWay
from vavam_ros.commands.stopwatch import Stopwatch
from vavam_ros.driving.assembly import usable_device
from vavam_ros.driving.noise import flow_noise
from vavam_ros.driving.planning import flat_tokens
from vavam_ros.driving.settings import DTYPES
from vavam_ros.errors import InputError
from vavam_ros.model.config import PRESETS
from vavam_ros.records import DriveCommand, TokenWindow

SAME_PLAN_M = 0.02  # float32 summed in another order, through the steps of the flow and x70
EXACT_DTYPES = ('float32', 'float64')  # the others are too coarse to compare two ways by
COMMAND = DriveCommand.STRAIGHT


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument('--preset', choices=tuple(PRESETS), default='tiny', help='size (tiny)')
    parser.add_argument('--samples', type=int, default=8, help='K of the K-sample rows (8)')
    parser.add_argument('--tokens', type=int, help='tokens of a frame to time (the whole frame)')
    parser.add_argument(
        '--repeats',
        type=int,
        help='runs of every piece (5; above tiny 3 of the engine, 1 of frames and the plain way)',
    )
    parser.add_argument('--device', default='cpu', help='torch device, such as cuda (cpu)')
    parser.add_argument('--dtype', choices=DTYPES, default='float32', help='(float32)')
    parser.add_argument('--threads', type=int, help='CPU threads (as torch decides)')
    parser.add_argument(
        '--plain-samples',
        action='store_true',
        help='time the plain way with K samples above tiny too',
    )
    parser.add_argument(
        '--evaluate',
        metavar='RECORDING',
        nargs='?',
        const='',
        help='time the evaluator instead, by windows side by side; without RECORDING it makes one',
    )
    parser.add_argument('--out', type=Path, help='write the figures to this JSON file as well')


def run(arguments: argparse.Namespace) -> int:
    """Time both ways, check that they agree, print the table."""
    _check(arguments)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.evaluate is not None:
        return run_evaluator(arguments)
    device, dtype = usable_device(arguments.device), getattr(torch, arguments.dtype)
    machine = measured_peak(device, dtype)
    rig = Rig(arguments.preset, arguments.samples, arguments.device, dtype)
    count = min(arguments.tokens or rig.cells, rig.cells)
    large = arguments.preset != 'tiny'
    repeats = arguments.repeats or (3 if large else 5)
    few = arguments.repeats or (1 if large else 5)
    print(f'the engine, {repeats} run(s) of each piece, {few} of frames', file=sys.stderr)
    ours, our_tokens = time_engine(rig, repeats, few, count)
    peak_gb = peak_memory_gb(device)
    print(f'the plain way, {few} run(s) of each piece', file=sys.stderr)
    many = arguments.plain_samples or not large
    plain, difference_m, plain_tokens = time_plain(rig, few, count, many)
    figures = {
        'preset': arguments.preset,
        'version': __version__,
        'samples': arguments.samples,
        'tokens': count,
        'device': arguments.device,
        'dtype': arguments.dtype,
        'machine': asdict(machine),
        'engine_s': ours,
        'plain_s': plain,
        'peak_memory_gb': peak_gb,
        'largest_plan_difference_m': difference_m,
        'equal_tokens': float((our_tokens == plain_tokens).mean()),
        **derived(rig, ours, plain, machine, count),
    }
    print(table(figures))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1) + '\n')
        print(f'\nwritten to {arguments.out}')
    return verdict(figures)


def _check(arguments: argparse.Namespace) -> None:
    for name in ('samples', 'tokens', 'repeats', 'threads'):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            raise InputError(f'--{name} is {value}: it must be at least 1')
    if arguments.out and not arguments.out.resolve().parent.is_dir():
        raise InputError(f'--out {arguments.out}: there is no folder {arguments.out.parent}')


def time_engine(
    rig: Rig, repeats: int, frames: int, count: int
) -> tuple[dict[str, float], NDArray[np.int64]]:
    """Median seconds of each piece, and the tokens made."""
    watch = Stopwatch(rig.device)
    rig.fill()
    for _ in range(repeats):
        for name, pilot in (('path, K samples', rig.pilot), ('path, 1 sample', rig.single)):
            watch.time('prepare', rig.pilot.prepare)
            frame = rig.next_frame()
            watch.time(name, partial(pilot.observe, frame, COMMAND))
        watch.time('tokenise', partial(rig.tokenise, rig.drive[-1]))
    rig.last_plan = rig.single.plan(COMMAND)
    rig.pilot.prepare()
    for _ in range(frames):
        tokens = watch.time('frame', lambda: engine_tokens(rig.pilot.context, count))
    return watch.medians(), tokens


def time_plain(
    rig: Rig, repeats: int, count: int, many: bool
) -> tuple[dict[str, float], float, NDArray[np.int64]]:
    """The same pieces; and how far its plan is from the engine's, in metres."""
    watch, plain = Stopwatch(rig.device), PlainWay(rig.planner, rig.tokenizer, rig.camera)
    config = rig.planner.config
    plan = rig.last_plan
    assert plan is not None
    noise = {
        pilot: flow_noise(pilot.settings, plan.stamp_ns, config.action_horizon, config.action_dim)
        for pilot in (rig.single, rig.pilot)
    }
    window = rig.pilot.window()
    assert window is not None
    start = flat_tokens(TokenWindow(window.frames[1:]).tokens)[0].reshape(-1)
    for _ in range(repeats):
        one = watch.time(
            'path, 1 sample', lambda: plain.plan(rig.images(), COMMAND, noise[rig.single])
        )
        if many:
            watch.time(
                'path, K samples', lambda: plain.plan(rig.images(), COMMAND, noise[rig.pilot])
            )
        watch.time('prefill', lambda: plain.prefill(start[None]))
        tokens = watch.time('frame', lambda: plain.next_tokens(start, count))
    return watch.medians(), float(np.abs(one - plan.samples_in_rig).max()), tokens


def derived(
    rig: Rig, ours: dict[str, float], plain: dict[str, float], machine: MachinePeak, count: int
) -> dict[str, Any]:
    """Ratios, and achieved against peak speed."""
    ratios = {name: plain[name] / ours[name] for name in plain if name in ours}
    per_token_s = {
        'engine': ours['frame'] / count,
        'plain': (plain['frame'] - plain['prefill']) / count,
    }
    achieved_gflops = rig.prefill_gflop() / ours['prepare']
    achieved_gbytes = rig.token_gbyte() / per_token_s['engine']
    return {
        'plain_over_engine': {**ratios, 'token': per_token_s['plain'] / per_token_s['engine']},
        'token_s': per_token_s,
        'k_samples_over_one': ours['path, K samples'] / ours['path, 1 sample'],
        'sustained_plans_per_s': 1 / (ours['path, 1 sample'] + ours['prepare']),
        'prefill_gflop_per_s': achieved_gflops,
        'prefill_share_of_peak': achieved_gflops / machine.gflop_per_s,
        'token_gbyte_per_s': achieved_gbytes,
        'token_share_of_peak': achieved_gbytes / machine.gbyte_per_s,
    }


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""
    ours, plain, ratios = figures['engine_s'], figures['plain_s'], figures['plain_over_engine']
    samples = figures['samples']
    rows = [
        ('image to path, 1 sample', 'path, 1 sample', 'at least 6x for S'),
        (f'image to path, {samples} samples', 'path, K samples', ''),
        (f'predicted frame, {figures["tokens"]} tokens', 'frame', 'at least 1.5x for S'),
    ]
    lines = ['', f'{"seconds (median)":<34}{"plain":>10}{"engine":>10}{"ratio":>8}']
    for label, name, target in rows:
        left = f'{plain[name]:10.3f}' if name in plain else f'{"not run":>10}'
        ratio = f'{ratios[name]:7.1f}x' if name in ratios else ' ' * 8
        lines.append(f'{label:<34}{left}{ours[name]:10.3f}{ratio}  {target}')
    token = figures['token_s']
    lines += [
        f'{"one token":<34}{token["plain"]:10.4f}{token["engine"]:10.4f}{ratios["token"]:7.1f}x',
        f'{"tokenise one frame":<34}{"":>10}{ours["tokenise"]:10.3f}',
        f'{"prepare, between frames":<34}{"":>10}{ours["prepare"]:10.3f}',
        '',
        f'{samples} samples cost {figures["k_samples_over_one"]:.2f}x one (target: at most 1.25x)',
        f'sustained: {figures["sustained_plans_per_s"]:.3f} plans/s (the models run at 2 Hz)',
        f"engine's peak memory: {figures['peak_memory_gb']:.2f} GB (target for S: under 3 GB)",
        _share('prepare', figures, 'prefill', 'gflop_per_s', 'GFLOP/s'),
        _share('token loop', figures, 'token', 'gbyte_per_s', 'GB/s'),
        f'machine: {figures["machine"]["processor"]}; {figures["device"]}, {figures["dtype"]}',
        f'largest difference of the plans: {figures["largest_plan_difference_m"] * 1000:.3f} mm; '
        f'{figures["equal_tokens"]:.2%} of the tokens equal',
    ]
    return '\n'.join(lines)


def _share(label: str, figures: dict[str, Any], key: str, unit_key: str, unit: str) -> str:
    return (
        f'{label}: {figures[f"{key}_{unit_key}"]:.1f} {unit}, '
        f'{figures[f"{key}_share_of_peak"]:.0%} of the {figures["machine"][unit_key]:.1f} measured'
    )


def verdict(figures: dict[str, Any]) -> int:
    """0 when both ways agree; speed is shown, not judged."""
    if figures['dtype'] not in EXACT_DTYPES:
        print(
            f'in {figures["dtype"]} the two ways round differently, so their agreement is not '
            'judged: run once with --dtype float32'
        )
        return 0
    if figures['largest_plan_difference_m'] <= SAME_PLAN_M and figures['equal_tokens'] == 1:
        return 0
    print('error: the two ways do not agree, so the figures mean nothing', file=sys.stderr)
    return 1
