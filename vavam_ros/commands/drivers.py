"""Who can drive in the embedded world: a pilot with its controller, the expert, nobody at all."""

from __future__ import annotations

import numpy as np

from vavam_ros.control.chauffeur import Chauffeur, HeardPath
from vavam_ros.control.settings import WatchSettings
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.driving.gate import PlanGate
from vavam_ros.driving.pilot import Pilot
from vavam_ros.records import NS_PER_S, Actuation, CameraFrame, EgoState, Plan
from vavam_ros.simulation.collection import Sample
from vavam_ros.simulation.expert import Expert
from vavam_ros.simulation.world import World

_CAMERA = 'camera'
_HOLD_GAIN = 2.0  # m/s^2 per m/s


class PilotDriver:
    """Plans at each frame, and drives by the plans as planner and controller node do.

    A plan is driven by from `latency_s` after its frame on: it takes that long to be made.
    """

    def __init__(
        self, pilot: Pilot, vehicle: VehicleParameters | None = None, latency_s: float = 0.1
    ) -> None:
        self._pilot, self._gate = pilot, PlanGate(pilot.settings)
        self._vehicle = vehicle or VehicleParameters()
        self._watch = WatchSettings(path_latency_s=latency_s)
        self._chauffeur = self._new_chauffeur()
        self.withheld = 0  # plans that no vehicle could drive

    def sees(self, sample: Sample) -> None:
        """Plan from this frame and those before."""
        frame = CameraFrame(sample.stamp_ns, _CAMERA, sample.image)
        plan = self._pilot.observe(frame, sample.command)
        if plan is None:
            return
        if self._gate.objection(plan):
            self.withheld += 1
            return
        self._chauffeur.see(sample.state)
        self._chauffeur.take(_heard(plan))

    def actuation(self, state: EgoState) -> Actuation:
        """By the newest plan that is made by now; without one it brakes."""
        self._chauffeur.see(state)
        return self._chauffeur.decide(state.stamp_ns).actuation

    def forget(self) -> None:
        """Begin anew: no frames, no plan, the wheel straight."""
        self._pilot.forget()
        self._chauffeur = self._new_chauffeur()

    def _new_chauffeur(self) -> Chauffeur:
        return Chauffeur(self._vehicle, watch=self._watch)


class ConstantVelocity:
    """Goes straight ahead at the speed that it began with."""

    def __init__(self) -> None:
        self._speed_mps: float | None = None

    def sees(self, sample: Sample) -> None:
        """It does not look."""

    def actuation(self, state: EgoState) -> Actuation:
        """The wheel straight, the speed held."""
        if self._speed_mps is None:
            self._speed_mps = state.speed_mps
        missing = self._speed_mps - state.speed_mps
        return Actuation(state.stamp_ns, 0.0, _HOLD_GAIN * missing, self._speed_mps)

    def forget(self) -> None:
        """Hold the next speed."""
        self._speed_mps = None


class ExpertDriver:
    """The expert, who sees all of the world and needs no camera."""

    def __init__(self, world: World) -> None:
        self._expert = Expert(world)

    def sees(self, sample: Sample) -> None:
        """It knows."""

    def actuation(self, state: EgoState) -> Actuation:
        """What the expert does."""
        return self._expert.actuation()

    def forget(self) -> None:
        """Nothing is remembered."""


def _heard(plan: Plan) -> HeardPath:
    steps = np.arange(1, len(plan.waypoints_in_rig) + 1)
    times_ns = plan.stamp_ns + steps * round(plan.step_s * NS_PER_S)
    return HeardPath(plan.stamp_ns, plan.waypoints_in_rig.astype(np.float64), times_ns)
