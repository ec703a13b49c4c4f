"""Plan on a clip with real nodes, and leave a recording, pictures and figures in a folder.

The clip becomes a bag; planner, recorder and player run as processes of their own, in a ROS
domain of their own on this machine; then the recording is turned into pictures. Without
--weights the model is a tiny one with random weights: it shows that everything works, and its
plans mean nothing.
"""

from __future__ import annotations

import argparse
import math
import shutil
from pathlib import Path

import yaml

from vavam_ros.bags.clip import Clip, read_clip
from vavam_ros.bags.clip_bag import TRAINING_HFOV_DEG, ClipCamera, write_frames
from vavam_ros.bags.writer import BagWriter
from vavam_ros.commands.demo_film import FilmTitle, write_film
from vavam_ros.commands.demo_folder import DemoFolder, demo_folder, writing
from vavam_ros.commands.demo_plot import PlotTitle, write_plot
from vavam_ros.commands.demo_processes import ProcessGroup, wait_for_end, watch
from vavam_ros.commands.demo_recording import read_recording
from vavam_ros.commands.demo_report import RANDOM_WARNING, closing_lines, report, why_no_path
from vavam_ros.commands.ros_domain import domain_environment, own_domain
from vavam_ros.errors import InputError
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.model.checkpoint import write_checkpoint
from vavam_ros.model.fresh import fresh_checkpoint, fresh_tokenizer

_PRESET = 'tiny'  # of fresh weights
_READY_S = 120.0  # at most, for the planner to load
_GRACE_S = 30.0  # for the player beyond the bag's own time
_LINGER_S = 2.0  # after the last image, for its plan and prediction


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add('--clip', type=Path, required=True, metavar='FOLDER', help='folder with frames.csv')
    add(
        '--out',
        type=Path,
        required=True,
        metavar='FOLDER',
        help="made, or an earlier demo's replaced; any other folder that is not empty is refused",
    )
    add(
        '--hfov',
        metavar='DEG',
        type=float,
        help="the camera's horizontal field of view, as for vavam make-bag; default: the "
        f"training camera's {TRAINING_HFOV_DEG}",
    )
    add('--weights', metavar='FILE', help='VaVAM weights; default: fresh random ones')
    add('--tokenizer', metavar='FILE', help='the tokenizer that belongs to the weights')
    add(
        '--rate',
        type=float,
        default=0.5,
        help='replay speed, low enough to leave time for predicted frames (0.5)',
    )


def run(arguments: argparse.Namespace) -> None:
    """Check everything that was given, then run; InputError says what did not work."""
    _check(arguments)
    clip = read_clip(arguments.clip)
    hfov_deg = TRAINING_HFOV_DEG if arguments.hfov is None else arguments.hfov
    camera = ClipCamera(hfov_deg=hfov_deg)
    with demo_folder(arguments.out) as folder:
        pinhole = _make_bag(clip, camera, folder, assumed=arguments.hfov is None)
        parameters = _write_parameters(folder, _model_files(folder, arguments))
        folder.start_anew()
        try:
            _drive(clip, camera, folder, parameters, arguments.rate)
            _leave_results(clip, pinhole, folder, arguments.rate)
        except InputError as error:
            folder.write_failure(str(error))
            raise InputError(f'{error}{_logs_left(folder)}') from error
        except KeyboardInterrupt:
            folder.write_failure('stopped by a signal')
            _say(f'stopped; no process is left running{_logs_left(folder)}')
            raise
        shutil.rmtree(folder.logs)


def _check(arguments: argparse.Namespace) -> None:
    if not 0 < arguments.rate < math.inf:
        raise InputError(f'--rate is {arguments.rate:g}: it must be a number above 0')
    if bool(arguments.weights) != bool(arguments.tokenizer):
        raise InputError('--weights and --tokenizer belong together: give both, or neither')


def _make_bag(clip: Clip, camera: ClipCamera, folder: DemoFolder, assumed: bool) -> Pinhole:
    _say(f'1/4 a bag of {clip.name}: {len(clip.frames)} frames, {clip.duration_s:.1f} s')
    with BagWriter(folder.work / 'clip') as writer:
        pinhole = write_frames(clip.frames, camera, writer)
    source = "assumed, the training camera's: set --hfov for another" if assumed else 'as given'
    _say(
        f'    {pinhole.width_px}x{pinhole.height_px}, horizontal field of view '
        f'{camera.hfov_deg:g} deg ({source})'
    )
    return pinhole


def _model_files(folder: DemoFolder, arguments: argparse.Namespace) -> dict[str, str]:
    if arguments.weights:
        _say(f'2/4 weights: {arguments.weights}')
        return {'weights': arguments.weights, 'tokenizer': arguments.tokenizer}
    _say(f'2/4 fresh weights of the preset {_PRESET}')
    _warn(RANDOM_WARNING)
    files = {name: str(folder.work / f'{name}.safetensors') for name in ('weights', 'tokenizer')}
    write_checkpoint(fresh_checkpoint(_PRESET), files['weights'])
    write_checkpoint(fresh_tokenizer(_PRESET), files['tokenizer'])
    return files


def _write_parameters(folder: DemoFolder, model: dict[str, str]) -> Path:
    """The planner's parameter file: unlike on a command line, any path survives in it."""
    path = folder.work / 'planner.yaml'
    values = {'autostart': True, 'use_sim_time': True, **model}
    with writing(path):
        path.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}), encoding='utf-8')
    return path


def _drive(
    clip: Clip, camera: ClipCamera, folder: DemoFolder, parameters: Path, rate: float
) -> None:
    """Play the clip to the planner, and record, until a moment after the end."""
    with own_domain() as domain, ProcessGroup(_environment(domain, folder), folder.logs) as group:
        _say(
            f'3/4 planner, recorder and player; to watch: ROS_DOMAIN_ID={domain} '
            'ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST rviz2'
        )
        planner = group.start(
            'planner', 'vavam_ros.nodes.planner', '--ros-args', '--params-file', parameters,
            '-r', f'image:={camera.image_topic}', '-r', f'camera_info:={camera.info_topic}',
        )  # fmt: skip
        recorder = group.start(
            'recorder', 'vavam_ros', 'record', folder.recording, '--use-sim-time'
        )
        player = group.start(
            'player', 'vavam_ros', 'replay', folder.work / 'clip', '--rate', rate,
            '--wait', _READY_S, '--subscribers', 2, shown=True,
        )  # fmt: skip
        wait_for_end(player, [planner, recorder], _READY_S + clip.duration_s / rate + _GRACE_S)
        watch([planner, recorder], max(_LINGER_S, _LINGER_S / 2 / rate))
        if recorder.stop():
            raise InputError(f'the recorder failed: {recorder.last_words}')


def _environment(domain: int, folder: DemoFolder) -> dict[str, str]:
    environment = domain_environment(domain)
    environment['ROS_LOG_DIR'] = str((folder.work / 'ros_logs').resolve())  # not in HOME
    return environment


def _leave_results(clip: Clip, pinhole: Pinhole, folder: DemoFolder, rate: float) -> None:
    _say('4/4 pictures and figures')
    recording = read_recording(folder.recording)
    account = recording.account
    if not account.said:
        raise InputError(f'no path was planned: {why_no_path(clip, account)}')
    warning = RANDOM_WARNING if account.random else None
    if recording.overlays:
        write_film(recording.pairs, FilmTitle(clip.name, warning), folder.film)
    driven = [frame.ego for frame in clip.frames if frame.ego]
    training = 'random' if account.random else 'trained'
    weights = f'weights {account.said.get("weights", "unknown")} ({training})'
    title = PlotTitle(clip.name, weights, warning)
    write_plot(recording.paths, driven, title, folder.plot)
    folder.write_report(report(clip, pinhole, rate, recording))
    if not recording.paths:
        raise InputError(f'no path was planned: {why_no_path(clip, account)}')
    for line in closing_lines(clip, recording, folder):
        _say(line)
    if warning:
        _warn(warning)


def _logs_left(folder: DemoFolder) -> str:
    logs = ', '.join(str(log) for log in sorted(folder.logs.glob('*.log')))
    return f' (what they said: {logs})' if logs else ''


def _say(text: str) -> None:
    print(f'vavam demo: {text}', flush=True)


def _warn(text: str) -> None:
    """Loudly."""
    frame = '*' * (len(text) + 8)
    print(f'{frame}\n*** {text} ***\n{frame}', flush=True)
