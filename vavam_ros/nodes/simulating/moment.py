"""One tick of the world, as the outside sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from vavam_ros.bridge.actuation import Motion
from vavam_ros.records import NS_PER_S, EgoState
from vavam_ros.simulation.events import Event
from vavam_ros.simulation.world import World

# Simulated time begins here: a ROS time of 0 means that it has not begun.
START_NS = 10 * NS_PER_S


@dataclass(frozen=True)
class Moment:
    """How the ego vehicle is at a tick."""

    state: EgoState  # stamped with simulated time
    acceleration_mps2: float
    yaw_rate_radps: float
    steer_rad: float

    @property
    def motion(self) -> Motion:
        """What a control message that comes now refers to."""
        return Motion(self.state.stamp_ns, self.state.speed_mps, self.steer_rad)


@dataclass(frozen=True)
class StampedEvent:
    """What went wrong, as published on ~/events."""

    stamp_s: float  # simulated time
    kind: str
    x_m: float  # of the rear axle in `map`
    y_m: float
    speed_mps: float
    with_what: str
    impact_mps: float
    route_m: float  # driven of the route


def moment_of(world: World) -> Moment:
    """The world's ego vehicle now."""
    state, ego = world.ego_state(), world.ego
    curvature = math.tan(ego.steer_rad) / world.vehicle.wheelbase_m
    return Moment(
        replace(state, stamp_ns=stamp_of(world)),
        ego.acceleration_mps2,
        state.speed_mps * curvature,
        ego.steer_rad,
    )


def stamp_of(world: World) -> int:
    """Simulated time now."""
    return START_NS + world.stamp_ns


def stamped(event: Event, world: World) -> StampedEvent:
    """The event in simulated time, with the place on the route."""
    return StampedEvent(
        stamp_s=START_NS / NS_PER_S + event.time_s,
        kind=event.kind,
        x_m=event.x_m,
        y_m=event.y_m,
        speed_mps=event.speed_mps,
        with_what=event.with_what,
        impact_mps=event.impact_mps,
        route_m=world.progress_m,
    )
