import dataclasses

import numpy as np
import pytest
from mini_model import COLUMNS, ROWS, write_mini_model

from vavam_ros.commands.closed_loop_run import DriveRun, drive
from vavam_ros.commands.drivers import ConstantVelocity, PilotDriver
from vavam_ros.driving.assembly import assemble
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.records import NS_PER_S, DriveCommand, EgoState
from vavam_ros.simulation.collection import Sample
from vavam_ros.simulation.world import WorldSettings

STEP_NS = NS_PER_S // 20


@pytest.fixture(scope='module')
def settings(tmp_path_factory):
    files = write_mini_model(tmp_path_factory.mktemp('mini'))
    any_plan = {'max_speed_mps': 1e6, 'max_curvature_per_m': 1e6, 'max_start_offset_m': 1e6}
    return PilotSettings(**files, **any_plan, context_frames=2, samples=2)


@pytest.fixture(scope='module')
def pilot(settings):
    return assemble(settings).pilot


def state_at(stamp_ns, speed_mps=6.0):
    return EgoState(stamp_ns, 6.0 * stamp_ns / NS_PER_S, 0.0, 0.0, speed_mps)


def sample_at(stamp_ns):
    image = np.full((ROWS * 16, COLUMNS * 16, 3), 90, np.uint8)
    target = np.zeros((6, 2), np.float32)
    return Sample(stamp_ns, image, state_at(stamp_ns), DriveCommand.STRAIGHT, target)


def commands(driver, first, count):
    return [driver.actuation(state_at(step * STEP_NS)) for step in range(first, first + count)]


def test_a_plan_is_driven_by_once_the_time_to_make_it_is_over(pilot):
    at_once, later = PilotDriver(pilot, latency_s=0.0), PilotDriver(pilot, latency_s=0.15)
    asked = []
    for driver in (at_once, later):
        driver.forget()
        driver.sees(sample_at(0))
        asked.append(commands(driver, 0, 5))
    without = PilotDriver(pilot)
    braking = commands(without, 0, 5)
    assert asked[1][:3] == braking[:3]
    assert asked[1][3] != braking[3]
    assert asked[0][0] != braking[0]


def test_what_was_before_a_take_over_is_forgotten(pilot):
    fresh, driver = PilotDriver(pilot), PilotDriver(pilot)
    driver.sees(sample_at(0))
    commands(driver, 0, 10)
    driver.forget()
    driver.sees(sample_at(10 * STEP_NS))
    again = commands(driver, 10, 8)
    fresh.forget()
    fresh.sees(sample_at(10 * STEP_NS))
    assert commands(fresh, 10, 8) == again


def test_a_plan_that_no_vehicle_could_drive_is_withheld(pilot):
    strict = dataclasses.replace(pilot.settings, max_speed_mps=0.1)
    pilot.forget()
    pilot.settings, kept = strict, pilot.settings
    try:
        driver = PilotDriver(pilot)
        driver.sees(sample_at(0))
    finally:
        pilot.settings = kept
    assert driver.withheld == 1
    assert [one.speed_mps < 6.0 for one in commands(driver, 0, 4)] == [True] * 4


def test_constant_velocity_holds_the_speed_it_begins_with():
    driver = ConstantVelocity()
    assert driver.actuation(state_at(0, 7.0)).acceleration_mps2 == 0.0
    slower = driver.actuation(state_at(STEP_NS, 6.5))
    assert (slower.steer_rad, slower.speed_mps) == (0.0, 7.0)
    assert slower.acceleration_mps2 > 0
    driver.forget()
    assert driver.actuation(state_at(2 * STEP_NS, 3.0)).speed_mps == 3.0


def test_what_it_sees_and_its_noise_tell_two_drives_of_a_model_apart(settings):
    pytest.importorskip('panda3d')
    run = DriveRun('vavam', 9001, 2.0, WorldSettings(cars=0, pedestrians=0), settings)
    other_noise = dataclasses.replace(run, pilot=dataclasses.replace(settings, seed=1))
    blind = dataclasses.replace(run, policy='blind')
    ways = [drive(one).record.places_m for one in (run, run, other_noise, blind)]
    assert np.array_equal(ways[0], ways[1])
    assert not np.array_equal(ways[0], ways[2])
    assert not np.array_equal(ways[0], ways[3])
