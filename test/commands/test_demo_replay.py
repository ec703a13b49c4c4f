"""A demo's drive once more from its command log, its plans on the way, and its processes' end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from demo_runs import MARK, quick_preset, survivors, what_is_said
from endings import end, lifeline
from mini_model import write_model

from vavam_ros.bags.writer import BagWriter
from vavam_ros.commands.demo_drive_nodes import ODOMETRY, Trip
from vavam_ros.commands.demo_drive_plans import DrivenPlans
from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_recording import RecordedPath
from vavam_ros.commands.demo_replay import DriveReplay
from vavam_ros.driving import shipped
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, Actuation, DriveCommand, EgoState
from vavam_ros.simulation.command_log import CommandLog
from vavam_ros.simulation.world import STANDING, STEP_NS, World

TRIP = Trip(9000, 5.0, STANDING)
PROCESSES = 6  # the demo, recorder, planner, controller, commander and simulator


def record_drive(folder: DemoFolder, ticks: int, moved_m: float = 0.0) -> World:
    """What simulator and recorder leave of a drive off the road; `moved_m` falsifies the bag."""
    folder.work.mkdir(parents=True)
    world, log = TRIP.world(), CommandLog(folder.command_log)
    centre_m = np.array([[world.vehicle.rear_axle_to_centre_m + moved_m, 0.0]])
    with BagWriter(folder.recording) as writer:
        for tick in range(ticks):
            stamp_ns, ego = 10 * NS_PER_S + tick * STEP_NS, world.ego
            x, y = ego.pose.to_fixed(centre_m)[0].tolist()
            state = EgoState(stamp_ns, x, y, ego.yaw_rad, ego.speed_mps)
            writer.write_odometry(ODOMETRY, state, 'map', 'ego_vehicle')
            actuation = Actuation(stamp_ns, -0.3, 3.0, 8.0)
            log.add(stamp_ns, actuation)
            world.step(actuation)
    log.close()
    return world


def test_a_drive_is_repeated_from_its_command_log_with_what_went_wrong(tmp_path):
    folder = DemoFolder(tmp_path)
    driven = record_drive(folder, 100)
    replay = DriveReplay(TRIP, folder)
    assert len(list(replay.stamps_ns())) == replay.ticks == 100
    assert replay.world.ego == driven.ego
    record = replay.record()
    assert record.seconds == pytest.approx(5.0)
    kinds = [event.kind for event in record.events]
    assert {'off_road', 'collision'} & set(kinds)
    assert kinds.count('lost_route') + kinds.count('wrong_turn') <= 1  # lost is lost


def test_beside_the_route_nothing_is_gained_along_it(tmp_path):
    folder = DemoFolder(tmp_path)
    record_drive(folder, 100)
    replay = DriveReplay(TRIP, folder)
    list(replay.stamps_ns())
    record = replay.record()
    beside = np.abs(record.aside_m) > 4.0
    assert beside.any()
    assert not record.gains_m[beside].any()
    assert record.gains_m[~beside].any()


def test_a_recording_of_another_drive_is_noticed(tmp_path):
    folder = DemoFolder(tmp_path)
    record_drive(folder, 3, moved_m=0.5)
    with pytest.raises(InputError, match=r'0\.5 m from the recorded one'):
        list(DriveReplay(TRIP, folder).stamps_ns())


def test_a_plan_is_shown_from_where_the_vehicle_is_by_now():
    waypoints = np.array([(5.0, 0.0), (10.0, 0.0), (15.0, 5.0)])
    plans = DrivenPlans([RecordedPath(0, waypoints, 1.5)], {0: Pose2(100.0, 50.0, 0.0)})
    later_ns = round(0.6 * NS_PER_S)
    plan = plans.at(later_ns, Pose2(106.0, 50.0, 0.0), DriveCommand.LEFT)
    assert plan.waypoints_in_rig.tolist() == [[4.0, 0.0], [9.0, 5.0]]
    assert plans.in_map(later_ns).tolist() == [[110.0, 50.0], [115.0, 55.0]]
    assert plans.in_map(-1) is None
    assert plans.in_map(2 * NS_PER_S) is None  # it is over


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        (['--weights', 'tiny'], "the weights 'tiny' are not installed"),
        (['--weights', 'random', '--tokenizer', 't'], 'leave --tokenizer out'),
        (['--clip', 'c', '--seed', '1'], '--seed has a meaning only without --clip'),
    ],
)
def test_bad_input_is_one_line_and_makes_no_folder(tmp_path, monkeypatch, arguments, complaint):
    monkeypatch.setattr(shipped, 'FOLDER', tmp_path)  # where nothing is
    out = tmp_path / 'out'
    status, said = what_is_said(out, ['demo', '--out', str(out), *arguments])
    assert (status, said.count('\n')) == (2, 1)
    assert complaint in said
    assert not out.exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / 'thesis.tex').write_text('x')
    status, said = what_is_said(tmp_path, ['demo', '--out', str(tmp_path), '--weights', 'random'])
    assert status == 2
    assert 'holds something else' in said
    assert [path.name for path in tmp_path.iterdir()] == ['thesis.tex']


@pytest.fixture
def interrupted(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """A demo of its own process, with all its nodes started."""
    model = write_model(quick_preset(), tmp_path)
    arguments = ['--out', tmp_path / 'out', *(f'--{role}={file}' for role, file in model.items())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, str(tmp_path))
        process = subprocess.Popen(
            [*lifeline(), sys.executable, '-m', 'vavam_ros', 'demo', *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
        )
    with process:
        end_s = time.monotonic() + 180
        while len(survivors(str(tmp_path))) < PROCESSES and time.monotonic() < end_s:
            time.sleep(0.1)
        yield process
        end(process)


@pytest.mark.dds
def test_ctrl_c_stops_every_process(interrupted, tmp_path):
    assert len(survivors(str(tmp_path))) == PROCESSES
    interrupted.send_signal(signal.SIGINT)
    said, _ = interrupted.communicate(timeout=180)
    assert interrupted.returncode == 130
    assert survivors(str(tmp_path)) == []
    assert 'stopped; no process is left running' in said
    assert json.loads((tmp_path / 'out' / 'report.json').read_text())['finished'] is False
