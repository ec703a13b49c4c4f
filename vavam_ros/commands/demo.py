"""Let the planner drive in a simulated town, or plan on a clip; leave pictures and figures.

Without --clip, simulator, planner, commander and controller run as real nodes, in lock-step, and
a car drives itself by what its camera sees, in a town that no training has seen. The folder then
holds drive.mp4, drive.png, route.png, report.json and the recorded bag.

With --clip, the clip becomes a bag that is played to the planner: demo.gif, paths.png,
report.json and the recorded bag.

All processes run in a ROS domain of their own on this machine.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Protocol

from vavam_ros.commands.demo_folder import DemoFolder, demo_folder
from vavam_ros.commands.demo_terminal import say
from vavam_ros.commands.demo_weights import add_weights
from vavam_ros.errors import InputError
from vavam_ros.geometry.training_camera import TRAINING_HFOV_DEG
from vavam_ros.simulation.world import MOVING, STARTS

_OF_A_CLIP, _OF_A_DRIVE = ('hfov', 'rate'), ('seed', 'seconds', 'start')


class Demo(Protocol):
    """One of the two."""

    def prepare(self, folder: DemoFolder) -> None:
        """Do what can fail for what the user gave, while an earlier demo is still there."""

    def run(self, folder: DemoFolder) -> None:
        """Run the nodes, and leave the results."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add('--clip', type=Path, metavar='FOLDER', help='plan on this: a folder with frames.csv')
    add(
        '--out',
        type=Path,
        required=True,
        metavar='FOLDER',
        help="made, or an earlier demo's replaced; any other folder that is not empty is refused",
    )
    add_weights(parser)
    add('--seed', type=int, help='without --clip: of the town; default: one that is held out')
    add('--seconds', type=float, help='without --clip: to drive; default: 60')
    add(
        '--start',
        choices=STARTS,
        help=f"without --clip: moving is at the place's limit speed; default: {MOVING}",
    )
    add(
        '--hfov',
        metavar='DEG',
        type=float,
        help="with --clip: the camera's horizontal field of view, as for vavam make-bag; "
        f"default: the training camera's {TRAINING_HFOV_DEG}",
    )
    add(
        '--rate',
        type=float,
        help='with --clip: replay speed, low enough to leave time for predicted frames; '
        'default: 0.5',
    )


def run(arguments: argparse.Namespace) -> None:
    """Check everything that was given, then run; InputError says what did not work."""
    demo = _demo(arguments)
    with demo_folder(arguments.out) as folder:
        demo.prepare(folder)
        folder.start_anew()
        try:
            demo.run(folder)
        except InputError as error:
            folder.write_failure(str(error))
            raise InputError(f'{error}{_logs_left(folder)}') from error
        except KeyboardInterrupt:
            folder.write_failure('stopped by a signal')
            say(f'stopped; no process is left running{_logs_left(folder)}')
            raise
        shutil.rmtree(folder.logs)


def _demo(arguments: argparse.Namespace) -> Demo:
    strange, needed = (_OF_A_DRIVE, 'without') if arguments.clip else (_OF_A_CLIP, 'with')
    for name in strange:
        if getattr(arguments, name) is not None:
            raise InputError(f'--{name} has a meaning only {needed} --clip')
    # Here, so that neither needs what only the other one does.
    if arguments.clip:
        from vavam_ros.commands.demo_clip import clip_demo

        return clip_demo(arguments)
    from vavam_ros.commands.demo_drive import drive_demo

    return drive_demo(arguments)


def _logs_left(folder: DemoFolder) -> str:
    logs = ', '.join(str(log) for log in sorted(folder.logs.glob('*.log')))
    return f' (what they said: {logs})' if logs else ''
