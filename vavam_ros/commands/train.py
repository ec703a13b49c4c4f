"""Train a stage of the model on tokenised drives; the same command continues a stopped run.

OUT holds the run: checkpoint.pt (of the last save), metrics.csv and loss.png, and at the end the
weights in our own format: vavim.safetensors, vavam.safetensors or tokenizer.safetensors. Ctrl-C
saves and stops.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
from pathlib import Path
from typing import Any, get_args

from vavam_ros.commands.description import described
from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import write_checkpoint
from vavam_ros.model.config import PRESETS
from vavam_ros.training.settings import Precision, RunSettings, Strategy

STAGES = ('video', 'action', 'tokenizer')
WEIGHTS = {'video': 'vavim', 'action': 'vavam', 'tokenizer': 'tokenizer'}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add('stage', metavar='STAGE', choices=STAGES, help=f'one of {", ".join(STAGES)}')
    add('--data', metavar='DIR', type=Path, required=True, help='what to train on')
    add('--out', metavar='DIR', type=Path, required=True, help='folder of the run')
    add('--preset', metavar='SIZE', help=f'fresh weights: one of {", ".join(PRESETS)}')
    add('--from', metavar='FILE', type=Path, dest='start', help='weights to go on with')
    add('--minutes', metavar='M', type=float, help='stop after them; the same command continues')
    add('--steps', metavar='N', type=int, help="default: the size's own")
    add('--batch', metavar='N', type=int, help="samples in a step; default: the size's own")
    add('--rate', metavar='R', type=float, help="peak learning rate; default: the size's own")
    add('--warmup', metavar='N', type=int, default=200, help='steps; default: 200')
    add('--decay-share', metavar='X', type=float, default=0.2, help='of the steps; default: 0.2')
    add('--draws', metavar='R', type=int, default=4, help='action: states per frame; default: 4')
    _settings(parser)
    add('--devices', metavar='N', type=int, default=1, help='processes; default: 1')
    add('--nodes', metavar='N', type=int, default=1, help='machines; default: 1')
    add('--accelerator', metavar='NAME', default='auto', help='auto, cpu, cuda; default: auto')
    add('--strategy', choices=get_args(Strategy), default='auto', help="Fabric's; default: auto")


def _settings(parser: argparse.ArgumentParser) -> None:
    """Arguments that are fields of RunSettings, with its defaults."""
    fields = {field.name: field.default for field in dataclasses.fields(RunSettings)}
    for name, kind, text in (
        ('weight_decay', float, 'of matrices'),
        ('seed', int, 'of weights, order and noise'),
        ('accumulate', int, 'parts that a step is computed in, to save memory'),
        ('log_every', int, 'steps between rows of metrics.csv'),
        ('validate_every', int, 'steps'),
        ('validation_samples', int, 'at most'),
        ('save_every_s', float, 'seconds; what a killed run loses at most'),
        ('workers', int, 'processes that load data'),
    ):
        flag = '--' + name.replace('_', '-').removesuffix('-s')
        shown = f'{text}; default: {fields[name]:g}'
        parser.add_argument(
            flag, metavar='N', type=kind, default=fields[name], dest=name, help=shown
        )
    parser.add_argument(
        '--precision',
        choices=get_args(Precision),
        default=fields['precision'],
        help='default: %(default)s',
    )


def run(arguments: argparse.Namespace) -> int:
    """Check what was given, train, write the weights; 0 when finished, 3 when stopped before."""
    from lightning_fabric import Fabric

    from vavam_ros.training.loop import Loop
    from vavam_ros.training.stages import build_stage

    logging.getLogger('lightning_fabric').setLevel(logging.WARNING)
    _make(arguments.out)
    plan = build_stage(
        arguments.stage,
        arguments.data,
        preset=arguments.preset,
        start=arguments.start,
        seed=arguments.seed,
        draws=arguments.draws,
        pictures=arguments.out / 'samples.png',
    )
    settings = plan.settings(
        {
            'steps': arguments.steps,
            'warmup': arguments.warmup,
            'decay_share': arguments.decay_share,
        },
        {'batch': arguments.batch, 'rate': arguments.rate, **_given(arguments)},
    )
    fabric = Fabric(
        accelerator=arguments.accelerator,
        devices=arguments.devices,
        num_nodes=arguments.nodes,
        strategy=_strategy(arguments),
        precision=settings.precision,
    )
    fabric.launch()
    if fabric.is_global_zero:
        print(plan.summary, flush=True)
    outcome = Loop(fabric, plan.stage, settings, arguments.out).run()
    if fabric.is_global_zero:
        _finish(arguments, plan, settings, outcome)
    return 0 if outcome.finished else 3


def _strategy(arguments: argparse.Namespace) -> str:
    """Fabric's name for it; the tokenizer's codes are not in use at first, which DDP must know."""
    several = arguments.devices * arguments.nodes > 1
    by_ddp = arguments.strategy == 'ddp' or (arguments.strategy == 'auto' and several)
    if arguments.stage == 'tokenizer' and by_ddp:
        return 'ddp_find_unused_parameters_true'
    return str(arguments.strategy)


def _finish(arguments: argparse.Namespace, plan: Any, settings: RunSettings, outcome: Any) -> None:
    out, steps = arguments.out, settings.schedule.steps
    if not outcome.finished:
        print(f'{out}: stopped at step {outcome.step} of {steps}; the same command continues')
        return
    provenance = plan.provenance | {
        'trained': True,
        'stage': arguments.stage,
        'steps': steps,
        'seed': settings.seed,
        'command': arguments.command_line,
        'losses': outcome.validation,
    }
    if arguments.stage == 'video':
        provenance['surprise_nats'] = outcome.validation['later']
    path = out / f'{WEIGHTS[arguments.stage]}.safetensors'
    checkpoint = plan.stage.checkpoint(provenance)
    write_checkpoint(checkpoint, path)
    print(f'{path}: {described(checkpoint)}')


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(RunSettings)} - {'batch', 'rate'}
    return {name: value for name, value in vars(arguments).items() if name in names}


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / '.writable'
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f'{folder}: cannot be written ({error.strerror or error})') from error
