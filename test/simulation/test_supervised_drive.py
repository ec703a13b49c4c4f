import dataclasses

import numpy as np
import pytest

from vavam_ros.records import Actuation
from vavam_ros.simulation.expert import Expert
from vavam_ros.simulation.scenarios import KINDS, drive_scenario, make_scenario
from vavam_ros.simulation.supervised_drive import supervised_drive
from vavam_ros.simulation.world import MOVING, STANDING, World, WorldSettings

EMPTY = WorldSettings(cars=0, pedestrians=0)


class Driver:
    """Asks a function at each step, and counts what else happens."""

    def __init__(self, asks):
        self.asks, self.frames, self.anew = asks, 0, 0

    def sees(self, sample):
        self.frames += 1

    def actuation(self, state):
        return self.asks(state)

    def forget(self):
        self.anew += 1


def expert(world):
    mind = Expert(world)
    return Driver(lambda state: mind.actuation())


def steady(steer_rad=0.0, acceleration=0.0):
    return Driver(lambda state: Actuation(state.stamp_ns, steer_rad, acceleration, 0.0))


def blind_camera(scene):
    return np.zeros((9, 16, 3), np.uint8)


def driven(driver, seconds, seed=9000, settings=EMPTY):
    world = World(seed, settings)
    return supervised_drive(world, seconds, blind_camera, driver(world)), world


def test_the_expert_needs_no_safety_driver():
    drivers = []
    record, _ = driven(lambda world: drivers.append(expert(world)) or drivers[0], 40)
    assert record.events == ()
    assert (drivers[0].frames, drivers[0].anew) == (80, 1)
    assert record.gains_m.sum() == pytest.approx(record.steps_m.sum(), rel=0.03)
    assert record.junctions
    assert all(one.obeyed for one in record.junctions)


def test_who_drives_straight_on_is_put_back_again_and_again():
    record, world = driven(lambda world: steady(), 60)
    ends = [one for one in record.events if one.kind != 'wrong_lane']
    assert len(ends) >= 3
    assert record.legs[-1] == len(ends)
    assert record.gains_m.sum() < world.progress_m
    for leg in list(record.each_leg())[1:]:
        assert abs(record.aside_m[leg][0]) < 0.5


def test_a_drive_begins_as_it_is_told_to_and_the_expert_pulls_away():
    world = World(9000, EMPTY)
    world.start(MOVING)
    assert world.ego.speed_mps == world.route.limit_at(world.progress_m)
    record = supervised_drive(world, 3, blind_camera, expert(world), start=STANDING)
    assert record.speeds_mps[0] < 0.2
    assert record.speeds_mps[-1] > 2


def test_the_same_drive_has_the_same_record():
    one, other = (driven(lambda world: steady(0.02), 20)[0] for _ in range(2))
    for name in ('places_m', 'speeds_mps', 'legs'):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert one.events == other.events


def test_who_stands_on_a_free_road_is_stuck():
    record, _ = driven(lambda world: steady(0.0, -5.0), 20, seed=9001)
    assert [one.kind for one in record.events] == ['stuck']
    assert 15 < record.events[0].time_s < 19


def test_a_turn_not_taken_is_a_wrong_turn_and_a_command_not_obeyed():
    kinds, obeyed = set(), []
    for seed in range(9000, 9008):
        world = World(seed, EMPTY)
        other = _route_that_turns_elsewhere(world)
        if other is None:
            continue
        mind = Expert(other)

        def asks(state, other=other, world=world, mind=mind):
            other.ego = world.ego
            other.progress_m, _ = other.route.project(state.x_m, state.y_m, other.progress_m)
            return mind.actuation()

        record = supervised_drive(world, 60, blind_camera, Driver(asks))
        kinds |= {one.kind for one in record.events[:1]}
        obeyed += [one.obeyed for one in record.junctions[:1]]
        break
    assert kinds == {'wrong_turn'}
    assert obeyed == [False]


def _route_that_turns_elsewhere(world):
    """The same world, whose route takes another way at its first real junction."""
    from vavam_ros.simulation.route import route_along

    lanes = list(world.route.lanes)
    for place, lane in enumerate(lanes[1:], start=1):
        choices = world.town.lanes[lanes[place - 1]].successors
        real = len(choices) > 1 and world.town.lanes[lane].junction >= 0
        if real and world.route.starts_m[place] > world.progress_m + 10:
            other = next(one for one in choices if one != lane)
            onward = [other, *world.town.lanes[other].successors]
            twin = World(world.town.seed, EMPTY)
            twin.route = route_along(twin.town, [*lanes[:place], *onward])
            return twin
    return None


@pytest.mark.parametrize('kind', KINDS)
def test_a_scenario_ends_in_a_collision_for_who_does_not_react(kind):
    scenario = make_scenario(kind, 0)
    assert scenario == make_scenario(kind, 0)
    assert scenario != make_scenario(kind, 1)
    world, ghost = scenario.world(), dataclasses.replace(scenario, car=_far_away(scenario)).world()
    mind = Expert(ghost)

    def as_if_alone(state):
        asked = mind.actuation()
        ghost.step(asked)
        return asked

    end = drive_scenario(scenario, world, blind_camera, Driver(as_if_alone))
    assert end.impact_mps == pytest.approx(scenario.reference_mps, abs=0.5)


def _far_away(scenario):
    return dataclasses.replace(scenario.car, x_m=-1000.0, y_m=-1000.0)


@pytest.mark.parametrize('kind', ['stationary', 'crossing'])
def test_the_expert_stops_for_a_car_that_stands_in_its_way_or_is_about_to_cross_it(kind):
    scenario = make_scenario(kind, 0)
    world = scenario.world()
    end = drive_scenario(scenario, world, blind_camera, expert(world))
    assert end.impact_mps is None
    assert end.least_mps < 1.0
