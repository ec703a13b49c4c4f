"""Drives for training: the expert at the wheel, disturbed so that it has to recover."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vavam_ros.records import Actuation, DriveCommand, EgoState
from vavam_ros.simulation.ego import EgoMotion
from vavam_ros.simulation.events import WRONG_LANE
from vavam_ros.simulation.expert import Expert
from vavam_ros.simulation.scene import Scene
from vavam_ros.simulation.world import STEP_S, World

FRAME_STEPS = 10  # of the world between two frames: 2 Hz
GAP_NS = 10_000_000_000  # added to the stamps where the vehicle was put back: a new beginning
FARTHEST_ASIDE_M = 2.6  # from the route; beyond, the vehicle is put back


@dataclass(frozen=True)
class Sample:
    """What is recorded of one moment, 2 Hz."""

    stamp_ns: int
    image: NDArray[np.uint8]  # [h, w, 3] RGB
    state: EgoState
    command: DriveCommand
    target_in_rig: NDArray[np.float32]  # [6, 2] m at +0.5 ... +3.0 s: how the expert goes on


@dataclass(frozen=True)
class Disturbances:
    """How often the wheel and the pedals are taken out of the expert's hands, and how far."""

    steering_every_s: float = 7.0
    steering_rad: float = 0.10
    steering_for_s: tuple[float, float] = (0.4, 1.4)
    pedals_every_s: float = 15.0
    pedals_mps2: tuple[float, float] = (-2.5, 1.2)
    pedals_for_s: tuple[float, float] = (0.8, 3.0)
    elsewhere_every_s: float = 40.0  # put at another place across the lane, turned a little
    aside_m: float = 1.1
    turned_rad: float = 0.12


class Driver(Protocol):
    """Whoever drives the vehicle while the expert says what it should do."""

    def sees(self, sample: Sample) -> None:
        """Take a frame, twice a second; its target is not to be looked at."""

    def actuation(self, state: EgoState) -> Actuation:
        """What to do now, asked at each step of the world."""

    def forget(self) -> None:
        """The vehicle was put elsewhere."""


def collect_drive(
    world: World,
    seconds: float,
    camera: Callable[[Scene], NDArray[np.uint8]],
    disturbances: Disturbances | None = None,
    driver: Driver | None = None,
) -> Iterator[Sample]:
    """Samples at 2 Hz of one drive, the same for the same arguments.

    Targets are the expert's plan from wherever the disturbances, or another driver, have brought
    the vehicle, so they show the way back. `camera` renders a scene of this world's town.
    """
    seeds = [world.town.seed, 2, world.settings.variant]
    hand = _Hand(disturbances or Disturbances(), np.random.default_rng(seeds))
    expert = Expert(world)
    shift_ns = 0
    for _ in range(round(seconds / (FRAME_STEPS * STEP_S))):
        if hand.puts_elsewhere():
            _put_elsewhere(world, hand)
            shift_ns += _start_anew(driver)
        stamp_ns = world.stamp_ns + shift_ns
        state = replace(world.ego_state(), stamp_ns=stamp_ns)
        image = camera(world.scene())
        sample = Sample(stamp_ns, image, state, world.command(), expert.plan())
        yield sample
        if driver is not None:
            driver.sees(sample)
        if _goes_wrong(world, expert, hand, driver, shift_ns):
            world.put_back()
            shift_ns += _start_anew(driver)


def _start_anew(driver: Driver | None) -> int:
    """Nanoseconds by which the stamps jump, so that no window reaches across."""
    if driver is not None:
        driver.forget()
    return GAP_NS


def _goes_wrong(
    world: World, expert: Expert, hand: _Hand, driver: Driver | None, shift_ns: int
) -> bool:
    """Half a second on; whether the vehicle has to be put back then."""
    wrong = False
    for _ in range(FRAME_STEPS):
        if driver is None:
            asked = expert.actuation()
        else:
            now_ns = world.stamp_ns + shift_ns
            asked = driver.actuation(replace(world.ego_state(), stamp_ns=now_ns))
        events = world.step(hand.disturbed(asked))
        wrong = wrong or any(event.kind != WRONG_LANE for event in events)
    return wrong or abs(world.aside_m) > FARTHEST_ASIDE_M


def _put_elsewhere(world: World, hand: _Hand) -> None:
    """Across the lane and turned, at some speed: what a drive of one's own may come to."""
    world.put_back(hand.draw(0.0, 1.0) * world.route.limit_at(world.progress_m))
    ego, aside, turned = world.ego, hand.aside_m(), hand.turned_rad()
    world.ego = EgoMotion(
        ego.x_m - aside * math.sin(ego.yaw_rad),
        ego.y_m + aside * math.cos(ego.yaw_rad),
        ego.yaw_rad + turned,
        ego.speed_mps,
    )


class _Hand:
    """What takes hold of the wheel now and then."""

    def __init__(self, disturbances: Disturbances, rng: np.random.Generator) -> None:
        self._habits = disturbances
        self._rng = rng
        self._steering = (0.0, 0)  # offset, steps left
        self._pedals = (0.0, 0)

    def disturbed(self, actuation: Actuation) -> Actuation:
        """One step of 0.05 s."""
        habits = self._habits
        self._steering = self._next(
            self._steering,
            habits.steering_every_s,
            (-habits.steering_rad, habits.steering_rad),
            habits.steering_for_s,
        )
        self._pedals = self._next(
            self._pedals, habits.pedals_every_s, habits.pedals_mps2, habits.pedals_for_s
        )
        pedals, left = self._pedals
        wanted = actuation.acceleration_mps2
        # A push never drives on where the expert brakes for something.
        acceleration = min(wanted, 0.0) + min(pedals, 0.0) if wanted < 0 else wanted + pedals
        return replace(
            actuation,
            steer_rad=actuation.steer_rad + self._steering[0],
            acceleration_mps2=acceleration if left else wanted,
        )

    def puts_elsewhere(self) -> bool:
        """Asked at each frame."""
        return self._happens(self._habits.elsewhere_every_s, FRAME_STEPS * STEP_S)

    def aside_m(self) -> float:
        """Left of the lane's middle."""
        return self.draw(-self._habits.aside_m, self._habits.aside_m)

    def turned_rad(self) -> float:
        """Against the lane's direction."""
        return self.draw(-self._habits.turned_rad, self._habits.turned_rad)

    def draw(self, least: float, most: float) -> float:
        """Any number between."""
        return float(self._rng.uniform(least, most))

    def _next(
        self,
        now: tuple[float, int],
        every_s: float,
        strength: tuple[float, float],
        duration_s: tuple[float, float],
    ) -> tuple[float, int]:
        offset, left = now
        if left > 0:
            return offset, left - 1
        if not self._happens(every_s, STEP_S):
            return 0.0, 0
        return self.draw(*strength), round(self.draw(*duration_s) / STEP_S)

    def _happens(self, every_s: float, within_s: float) -> bool:
        return bool(self._rng.random() < within_s / every_s)
