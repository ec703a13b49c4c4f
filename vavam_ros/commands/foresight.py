"""Look at what the video model predicts: next-token losses, and predicted frames beside real ones.

In towns held out from training, driven now by the expert, or in recorded drives. Losses are
compared with those of two baselines, pictures with the last frame that was seen. The same numbers
on every run; docs/training.md says what each of them is.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vavam_ros.commands.foresight_drives import SeenDrive, moments_of
from vavam_ros.commands.foresight_model import Foreseer, load_foreseer
from vavam_ros.commands.foresight_picture import SHOWN, ForesightPicture, typical
from vavam_ros.commands.foresight_plan import ForesightPlan, boxed, check, plan_of
from vavam_ros.commands.foresight_report import ForesightFigures
from vavam_ros.commands.foresight_scores import (
    Seen,
    own_statistics,
    picture_scores,
    token_losses,
    tokenized,
)
from vavam_ros.commands.picture_sheet import GREY, YELLOW
from vavam_ros.errors import InputError
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS
from vavam_ros.training.baselines import TokenStatistics, statistics_of
from vavam_ros.training.table_file import write_bytes
from vavam_ros.training.windows import open_token_data


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    first, last = HELD_OUT_SEEDS[0], HELD_OUT_SEEDS[9]
    add('--weights', metavar='FILE', default='tiny', help="VaViM or VaVAM; default: the package's")
    add('--tokenizer', metavar='FILE', default='', help='the tokenizer that belongs to them')
    add('--seeds', metavar='A-B,C', default=f'{first}-{last}', help='towns; default: ten held out')
    add('--seconds', metavar='S', type=float, default=40.0, help='of each drive; default: 40')
    add('--data', metavar='DIR', type=Path, help='instead of towns: drives of vavam collect')
    add('--tokens', metavar='DIR', type=Path, help='training tokens, for the baselines to know')
    add('--frames', metavar='N', type=int, default=4, help='to predict, 0.5 s apart; default: 4')
    add('--context', metavar='N', type=int, help='frames to predict from; default: the most')
    add('--every', metavar='S', type=float, default=2.0, help='between moments; default: 2 s')
    add('--top-k', metavar='K', type=int, default=1, help='tokens to draw from; default: greedy')
    add('--temperature', metavar='X', type=float, default=1.0, help='of drawing; default: 1')
    add('--seed', metavar='N', type=int, default=0, help='of drawing; default: 0')
    add('--device', metavar='NAME', default='cpu', help='torch device; default: cpu')
    add('--workers', metavar='N', type=int, default=1, help='processes that drive; default: 1')
    add('--json', metavar='OUT', type=Path, help='write every figure')
    add('--picture', metavar='OUT.png', type=Path, help='write typical predictions as a picture')


def run(arguments: argparse.Namespace) -> int:
    """Predict, compare, print the tables; 130 after Ctrl-C."""
    check(arguments)
    foreseer = load_foreseer(arguments.weights, arguments.tokenizer, arguments.device)
    plan = plan_of(arguments, foreseer)
    known = _training_statistics(arguments.tokens, foreseer)
    drives = plan.drives(arguments.workers)
    if drives is None:
        return 130
    seen = _seen(plan, drives)
    warnings = plan.warnings(drives)
    told = plan.told(len(seen.moments), drives)
    print('\n'.join([told, plan.identities(), *boxed(warnings)]), flush=True)
    losses = token_losses(seen, foreseer, known or own_statistics(seen, foreseer))
    predicted = foreseer.predicted(seen.windows(plan.context), plan.frames, plan.choice)
    scores = picture_scores(seen, foreseer, predicted)
    figures = ForesightFigures(seen.moments, losses, scores)
    counted_in = 'training tokens' if known else 'the judged frames themselves'
    print('\n'.join(['', *figures.tables(counted_in), *boxed(warnings)]))
    if arguments.json:
        _write_json(arguments.json, plan.as_json(drives) | figures.as_json(counted_in))
    if arguments.picture:
        heading = [(f'{told}; {SHOWN}', GREY), *((line, YELLOW) for line in warnings)]
        chosen = typical(seen.moments, scores)
        picture = ForesightPicture(seen, predicted, scores, foreseer)
        write_bytes(arguments.picture, picture.png(chosen, heading))
        print(f'{arguments.picture}: {", ".join(one.what for one in chosen)}')
    return 0


def _seen(plan: ForesightPlan, drives: Sequence[SeenDrive]) -> Seen:
    before = plan.foreseer.video.config.nb_timesteps - 1  # whatever the context: so they compare
    moments = moments_of(drives, before, plan.frames, plan.every)
    return Seen(tuple(drives), tokenized(drives, plan.foreseer), moments)


def _training_statistics(folder: Path | None, foreseer: Foreseer) -> TokenStatistics | None:
    """What the baselines know of a folder of tokens; None where none is given."""
    if folder is None:
        return None
    data = open_token_data(folder, balance=0.0)
    data.check_fits(foreseer.video.config, str(folder))
    if data.tokenizer_identity != foreseer.tokenizer.identity:
        raise InputError(
            f'{folder} holds tokens of the tokenizer {data.tokenizer_identity}, the one given is '
            f'{foreseer.tokenizer.identity}: tokenize the drives with that one'
        )
    return statistics_of(data.training, foreseer.video.config.vocabulary_size)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_bytes(path, f'{json.dumps(content, indent=1)}\n'.encode())
    print(f'{path}: every figure')
