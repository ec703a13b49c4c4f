import math

import numpy as np
import pytest

from vavam_ros.errors import InputError
from vavam_ros.records import Actuation, DriveCommand
from vavam_ros.simulation.events import COLLISION, OFF_ROAD, RED_LIGHT, WRONG_LANE
from vavam_ros.simulation.expert import Expert
from vavam_ros.simulation.scripted import ScriptedCar
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS
from vavam_ros.simulation.world import STEP_S, World, WorldSettings

EMPTY = WorldSettings(cars=0, pedestrians=0)


def driven(world, seconds, actuation=None):
    """What goes wrong while the expert, or one actuation for good, drives."""
    expert = Expert(world)
    return [
        event
        for _ in range(round(seconds / STEP_S))
        for event in world.step(actuation or expert.actuation())
    ]


def ahead_of(world, distance_m, **script):
    at = world.route.pose_at(world.progress_m + distance_m)
    return ScriptedCar(2000, at.x_m, at.y_m, at.yaw_rad + script.pop('turned', 0.0), **script)


@pytest.mark.parametrize('seed', HELD_OUT_SEEDS)
def test_the_expert_drives_every_held_out_town_without_an_event(seed):
    world = World(seed)
    start_m = world.progress_m
    assert driven(world, 200) == []
    assert world.progress_m - start_m > 800


@pytest.mark.parametrize('seed', HELD_OUT_SEEDS[:3])
def test_the_expert_obeys_traffic_lights(seed):
    world = World(seed, WorldSettings(lights=True))
    assert driven(world, 120) == []
    assert 'red' in world.scene().light_states


def test_a_world_is_the_same_for_the_same_seed_and_settings():
    one, other = World(5), World(5)
    driven(one, 20), driven(other, 20)
    assert one.scene() == other.scene()
    another = World(5, WorldSettings(variant=1))
    driven(another, 20)
    assert another.scene() != one.scene()


def test_time_goes_on_in_steps_of_a_twentieth_of_a_second():
    world = World(1, EMPTY)
    driven(world, 3)
    assert (world.time_s, world.stamp_ns) == (pytest.approx(3.0), 3_000_000_000)
    assert world.ego_state().stamp_ns == world.stamp_ns


def test_straight_on_leads_off_the_road_and_into_something():
    kinds = set()
    for seed in range(4):
        world = World(seed, EMPTY)
        kinds |= {event.kind for event in driven(world, 60, Actuation(0, 0.0, 1.0, 8.0))}
    assert {OFF_ROAD, COLLISION} <= kinds


def test_the_wrong_lane_is_said_once_for_each_time():
    world = World(2, EMPTY)
    world.put_back(0.0)
    ego = world.ego
    left = (-math.sin(ego.yaw_rad), math.cos(ego.yaw_rad))
    world.ego = ego.__class__(ego.x_m + 3.5 * left[0], ego.y_m + 3.5 * left[1], ego.yaw_rad)
    events = driven(world, 3, Actuation(0, 0.0, 0.0, 0.0))
    assert [event.kind for event in events] == [WRONG_LANE]
    assert events[0].time_s == pytest.approx(0.55, abs=0.06)
    assert world.placement().wrong_lane


def test_running_into_a_standing_car_has_its_speed():
    world = World(2, EMPTY)
    world = World(2, EMPTY, scripted=(ahead_of(world, 15.0),))
    world.put_back(6.0)
    events = driven(world, 3, Actuation(0, 0.0, 0.0, 6.0))
    first = events[0]
    assert (first.kind, first.with_what) == (COLLISION, 'car')
    assert first.impact_mps == pytest.approx(6.0, abs=0.3)


def test_the_expert_stops_for_a_standing_car():
    world = World(2, EMPTY)
    world = World(2, EMPTY, scripted=(ahead_of(world, 40.0),))
    assert driven(world, 20) == []
    assert world.ego.speed_mps < 0.05
    gap_m = world.hazards()[0].at_m - world.progress_m
    assert 3.7 < gap_m < 9.0


def test_a_crossing_pedestrian_is_waited_for():
    waited = 0
    for seed in range(6):
        world = World(seed, WorldSettings(cars=0, pedestrians=5.0))
        assert driven(world, 60) == []
        waited += any(actor.speed_mps > 0 for actor in world.scene().actors)
    assert waited > 0


def test_driving_through_a_red_light_is_an_event():
    seen = []
    for seed in range(8):
        world = World(seed, WorldSettings(cars=0, pedestrians=0, lights=True))
        expert = Expert(world)
        for _ in range(1200):
            asked = expert.actuation()
            limit = world.route.limit_at(world.progress_m)
            steady = Actuation(0, asked.steer_rad, 2.0 * (limit - world.ego.speed_mps), limit)
            seen += world.step(steady)
    assert {event.kind for event in seen} == {RED_LIGHT}


def test_a_plan_is_where_the_expert_then_drives():
    world = World(3, EMPTY)
    expert = Expert(world)
    for start_s in (0, 7, 11):
        driven(world, start_s)
        plan, rig = expert.plan(), world.ego.pose
        places = []
        for _ in range(6):
            driven(world, 0.5)
            places.append((world.ego.x_m, world.ego.y_m))
        assert rig.to_rig(np.array(places)) == pytest.approx(plan, abs=0.15)


def test_a_plan_leads_back_to_the_lane():
    world = World(3, EMPTY)
    driven(world, 8)
    at = world.route.pose_at(world.progress_m)
    left = np.array([-math.sin(at.yaw_rad), math.cos(at.yaw_rad)])
    world.ego = world.ego.__class__(
        at.x_m + 1.2 * left[0], at.y_m + 1.2 * left[1], at.yaw_rad, 7.0
    )
    world.step(Actuation(0, 0.0, 0.0, 7.0))
    last = world.ego.pose.to_fixed(Expert(world).plan()[-1:].astype(float))[0]
    _, aside_m = world.route.project(*last, world.progress_m + 18.0)
    assert abs(aside_m) < 0.3


def test_put_back_the_vehicle_is_in_its_lane_with_room():
    world = World(4)
    driven(world, 30)
    world.put_back(3.0)
    assert abs(world.aside_m) < 1e-6
    assert world.ego.speed_mps <= 3.0
    gaps = [
        math.hypot(actor.x_m - world.ego.x_m, actor.y_m - world.ego.y_m)
        for actor in world.scene().actors
        if actor.kind == 'car'
    ]
    assert min(gaps) > 20


def test_commands_say_where_the_route_turns():
    world = World(0, EMPTY)
    expert = Expert(world)
    ahead = {command: [] for command in DriveCommand}
    for _ in range(3000):
        world.step(expert.actuation())
        rig = world.ego.pose
        there = world.route.pose_at(world.progress_m + 20.0)
        ahead[world.command()].append(rig.to_rig(np.array([[there.x_m, there.y_m]]))[0, 1])
    assert min(ahead[DriveCommand.LEFT]) > 2.0
    assert max(ahead[DriveCommand.RIGHT]) < -2.0
    assert np.abs(ahead[DriveCommand.STRAIGHT]).max() < 4.0
    assert min(len(each) for each in ahead.values()) > 200


def test_settings_that_make_no_world_are_refused():
    with pytest.raises(InputError, match=r"command rule 'nose'.*pose-3s, route-20m"):
        WorldSettings(command_rule='nose')
    with pytest.raises(InputError, match='none may be negative'):
        WorldSettings(cars=-1)
