"""Which command to give the planner: asked for, from the route, or the default; and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vavam_ros.control.route_command import command_from_route
from vavam_ros.errors import InputError
from vavam_ros.geometry.line import Line
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, DriveCommand, EgoState

TOPIC, ROUTE, DEFAULT = 'TOPIC', 'ROUTE', 'DEFAULT'
RELEASE = 'route'  # the word that ends a request
COMMANDS = {command.name.lower(): command for command in DriveCommand}

_OFF_ROUTE_M = 20.0
_STALE_S = 1.0  # of the odometry


@dataclass(frozen=True)
class Choice:
    """A command, which source it has, and why that one."""

    command: DriveCommand
    source: str
    reason: str


class CommandSource:
    """A request wins until it is released, then the route, then the default."""

    def __init__(self, rule: str, default: DriveCommand) -> None:
        self._rule, self._default = rule, default
        self._requested: DriveCommand | None = None
        self._route: Line | None = None
        self._route_frame = ''
        self._ego: EgoState | None = None
        self._ego_frame = ''
        self._progress_m: float | None = None

    def request(self, word: str) -> None:
        """Take `right`, `left` or `straight` until `route`; InputError for another word."""
        asked = word.strip().lower()
        if asked != RELEASE and asked not in COMMANDS:
            raise InputError(
                f'command {word!r:.40} is unknown and ignored: '
                f'it is one of {", ".join(COMMANDS)}, or {RELEASE} to go by the route again'
            )
        self._requested = COMMANDS.get(asked)

    def follow(self, route: Line | None, frame: str) -> None:
        """Go by this route, in a fixed frame; None: by none."""
        self._route, self._route_frame, self._progress_m = route, frame, None

    def see(self, ego: EgoState, frame: str) -> None:
        """The vehicle's rear axle is there."""
        if self._ego and ego.stamp_ns < self._ego.stamp_ns:
            self._progress_m = None  # time was set back
        self._ego, self._ego_frame = ego, frame

    def choose(self, now_ns: int) -> Choice:
        """The command now."""
        if self._requested is not None:
            return Choice(self._requested, TOPIC, f'asked for until {RELEASE!r} comes')
        route, ego = self._route, self._ego
        if route is None or ego is None:
            missing = 'no route' if route is None else 'no odometry'
            return Choice(self._default, DEFAULT, missing)
        problem = self._problem(ego, now_ns)
        if problem:
            return Choice(self._default, DEFAULT, problem)
        return self._by_route(route, ego)

    def _problem(self, ego: EgoState, now_ns: int) -> str | None:
        if self._route_frame != self._ego_frame:
            return (
                f'the route is in {self._route_frame!r}, the odometry in {self._ego_frame!r}: '
                'let both be in one frame'
            )
        age_s = (now_ns - ego.stamp_ns) / NS_PER_S
        if abs(age_s) > _STALE_S:
            when = 'old' if age_s > 0 else 'in the future'
            return f'the odometry is {abs(age_s):.1f} s {when}'
        return None

    def _by_route(self, route: Line, ego: EgoState) -> Choice:
        pose = Pose2(ego.x_m, ego.y_m, ego.yaw_rad)
        progress_m = self._progress_m = route.progress_m(pose, self._progress_m)
        off_m = float(np.hypot(*(route.place_at(progress_m) - (ego.x_m, ego.y_m))))
        if off_m > _OFF_ROUTE_M:
            return Choice(self._default, DEFAULT, f'the route is {off_m:.0f} m away')
        command = command_from_route(route, pose, self._rule, ego.speed_mps, progress_m)
        where = f'{progress_m:.0f} of {route.lengths_m[-1]:.0f} m'
        return Choice(command, ROUTE, f'by {self._rule}, at {where} of the route')
