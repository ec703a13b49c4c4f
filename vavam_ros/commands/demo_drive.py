"""The demo without a clip: a car drives itself in a simulated town, by what its camera sees."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

from vavam_ros.commands.demo_drive_film import DriveFilm
from vavam_ros.commands.demo_drive_nodes import Trip, drive
from vavam_ros.commands.demo_drive_plot import write_route_plot
from vavam_ros.commands.demo_drive_report import DriveResult, closing_lines, report
from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_recording import DemoRecording, read_recording
from vavam_ros.commands.demo_replay import DriveReplay
from vavam_ros.commands.demo_terminal import say, warn
from vavam_ros.commands.demo_weights import RANDOM_WARNING, DemoWeights, chosen_weights
from vavam_ros.errors import InputError
from vavam_ros.simulation.panda import core
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS, check_seed
from vavam_ros.simulation.video import pyav, write_video
from vavam_ros.simulation.world import MOVING

_SEED = 9002  # three turns in a minute; held out from training
_SECONDS, _LIMITS_S = 60.0, (2.0, 600.0)


def drive_demo(arguments: argparse.Namespace) -> DriveDemo:
    """The demo that was asked for; InputError where something cannot be or is missing."""
    seed = check_seed(_SEED if arguments.seed is None else arguments.seed)
    seconds = _SECONDS if arguments.seconds is None else arguments.seconds
    least, most = _LIMITS_S
    if not least <= seconds <= most:
        raise InputError(f'--seconds is {seconds:g}: choose {least:g} to {most:g}')
    weights = chosen_weights(arguments)
    core()  # says that panda3d is missing before anything is started
    pyav()
    return DriveDemo(Trip(seed, seconds, arguments.start or MOVING), weights)


@dataclass(frozen=True)
class DriveDemo:
    """Which trip, by which weights."""

    trip: Trip
    weights: DemoWeights

    def prepare(self, folder: DemoFolder) -> None:
        """Say what is about to be done."""
        trip = self.trip
        held_out = 'held out from training' if trip.seed in HELD_OUT_SEEDS else 'NOT held out'
        say(f'1/3 {trip.seconds:g} s in town {trip.seed} ({held_out})')
        self.weights.announce('   ')

    def run(self, folder: DemoFolder) -> None:
        """Drive, then draw what was recorded."""
        model = self.weights.parameters(folder)
        began_s = time.monotonic()
        drive(folder, self.trip, model)
        driven_s = time.monotonic() - began_s
        say(f'3/3 film, pictures and figures ({driven_s:.0f} s so far)')
        recording = read_recording(folder.recording)
        if not recording.paths:
            raise InputError(f'no path was planned: {_why(recording)}')
        result = self._film(folder, recording, driven_s)
        write_route_plot(result, folder.route_plot)
        folder.write_report(report(result, time.monotonic() - began_s))
        for line in closing_lines(result, folder):
            say(line)
        if result.warning:
            warn(result.warning)

    def _film(self, folder: DemoFolder, recording: DemoRecording, driven_s: float) -> DriveResult:
        """Drive once more from the command log, with a camera beside."""
        replay = DriveReplay(self.trip, folder)
        warning = RANDOM_WARNING if recording.account.random else None
        with DriveFilm(replay, recording, warning) as film:
            write_video(film.frames(), folder.drive_film, film.fps)
            film.write_still(folder.still)
        return DriveResult(self.trip, replay, recording, warning, driven_s)


def _why(recording: DemoRecording) -> str:
    account = recording.account
    if not account.said:
        return 'nothing of the planner was recorded: is loopback blocked by a firewall?'
    withheld = ', '.join(f'{n} ({why})' for why, n in account.withheld_by_cause.items()) or 'none'
    return f'{account.count("received")} images received, plans withheld: {withheld}'
