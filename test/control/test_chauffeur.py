"""It drives while it may; for want of a path or odometry it stops within comfort and says why."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bicycle_drive import Bicycle

from vavam_ros.control.chauffeur import Chauffeur, Decision, HeardPath
from vavam_ros.control.settings import WatchSettings
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.records import NS_PER_S, EgoState

T0 = 100 * NS_PER_S
TICK = NS_PER_S // 20
CAR = VehicleParameters()


def straight(stamp_ns: int, speed: float = 5.0, waypoints: int = 6) -> HeardPath:
    ahead_s = np.arange(1, waypoints + 1) / 2
    points = np.stack([speed * ahead_s, np.zeros(waypoints)], axis=1)
    return HeardPath(stamp_ns, points, stamp_ns + (ahead_s * NS_PER_S).astype(np.int64))


class Ride:
    """A chauffeur in a bicycle, with paths at 2 Hz and odometry at 20 Hz unless told otherwise."""

    def __init__(self, **watch: float) -> None:
        self.car = Bicycle(CAR, speed=5.0)
        self.chauffeur = Chauffeur(CAR, watch=WatchSettings(**watch))
        self.now_ns, self.ticks = T0, 0
        self.decisions: list[Decision] = []

    def go(self, seconds: float, paths: bool = True, odometry: bool = True) -> Decision:
        for _ in range(round(seconds * 20)):
            if odometry:
                self.chauffeur.see(self.car.state(self.now_ns))
            if paths and self.ticks % 10 == 0:
                self.chauffeur.take(straight(self.now_ns))
            self.decisions.append(self.chauffeur.decide(self.now_ns))
            self.car.move(self.decisions[-1].actuation)
            self.now_ns, self.ticks = self.now_ns + TICK, self.ticks + 1
        return self.decisions[-1]

    @property
    def accelerations(self) -> list[float]:
        return [decision.actuation.acceleration_mps2 for decision in self.decisions]


@pytest.fixture
def ride() -> Ride:
    return Ride()


def stops_comfortably(ride: Ride) -> None:
    """From driving to standing: never harder than comfort, and it holds."""
    assert min(ride.accelerations) == pytest.approx(-3.0)
    assert ride.car.speed == 0.0
    assert ride.decisions[-1].actuation.acceleration_mps2 < 0
    assert ride.decisions[-1].actuation.speed_mps == 0.0


def test_with_paths_and_odometry_it_drives(ride):
    decision = ride.go(4.0)
    assert (decision.state, decision.reason) == ('DRIVING', '')
    assert ride.car.speed == pytest.approx(5.0, abs=0.1)
    assert decision.path_age_s == pytest.approx(0.45)
    assert decision.tracking.lateral_error_m == pytest.approx(0.0, abs=0.01)


def test_before_the_first_odometry_and_the_first_path_it_waits_and_brakes(ride):
    decision = ride.go(0.5, paths=False, odometry=False)
    assert (decision.state, decision.reason) == ('WAITING', 'no odometry yet')
    assert decision.actuation.acceleration_mps2 < 0
    assert decision.actuation.speed_mps == 0.0
    ride.car.speed = 3.0
    decision = ride.go(2.0, paths=False)
    assert (decision.state, decision.reason) == ('WAITING', 'no path yet')
    assert ride.car.speed == 0.0


def test_a_stale_path_stops_it(ride):
    ride.go(2.0)
    decision = ride.go(1.0, paths=False)
    assert decision.state == 'STOPPING'
    assert decision.reason == 'the path is 1.4 s old (limit 1.2 s)'
    assert decision.tracking is None
    decision = ride.go(1.9, paths=False)
    assert decision.state == 'STOPPED'
    assert decision.reason == 'all of the path lies in the past, its end by 0.3 s'
    stops_comfortably(ride)
    assert ride.go(2.0).state == 'DRIVING'
    assert ride.car.speed > 2.0


def test_between_plans_with_the_latency_of_a_slow_planner_it_drives_on(ride):
    ride.go(2.0)
    assert ride.go(0.7, paths=False).state == 'DRIVING'  # 1.15 s old


def test_a_path_all_in_the_past_stops_it():
    ride = Ride(max_path_age_s=60.0)
    ride.go(2.0)
    assert ride.go(2.4, paths=False).state == 'DRIVING'
    decision = ride.go(0.3, paths=False)
    assert decision.state == 'STOPPING'
    assert decision.reason == 'all of the path lies in the past, its end by 0.1 s'


def test_lost_odometry_stops_it_with_the_wheel_where_it_was(ride):
    ride.go(2.1)
    ride.car.y += 0.3
    steer = ride.go(0.2).actuation.steer_rad
    assert steer != 0
    decision = ride.go(0.7, odometry=False)
    assert decision.state == 'STOPPING'
    assert decision.reason == 'the odometry is 0.7 s old (limit 0.5 s)'
    held = ride.decisions[-1].actuation.steer_rad
    ride.go(3.0, odometry=False)
    assert ride.decisions[-1].actuation.steer_rad == held
    stops_comfortably(ride)
    assert ride.go(1.0).state == 'DRIVING'


@pytest.mark.parametrize('not_a_number', [math.nan, math.inf])
def test_a_path_that_is_not_finite_stops_it_until_a_good_one_comes(ride, not_a_number):
    ride.go(2.0)
    bad = straight(ride.now_ns - 1)
    bad.waypoints_m[3, 1] = not_a_number
    ride.chauffeur.take(bad)
    decision = ride.go(0.1, paths=False)
    assert decision.state == 'STOPPING'
    assert decision.reason == (
        'the newest path cannot be driven: a path has a waypoint or origin that is not finite'
    )
    assert ride.chauffeur.refused == 1
    ride.chauffeur.take(straight(ride.now_ns))
    assert ride.go(0.1, paths=False).state == 'DRIVING'


def test_a_path_without_times_is_told_from_one_with(ride):
    ride.go(2.0)
    ride.chauffeur.take(HeardPath(ride.now_ns, np.ones((6, 2)), np.full(6, ride.now_ns)))
    assert 'times of a path do not rise' in ride.go(0.1, paths=False).reason
    ride.chauffeur.take(HeardPath(ride.now_ns, np.zeros((0, 2)), np.zeros(0, np.int64)))
    assert 'waypoints of shape (0, 2)' in ride.go(0.1, paths=False).reason


@pytest.mark.parametrize(('step_s', 'said'), [(5.0, 'forward by 5.0'), (-3.0, 'back by 3.0')])
def test_when_time_jumps_the_path_is_forgotten(ride, step_s, said):
    ride.go(4.0)
    ride.now_ns += round(step_s * NS_PER_S)
    decision = ride.go(0.3, paths=False)
    assert decision.state == 'STOPPING'
    assert f'time jumped {said}' in decision.reason
    assert 'no path has come since' in decision.reason
    ride.go(3.0, paths=False)
    stops_comfortably(ride)
    ride.ticks = 0
    assert ride.go(1.0).state == 'DRIVING'


def test_a_clock_that_jumps_before_the_odometry_does_is_noticed_too(ride):
    ride.go(4.0)
    ride.now_ns -= 3 * NS_PER_S
    decision = ride.go(0.1, paths=False, odometry=False)
    assert decision.reason == 'no odometry'
    ride.go(0.1, paths=False)
    assert 'time jumped back' in ride.go(0.1, paths=False).reason


def test_a_vehicle_that_is_set_down_elsewhere_is_stopped_until_a_path_comes_from_there(ride):
    ride.go(2.1)
    ride.car.y += 30.0
    decision = ride.go(0.2, paths=False)
    assert decision.state == 'STOPPING'
    assert decision.reason == 'the vehicle is 30.0 m from the path (limit 5 m)'
    assert ride.go(1.0).state == 'DRIVING'


def test_a_manual_override_stops_it_and_its_end_lets_it_drive(ride):
    ride.go(2.0)
    ride.chauffeur.override(True)
    decision = ride.go(3.0)
    assert (decision.state, ride.chauffeur.overridden) == ('OVERRIDDEN', True)
    stops_comfortably(ride)
    ride.car.speed = 4.0  # somebody drives
    ride.go(0.1)
    ride.chauffeur.override(False)
    assert ride.go(1.0).state == 'DRIVING'
    assert ride.car.speed > 3.5


def test_a_path_that_comes_late_or_from_another_clock_leaves_the_last_one_valid(ride):
    ride.go(2.0)
    ride.chauffeur.take(straight(ride.now_ns - NS_PER_S))
    assert ride.chauffeur.refusal == 'it came after a newer one'
    ride.chauffeur.take(straight(ride.now_ns + 10 * NS_PER_S))
    assert ride.go(0.05, paths=False).state == 'DRIVING'
    assert ride.chauffeur.refusal.startswith('it is 10.0 s in the future: do the clocks differ?')
    assert ride.go(1.0).state == 'DRIVING'
    assert ride.chauffeur.refused == 2


def test_why_paths_were_not_taken_is_said_when_there_is_none_left(ride):
    ride.chauffeur.take(straight(T0 - NS_PER_S))
    decision = ride.go(0.1, paths=False)
    assert decision.state == 'WAITING'
    assert decision.reason == (
        'no path yet; the newest was not taken: there is no odometry at its stamp'
    )


def test_a_path_may_be_in_the_frame_of_the_odometry(ride):
    ride.car.x, ride.car.y = 50.0, 1.0
    ride.go(0.2, paths=False)
    ahead = straight(ride.now_ns - TICK)
    fixed = HeardPath(ahead.stamp_ns, ahead.waypoints_m + (50.0, 0.0), ahead.times_ns, False)
    ride.chauffeur.take(fixed)
    assert ride.go(0.3, paths=False).actuation.steer_rad < 0


def test_with_a_latency_a_path_is_driven_by_from_then_on_however_early_it_comes():
    """The same commands, whether a path comes at once or just in time."""
    early, late = Ride(path_latency_s=0.2), Ride(path_latency_s=0.2)
    for tick in range(60):
        for ride, delay in ((early, 0), (late, 4)):
            ride.chauffeur.see(ride.car.state(ride.now_ns))
            if tick >= delay and (tick - delay) % 10 == 0:
                ride.chauffeur.take(straight(ride.now_ns - delay * TICK, speed=3 + tick // 10))
            lacks = ride.chauffeur.lacks_path(ride.now_ns, 0.5)
            assert not lacks
            ride.decisions.append(ride.chauffeur.decide(ride.now_ns))
            ride.car.move(ride.decisions[-1].actuation)
            ride.now_ns += TICK
    assert [d.actuation for d in early.decisions] == [d.actuation for d in late.decisions]
    assert early.decisions[3].state == 'WAITING'
    assert early.decisions[4].state == 'DRIVING'


def test_a_path_is_missing_from_when_it_was_due():
    chauffeur = Chauffeur(CAR, watch=WatchSettings(path_latency_s=0.1))
    chauffeur.see(EgoState(T0, 0.0, 0.0, 0.0, 0.0))
    lacks = [chauffeur.lacks_path(T0 + tick * TICK, 0.5) for tick in range(4)]
    assert lacks == [False, False, True, True]
    chauffeur.take(straight(T0))
    lacks = [chauffeur.lacks_path(T0 + tick * TICK, 0.5) for tick in range(14)]
    assert lacks == [False] * 12 + [True] * 2
