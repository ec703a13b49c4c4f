"""The figures of a demo: as JSON, and as the lines that end it in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from vavam_ros import __version__
from vavam_ros.bags.clip import Clip
from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_recording import (
    OVERLAY,
    PREDICTED,
    DemoRecording,
    PlannerAccount,
)
from vavam_ros.geometry.pinhole import Pinhole


def report(
    clip: Clip,
    camera: Pinhole,
    rate: float,
    recording: DemoRecording,
    warning: str | None = None,
) -> dict[str, object]:
    """Everything that was counted and measured."""
    account = recording.account
    return {
        'finished': True,
        'version': __version__,
        'random_weights': account.random,
        **({'warning': warning} if warning else {}),
        'model': account.model,
        'clip': {
            'name': clip.name,
            'frames': len(clip.frames),
            'duration_s': clip.duration_s,
            'has_poses': clip.has_poses,
            'width_px': camera.width_px,
            'height_px': camera.height_px,
            'focal_length_px': camera.fx_px,
        },
        'replay_rate': rate,
        'counts': counts(clip, recording),
        'latency_ms': account.latency_ms,
        'recorded_messages': dict(recording.messages),
    }


def counts(clip: Clip, recording: DemoRecording) -> dict[str, object]:
    """Frames, images and plans on their way, and where they went."""
    account = recording.account
    return {
        'clip_frames': len(clip.frames),
        'images_received': account.count('received'),
        'images_used': account.count('used'),
        'images_between_steps': account.count('between'),
        'images_used_without_plan': account.count('caught_up'),
        'images_dropped': account.count('dropped'),
        'images_dropped_by_cause': account.dropped_by_cause,
        'paths': len(recording.paths),
        'plans_withheld': account.count('withheld'),
        'plans_withheld_by_cause': account.withheld_by_cause,
        'failures': account.count('failures'),
        'resets': account.count('resets'),
        'predicted_frames': recording.messages.get(PREDICTED, 0),
    }


def closing_lines(clip: Clip, recording: DemoRecording, folder: DemoFolder) -> list[str]:
    """What there is, where, and what is less than one could wish."""
    counted = counts(clip, recording)
    return [
        f'{counted["clip_frames"]} frames, {counted["images_received"]} received, '
        f'{counted["images_used"]} used, {counted["paths"]} paths, '
        f'{counted["predicted_frames"]} predicted frames',
        f'image to path: {latency_line(recording.account.latency_ms.get("image_to_path"))}',
        *_remarks(clip, recording),
        f'  {folder.recording}   the bag: inputs and outputs',
        f'  {folder.film}   the plan on the image, beside the prediction',
        f'  {folder.plot}   all planned paths',
        f'  {folder.report}   counts and latencies',
    ]


def why_no_path(clip: Clip, account: PlannerAccount) -> str:
    """What became of the images, as a clause."""
    if not account.said:
        return 'nothing of the planner was recorded: is loopback blocked by a firewall?'
    received = account.count('received')
    causes = [
        f'{count} plans withheld ({text})' for text, count in account.withheld_by_cause.items()
    ]
    causes += [
        f'{count} dropped ({cause})' for cause, count in account.dropped_by_cause.items() if count
    ]
    if account.count('failures'):
        causes.append(f'{account.count("failures")} failures ({account.said["last_failure"]})')
    return f'{received} of {len(clip.frames)} images were received' + ''.join(
        f', {c}' for c in causes
    )


def _remarks(clip: Clip, recording: DemoRecording) -> list[str]:
    remarks = []
    predicted, paths = recording.messages.get(PREDICTED, 0), len(recording.paths)
    if 2 * predicted < paths:
        remarks.append(
            f'note: {predicted} predicted frames for {paths} paths, since predictions give way to '
            'new images: a lower --rate leaves them more time'
        )
    overlays = recording.messages.get(OVERLAY, 0)
    if overlays > len(recording.overlays):
        remarks.append(f'note: the film shows {len(recording.overlays)} of {overlays} plans')
    if clip.has_poses and '/tf' not in recording.messages:
        remarks.append('note: no /tf in the recording, since this ROS 2 is without tf2_msgs')
    return remarks


def latency_line(milliseconds: Mapping[str, float] | None) -> str:
    """p50, p95 and max."""
    if milliseconds is None:
        return 'not measured'
    return ', '.join(f'{name} {value:.0f} ms' for name, value in milliseconds.items())
