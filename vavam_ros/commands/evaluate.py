"""Say how well a model plans on recorded drives: numbers with intervals, plots, a page.

Reads bags (rosbag2, ROS 1), clip folders, and whole trees of them, and drives the same pilot as
the planner node, without ROS and the same on every run. A killed run goes on with the same
command. Exit status: 0 for a valid run, 1 for an invalid one, which says why.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vavam_ros import __version__
from vavam_ros.bags.tree import find_recordings
from vavam_ros.commands.evaluating.album import make_album
from vavam_ros.commands.evaluating.arguments import add_arguments, how_of
from vavam_ros.commands.evaluating.bags import write_bags
from vavam_ros.commands.evaluating.colours import colour_test
from vavam_ros.commands.evaluating.folder import EvaluationFolder
from vavam_ros.commands.evaluating.judge import judged
from vavam_ros.commands.evaluating.page import write_page
from vavam_ros.commands.evaluating.page_text import counted
from vavam_ros.commands.evaluating.piece import How, assembled
from vavam_ros.commands.evaluating.run import (
    Evaluated,
    Runner,
    evaluate_recordings,
    in_workers,
    run_here,
)
from vavam_ros.commands.evaluating.summary import Judged, as_json, lines_of
from vavam_ros.commands.evaluating.telling import tell
from vavam_ros.commands.evaluating.trajectories import write_trajectories
from vavam_ros.driving.pilot import Pilot

INVALID = 1
PARTS = 16  # at most, of a recording on a cluster, whose size is not known before


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate, write everything into the folder, print the verdict."""
    how = how_of(arguments)
    paths = find_recordings(arguments.recordings)
    folder = EvaluationFolder(arguments.out)
    identity = assembled(how.pilot).identity
    done = folder.begin(_about(how, paths, asdict(identity)))
    kept = sum(map(len, done.values()))
    print(f'{counted(len(paths), "recording")}, weights {identity.weights}', flush=True)
    if kept:
        print(f'{folder.path}: going on after {counted(kept, "window")}', flush=True)
    evaluated = evaluate_recordings(
        paths, how, folder, _runner(arguments), done, PARTS if arguments.ray else arguments.workers
    )
    if evaluated is None:
        print(f'{folder.path}: stopped; the same command goes on')
        return 130
    _show_found(evaluated)
    tell('now the predicted frames and the page')
    pilot = assembled(how.pilot).pilot
    album = make_album(evaluated, how, pilot, arguments.worst, arguments.compared)
    colours = colour_test(evaluated, how, pilot)
    verdict = judged(evaluated, how, identity, arguments.command_line, colours, album.quality)
    write_trajectories(evaluated, how, folder.trajectories)
    if arguments.write_bag:
        _write_bags(evaluated, how, pilot, folder)
    write_page(folder.report, verdict, album)
    _write(folder, verdict)
    print(''.join(f'  note: {note}\n' for note in album.notes), end='')
    return 0 if verdict.valid else INVALID


def _runner(arguments: argparse.Namespace) -> Runner:
    if arguments.ray:
        from vavam_ros.commands.evaluating.ray_cluster import on_ray  # an optional dependency

        return on_ray(arguments.ray)
    return in_workers(arguments.workers) if arguments.workers > 1 else run_here


def _about(how: How, paths: Mapping[str, Path], identity: Mapping[str, Any]) -> dict[str, Any]:
    """What the rows of an attempt before must have been made with; JSON values."""
    return {
        'package version': __version__,
        'recordings': {name: str(path.resolve()) for name, path in paths.items()},
        'weights': identity['weights'],
        'tokenizer': identity['tokenizer'],
        'pilot settings': asdict(how.pilot),
        'topics': how.topics.as_json(),
        'stride': how.stride.seconds,
        'seeds': how.sampling.seeds,
    }


def _show_found(evaluated: Evaluated) -> None:
    for one in evaluated.recordings:
        print('\n'.join([one.name, *(f'  {line}' for line in one.description)]))
    print(flush=True)


def _write_bags(evaluated: Evaluated, how: How, pilot: Pilot, folder: EvaluationFolder) -> None:
    for path in write_bags(evaluated, how, pilot, folder.bags):
        print(f'{path}: images, plans and predicted frames')


def _write(folder: EvaluationFolder, verdict: Judged) -> None:
    folder.finish(verdict.evaluated.lines, as_json(verdict))
    print('\n'.join(lines_of(verdict)))
    print(f'{folder.results}: one row for each window')
    print(f'{folder.summary}: every figure')
    print(f'{folder.report}: the page')
