"""The figures of a drive: as JSON, and as the lines that end the demo in the terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

from vavam_ros import __version__
from vavam_ros.commands.demo_drive_nodes import WORLD, Trip, control_output
from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_recording import PREDICTED, DemoRecording
from vavam_ros.commands.demo_replay import DriveReplay
from vavam_ros.commands.demo_report import latency_line
from vavam_ros.evaluation.closed_loop import (
    ClosedLoopFigures,
    JudgedDrive,
    closed_loop_figures,
)
from vavam_ros.evaluation.drive_record import DriveEvent
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS

_TOLD_EVENTS = 5


@dataclass(frozen=True)
class DriveResult:
    """A drive that has been replayed to its end, and what was recorded of it."""

    trip: Trip
    replay: DriveReplay
    recording: DemoRecording
    warning: str | None
    driven_s: float  # wall time, with the start of the nodes

    @cached_property
    def judged(self) -> JudgedDrive:
        """Against the expert."""
        return self.replay.judged()

    @cached_property
    def figures(self) -> ClosedLoopFigures:
        """As of `vavam closed-loop`, but nobody took over."""
        return closed_loop_figures([self.judged])

    @property
    def events(self) -> tuple[DriveEvent, ...]:
        """What went wrong."""
        return self.judged.record.events


def report(result: DriveResult, took_s: float) -> dict[str, object]:
    """Everything that was counted and measured."""
    recording, replay = result.recording, result.replay
    account = recording.account
    return {
        'finished': True,
        'version': __version__,
        'random_weights': account.random,
        **({'warning': result.warning} if result.warning else {}),
        'model': account.model,
        'town': {
            'seed': result.trip.seed,
            'held_out': result.trip.seed in HELD_OUT_SEEDS,
            'start': result.trip.start,
            'world': asdict(WORLD),
        },
        'control': control_output(),
        'figures': result.figures.as_dict(),
        'expert_m': result.judged.reference_m,
        'events': [asdict(event) for event in result.events],
        'command_log': {
            'ticks': replay.ticks,
            'hash': replay.digest,
            'repeats': result.recording.repeats,
        },
        'counts': _counts(result),
        'latency_ms': account.latency_ms,
        'seconds': {'driving': round(result.driven_s, 1), 'all': round(took_s, 1)},
        'recorded_messages': dict(recording.messages),
    }


def _counts(result: DriveResult) -> dict[str, object]:
    recording = result.recording
    account, simulator = recording.account, recording.simulator
    return {
        'images_received': account.count('received'),
        'images_used': account.count('used'),
        'paths': len(recording.paths),
        'plans_withheld': account.count('withheld'),
        'plans_withheld_by_cause': account.withheld_by_cause,
        'predicted_frames': recording.messages.get(PREDICTED, 0),
        'late_paths': int(simulator.get('late_paths', 0)),
        'missing_commands': int(simulator.get('timeouts', 0)),
    }


def closing_lines(result: DriveResult, folder: DemoFolder) -> list[str]:
    """How it went, and where everything is."""
    figures, replay = result.figures, result.replay
    return [
        f'{figures.metres:.0f} m in {figures.seconds:g} s, {100 * figures.completion:.0f} % of '
        f'the way that the expert drives in that time; {figures.lane_error_m:.2f} m from the '
        "lane's middle on average",
        f'turns at junctions as asked: {figures.commands.obeyed} of {figures.commands.reached}',
        f'events: {_told(result.events)}',
        f'image to path: {latency_line(result.recording.account.latency_ms.get("image_to_path"))}',
        f'{replay.ticks} commands, hash {replay.digest}: {_repetition(result.recording.repeats)}',
        f'  {folder.drive_film}   camera with the path, the map, what the model predicted',
        f'  {folder.still}   one picture of it',
        f"  {folder.route_plot}   the driven way against the lane's middle",
        f'  {folder.report}   all figures',
        f'  {folder.recording}   the bag',
    ]


def _repetition(repeats: bool) -> str:
    if repeats:
        return 'another run with these weights on this machine has the same'
    return 'another run may differ, since answers came too late (a busy machine?)'


def _told(events: tuple[DriveEvent, ...]) -> str:
    told = [
        f'{event.kind}{" with " + event.with_what if event.with_what else ""} '
        f'at {event.time_s:.1f} s'
        for event in events[:_TOLD_EVENTS]
    ]
    more = len(events) - len(told)
    return ', '.join(told) + (f' and {more} more' if more else '') if told else 'none'
