import dataclasses

import numpy as np
import pytest

from vavam_ros.evaluation.bars import bars
from vavam_ros.evaluation.closed_loop import JudgedDrive, closed_loop_figures, spreads
from vavam_ros.evaluation.drive_record import DriveEvent, DriveRecord, JunctionPassage
from vavam_ros.evaluation.scenario_score import scenario_score

STEP_S = 0.05


def record(seconds=20.0, speed=10.0, **parts):
    """A drive straight on at a steady speed."""
    rows = round(seconds / STEP_S)
    speeds = np.full(rows, speed)
    along = np.cumsum(speeds * STEP_S)
    whole = {
        'places_m': np.stack([along, np.zeros(rows)], axis=1),
        'yaws_rad': np.zeros(rows),
        'speeds_mps': speeds,
        'gains_m': speeds * STEP_S,
        'aside_m': np.zeros(rows),
        'off_road': np.zeros(rows, bool),
        'wrong_lane': np.zeros(rows, bool),
        'legs': np.zeros(rows, np.int64),
    }
    return DriveRecord(STEP_S, **{**whole, **parts})


def event(kind, time_s=1.0):
    return DriveEvent(time_s, kind, 0.0, 0.0, 5.0)


def figures(*records, reference_m=200.0):
    return closed_loop_figures([JudgedDrive(one, reference_m) for one in records])


def test_a_perfect_drive():
    found = figures(record())
    assert (found.metres, found.completion) == (pytest.approx(200.0), pytest.approx(1.0))
    assert (found.event_count, found.metres_between_events) == (0, pytest.approx(200.0))
    assert found.commands.share is None
    assert found.comfort.acceleration_mps2.rms == pytest.approx(0.0)
    assert found.as_dict()['no_event'] is True


def test_metres_between_events_are_over_all_drives():
    events = (event('collision'), event('off_road'))
    found = figures(record(events=events), record(), record())
    assert found.metres_between_events == pytest.approx(600 / 2)
    assert found.events == {'collision': 1, 'off_road': 1}
    assert found.collisions_per_km == pytest.approx(1 / 0.6)


def test_completion_counts_each_drive_at_most_once():
    slow, fast = record(speed=5.0), record(speed=15.0)
    assert figures(slow, fast).completion == pytest.approx((100 + 200) / 400)


def test_going_back_onto_the_route_is_no_progress():
    gains = np.full(400, 0.5)
    gains[200] = 0.0  # put back there
    found = figures(record(gains_m=gains))
    assert found.progress_m == pytest.approx(199.5)


def test_unaided_is_what_was_before_the_first_take_over():
    legs = np.repeat([0, 1, 2], [100, 200, 100])
    found = figures(record(legs=legs))
    assert found.completion == pytest.approx(1.0)
    assert found.unaided_completion == pytest.approx(0.25)


def test_metres_off_the_road_and_in_the_wrong_lane_are_by_the_kilometre():
    part = np.zeros(400, bool)
    part[:40] = True  # 20 of 200 m
    found = figures(record(off_road=part, wrong_lane=np.roll(part, 100)))
    assert found.off_road_m_per_km == pytest.approx(100.0)
    assert found.wrong_lane_m_per_km == pytest.approx(100.0)


def test_too_short_a_drive_says_nothing_by_the_kilometre():
    assert figures(record(seconds=0.5)).collisions_per_km is None


def test_commands_obeyed_are_counted_by_turn():
    junctions = (
        JunctionPassage(1.0, 'left', True),
        JunctionPassage(5.0, 'left', False),
        JunctionPassage(9.0, 'straight', True),
    )
    found = figures(record(junctions=junctions))
    assert found.commands.share == pytest.approx(2 / 3)
    assert found.commands_by_turn['left'].share == pytest.approx(0.5)
    assert found.commands_by_turn['right'].share is None


def test_the_lane_error_has_no_side():
    aside = np.where(np.arange(400) % 2, 0.4, -0.2)
    assert figures(record(aside_m=aside)).lane_error_m == pytest.approx(0.3)


def test_comfort_is_what_is_felt_in_each_leg():
    speeds = np.concatenate([np.linspace(0, 10, 200), np.full(200, 3.0)])
    legs = np.repeat([0, 1], 200)
    found = figures(record(speeds_mps=speeds, legs=legs)).comfort
    assert found.acceleration_mps2.p95 == pytest.approx(1.005, abs=0.01)  # not the jump to 3 m/s
    assert found.jerk_mps3.rms == pytest.approx(0.0, abs=1e-6)


def test_turning_is_felt_sideways():
    yaws = np.arange(400) * STEP_S * 0.2
    found = figures(record(yaws_rad=yaws)).comfort
    assert found.lateral_acceleration_mps2.rms == pytest.approx(2.0, rel=0.01)


def test_towns_spread():
    by_seed = {1: figures(record()), 2: figures(record(events=(event('stuck'),) * 4))}
    spread = spreads(by_seed)['metres_between_events']
    assert dataclasses.astuple(spread) == pytest.approx((125.0, 50.0, 200.0, 75.0))
    assert spreads(by_seed)['commands_obeyed'] is None


def test_columns_of_different_lengths_are_no_drive():
    with pytest.raises(ValueError, match='differ in length'):
        record(yaws_rad=np.zeros(3))


def test_bars_hold_only_where_all_was_measured_and_reached():
    junctions = tuple(JunctionPassage(1.0, 'left', True) for _ in range(5))
    good = figures(record(seconds=40.0, junctions=junctions), reference_m=400.0)
    bad = figures(record(events=(event('off_road'),) * 4))
    by_name = {bar.name: bar for bar in bars(good, {'blind': bad, 'constant-velocity': None})}
    assert by_name['metres between events'].holds
    assert by_name['times better than blind'].reached == pytest.approx(8.0)
    assert by_name['times better than blind'].holds
    assert not by_name['times better than constant-velocity'].holds
    assert not {bar.name: bar for bar in bars(bad, {})}['commands obeyed'].holds


def test_scenario_scores():
    assert scenario_score(None, 8.0) == 5.0
    assert scenario_score(8.0, 8.0) == 0.0
    assert scenario_score(2.0, 8.0) == pytest.approx(3.0)
    assert scenario_score(9.0, 8.0) == 0.0
    with pytest.raises(ValueError, match='nothing threatens'):
        scenario_score(1.0, 0.0)
