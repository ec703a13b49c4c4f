"""The planner on a bag that is played plans what the evaluation of that bag says."""

from __future__ import annotations

import numpy as np
import pytest
from driven_clips import driven_clip
from sensor_msgs.msg import Image

from vavam_ros.__main__ import main
from vavam_ros.bags.recording_topics import RecordingTopics
from vavam_ros.bridge.path import waypoints_from_path
from vavam_ros.bridge.stamp import ns_from_time
from vavam_ros.commands.evaluating.folder import EvaluationFolder
from vavam_ros.commands.evaluating.moments import Stride
from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.run import evaluate_recordings, run_here
from vavam_ros.commands.evaluating.windows import Sampling
from vavam_ros.driving.settings import PilotSettings

pytestmark = pytest.mark.dds

TOKENS = '/planner/tokens'
STEP_NS = 500_000_000
APART_M = 1e-4
SECONDS = 10.0
RATE = 1.5  # times real time
LEAST = 3  # of 8 windows: on a busy machine an image may be lost, or a plan come too late


@pytest.mark.parametrize(
    'hfov', [pytest.param('64.6', id='training camera'), pytest.param('75', id='wider')]
)
def test_the_planner_plans_as_the_evaluation_says(
    start_planner, own_rig, start, tmp_path, open_gate, hfov
):
    bag = tmp_path / 'bag'
    clip = driven_clip(tmp_path / 'drive', SECONDS, rate_hz=2.0, size=(144, 256))
    assert main(['make-bag', str(clip), str(bag), '--hfov', hfov]) == 0
    pilot = PilotSettings(weights='tiny', samples=3, future_frames=0)
    how = How(pilot, RecordingTopics(), Stride(), Sampling(seeds=1))
    folder = EvaluationFolder(tmp_path / 'out')
    evaluated = evaluate_recordings({'bag': bag}, how, folder, run_here, folder.begin({}))
    assert len(evaluated.windows) == 8
    assert all(one.command.name == 'LEFT' for one in evaluated.windows)

    values = {
        'use_sim_time': True, 'autostart': True, 'weights': 'tiny', 'samples': 3,
        'default_command': 'left', **open_gate,
    }  # fmt: skip
    parameters = [part for name, value in values.items() for part in ('-p', f'{name}:={value}')]
    remaps = ['-r', 'image:=/camera/image_raw']
    own_rig.listen(Image, TOKENS)
    planner = start_planner(*parameters, *remaps)
    own_rig.spin_until(lambda: own_rig.node.count_subscribers('/camera/image_raw'))
    own_rig.spin_until(lambda: own_rig.node.count_publishers(TOKENS))
    own_rig.spin_for(1.0)  # until the planner knows, too, that somebody wants tokens
    player = start('replay', bag, '--wait', 90, '--rate', RATE)
    wanted = {one.stamp_ns: one.plan for one in evaluated.windows}

    def answers() -> dict[int, np.ndarray]:
        found = {ns_from_time(one.header.stamp): one for one in own_rig.paths}
        return {at: waypoints_from_path(one).positions_m for at, one in found.items()}

    def over() -> bool:
        return wanted.keys() <= answers().keys() or player.popen.poll() is not None

    own_rig.spin_until(over)
    own_rig.spin_for(2.0)
    seen, answered = {ns_from_time(one.header.stamp) for one in own_rig.heard[TOKENS]}, answers()
    seen.discard(min(seen))  # it may have come before its camera_info: history began after it
    both = [at for at in wanted if at in answered and seen.issuperset(frames_of(at))]
    assert len(both) >= LEAST, planner.said
    for at in both:
        np.testing.assert_allclose(answered[at], wanted[at], rtol=0, atol=APART_M)


def frames_of(stamp_ns: int) -> list[int]:
    """Stamps of the eight frames that a plan is made of."""
    return [stamp_ns - back * STEP_NS for back in range(8)]
