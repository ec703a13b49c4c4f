"""The demo on a clip: planner, recorder and player as real processes, then pictures."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

from vavam_ros.bags.clip import Clip, read_clip
from vavam_ros.bags.clip_bag import ClipCamera, write_frames
from vavam_ros.bags.writer import BagWriter
from vavam_ros.commands.demo_film import FilmTitle, write_film
from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_graph import demo_graph
from vavam_ros.commands.demo_parameters import write_parameters
from vavam_ros.commands.demo_plot import PlotTitle, write_plot
from vavam_ros.commands.demo_processes import ProcessGroup, wait_for_end, watch
from vavam_ros.commands.demo_recording import DemoRecording, read_recording
from vavam_ros.commands.demo_report import closing_lines, report, why_no_path
from vavam_ros.commands.demo_terminal import say, warn
from vavam_ros.commands.demo_weights import (
    RANDOM_WARNING,
    SIMULATION_WARNING,
    DemoWeights,
    chosen_weights,
)
from vavam_ros.errors import InputError
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.training_camera import TRAINING_HFOV_DEG

_RATE = 0.5
_READY_S = 120.0  # at most, for the planner to load
_GRACE_S = 30.0  # for the player beyond the bag's own time
_LINGER_S = 2.0  # after the last image, for its plan and prediction


def clip_demo(arguments: argparse.Namespace) -> ClipDemo:
    """The demo that was asked for; InputError where something given cannot be used."""
    rate = _RATE if arguments.rate is None else arguments.rate
    if not 0 < rate < math.inf:
        raise InputError(f'--rate is {rate:g}: it must be a number above 0')
    clip = read_clip(arguments.clip)
    return ClipDemo(clip, arguments.hfov, rate, chosen_weights(arguments))


@dataclass
class ClipDemo:
    """A clip, and how it is played."""

    clip: Clip
    hfov_deg: float | None  # None: assumed
    rate: float
    weights: DemoWeights

    def prepare(self, folder: DemoFolder) -> None:
        """Turn the clip into a bag."""
        hfov_deg = TRAINING_HFOV_DEG if self.hfov_deg is None else self.hfov_deg
        self._camera = ClipCamera(hfov_deg=hfov_deg)
        clip = self.clip
        say(f'1/4 a bag of {clip.name}: {len(clip.frames)} frames, {clip.duration_s:.1f} s')
        with BagWriter(folder.work / 'clip') as writer:
            self._pinhole = write_frames(clip.frames, self._camera, writer)
        _describe(self._pinhole, self._camera, assumed=self.hfov_deg is None)
        self.weights.announce('2/4')

    def run(self, folder: DemoFolder) -> None:
        """Play it to the planner, and draw what was recorded."""
        own = {'autostart': True, 'use_sim_time': True, **self.weights.parameters(folder)}
        write_parameters(folder.parameters, {'planner': own})
        with demo_graph(folder, '3/4 planner, recorder and player') as group:
            self._play(folder, group)
        say('4/4 pictures and figures')
        self._leave_results(folder, read_recording(folder.recording))

    def _play(self, folder: DemoFolder, group: ProcessGroup) -> None:
        """Until a moment after the end."""
        camera, rate = self._camera, self.rate
        planner = group.start(
            'planner', 'vavam_ros.nodes.planner', '--ros-args', '--params-file', folder.parameters,
            '-r', f'image:={camera.image_topic}', '-r', f'camera_info:={camera.info_topic}',
        )  # fmt: skip
        recorder = group.start(
            'recorder', 'vavam_ros', 'record', folder.recording, '--use-sim-time'
        )
        player = group.start(
            'player', 'vavam_ros', 'replay', folder.work / 'clip', '--rate', rate,
            '--wait', _READY_S, '--subscribers', 2, shown=True,
        )  # fmt: skip
        most_s = _READY_S + self.clip.duration_s / rate + _GRACE_S
        wait_for_end(player, [planner, recorder], most_s)
        watch([planner, recorder], max(_LINGER_S, _LINGER_S / 2 / rate))
        recorder.end_well()

    def _leave_results(self, folder: DemoFolder, recording: DemoRecording) -> None:
        clip, account = self.clip, recording.account
        if not account.said:
            raise InputError(f'no path was planned: {why_no_path(clip, account)}')
        warning = RANDOM_WARNING if account.random else None
        if self.weights.from_simulation:
            warning = warning or SIMULATION_WARNING
        if recording.overlays:
            write_film(recording.pairs, FilmTitle(clip.name, warning), folder.film)
        driven = [frame.ego for frame in clip.frames if frame.ego]
        title = PlotTitle(clip.name, account.weights_line, warning)
        write_plot(recording.paths, driven, title, folder.plot)
        folder.write_report(report(clip, self._pinhole, self.rate, recording, warning))
        if not recording.paths:
            raise InputError(f'no path was planned: {why_no_path(clip, account)}')
        for line in closing_lines(clip, recording, folder):
            say(line)
        if warning:
            warn(warning)


def _describe(pinhole: Pinhole, camera: ClipCamera, assumed: bool) -> None:
    source = "assumed, the training camera's: set --hfov for another" if assumed else 'as given'
    say(
        f'    {pinhole.width_px}x{pinhole.height_px}, horizontal field of view '
        f'{camera.hfov_deg:g} deg ({source})'
    )
