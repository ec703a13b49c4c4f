"""Let the expert drive in a town of the embedded world, and say how far it came.

--view writes a film of it: the camera image beside a map with the route ahead. The same seed
always gives the same drive.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from vavam_ros.commands.sim_film import FRAME_STEPS, SimFilm
from vavam_ros.errors import InputError
from vavam_ros.simulation.events import Event
from vavam_ros.simulation.expert import Expert
from vavam_ros.simulation.video import write_video
from vavam_ros.simulation.world import STEP_S, World, WorldSettings

_PROGRESS_S = 3.0  # between two lines


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument('--seed', type=int, default=0, help='of the town; default: 0')
    parser.add_argument('--seconds', type=float, default=60.0, help='to drive; default: 60')
    parser.add_argument('--lights', action='store_true', help='turn the traffic lights on')
    parser.add_argument('--view', metavar='OUT.mp4', type=Path, help='write a film of the drive')
    parser.add_argument(
        '--pipe',
        choices=('software', 'egl'),
        default='software',
        help="what of panda3d draws the film: egl uses the graphics card's driver; "
        'default: software, which needs none',
    )


def run(arguments: argparse.Namespace) -> None:
    """Drive, write the film if wanted, print what happened."""
    if not STEP_S <= arguments.seconds <= 3600:
        raise InputError(f'--seconds {arguments.seconds}: choose {STEP_S} to 3600')
    world = World(arguments.seed, WorldSettings(lights=arguments.lights))
    events: list[Event] = []
    start_m = world.progress_m
    moments = _with_progress(_drive(world, arguments.seconds, events), arguments.seconds)
    if arguments.view is None:
        collections.deque(moments, maxlen=0)
    else:
        with SimFilm(world, arguments.pipe) as film:
            frames = (film.frame() for _ in moments)
            count = write_video(frames, arguments.view, 1 / (FRAME_STEPS * STEP_S))
        print(f'{arguments.view}: {count} frames, {count * FRAME_STEPS * STEP_S:.1f} s')
    driven_m = world.progress_m - start_m
    print(f'seed {arguments.seed}: {driven_m:.0f} m in {world.time_s:.1f} s, {_told(events)}')


def _drive(world: World, seconds: float, events: list[Event]) -> Iterator[World]:
    """The world at each moment of a film; what goes wrong is added to `events`."""
    expert = Expert(world)
    for step in range(round(seconds / STEP_S)):
        if step % FRAME_STEPS == 0:
            yield world
        events.extend(world.step(expert.actuation()))


def _with_progress(moments: Iterator[World], seconds: float) -> Iterator[World]:
    due = time.monotonic() + _PROGRESS_S
    for world in moments:
        if time.monotonic() >= due:
            print(f'{world.time_s:.0f} of {seconds:g} s', file=sys.stderr, flush=True)
            due = time.monotonic() + _PROGRESS_S
        yield world


def _told(events: list[Event]) -> str:
    if not events:
        return 'no event'
    told = (
        f'{event.kind}{" with " + event.with_what if event.with_what else ""} '
        f'at {event.time_s:.1f} s'
        for event in events
    )
    return ', '.join(told)
