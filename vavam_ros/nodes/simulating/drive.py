"""The simulation's course: present a moment, wait for the command, tick; from start to end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from nav_msgs.msg import Path
from rclpy.executors import Executor
from rclpy.node import Node
from sensor_msgs.msg import Image

from vavam_ros.bridge.carla import SimulationStatus
from vavam_ros.bridge.optional_messages import how_to_get
from vavam_ros.nodes.lifetime import StopRequest
from vavam_ros.nodes.simulating.control_inputs import ControlInputs
from vavam_ros.nodes.simulating.health import ENDED, WAITING, SimulatorHealth
from vavam_ros.nodes.simulating.moment import START_NS, moment_of, stamp_of, stamped
from vavam_ros.nodes.simulating.outputs import SimulatorOutputs
from vavam_ros.nodes.simulating.pace import FreePace, LockStepPace, Pace
from vavam_ros.nodes.simulating.settings import SimulatorSettings
from vavam_ros.nodes.simulating.spinner import Spinner
from vavam_ros.nodes.simulating.stamp_gate import StampGate
from vavam_ros.nodes.simulating.turn_gate import TurnGate
from vavam_ros.nodes.status import StatusReporter
from vavam_ros.records import NS_PER_S, Actuation
from vavam_ros.simulation.camera import SceneCamera
from vavam_ros.simulation.command_log import CommandLog
from vavam_ros.simulation.world import STEP_NS, STEP_S, World

_ROUTE_END_M = 30.0  # so near its end a route is driven
_SETTLE_S = 0.5  # for the other topics of who has just come, and for their side of the match
_CLOCK_S = 0.05
_LINGER_S = 0.5  # at the end: what a subscriber has not taken by then is lost with the publisher


class Drive:
    """A world, its camera, and everything that connects them with the graph."""

    def __init__(
        self,
        node: Node,
        executor: Executor,
        stop: StopRequest,
        settings: SimulatorSettings,
        world: World,
        camera: SceneCamera,
    ) -> None:
        self._node, self._settings, self._world, self._camera = node, settings, world, camera
        self._moment = moment_of(world)
        self._in_force: Actuation | None = None
        self._health, self._log = SimulatorHealth(), CommandLog(settings.command_log_file)
        self._outputs = SimulatorOutputs(node, settings.role_name, world.vehicle)
        self._inputs = ControlInputs(
            node, settings.role_name, world.vehicle, lambda: self._moment.motion
        )
        self._reporter = StatusReporter(node, 'simulation', self._health.verdict, self._figures)
        self._spinner = Spinner(executor, stop)
        pace = LockStepPace if settings.lock_step else FreePace
        self._pace: Pace = pace(self._inputs, self._spinner, settings, self._health)
        self._paths = self._gate(Path, 'path') if settings.wait_for_path else None
        self._turns = (
            TurnGate(node, self._spinner, settings.path_timeout_s)
            if settings.wait_for_turn
            else None
        )
        self._predictions = (
            self._gate(Image, 'predicted_image') if settings.wait_for_prediction else None
        )
        self._began_s = time.monotonic()
        self._say_what_is_left_out()

    def run(self) -> None:
        """Drive until the duration or the route is over, or the process is asked to end."""
        self._reporter.start()
        self._outputs.publish_latched(self._world.route.points_m, START_NS)
        if self._settings.lock_step:
            self._wait_for_partners()
        self._began_s = time.monotonic()
        while not self._spinner.stopped and not self._end():
            self._present()
            actuation = self._pace.actuation(self._moment)
            if actuation is None:
                break
            self._in_force = actuation
            self._log.add(self._moment.state.stamp_ns, actuation)
            for event in self._world.step(actuation):
                self._health.events[event.kind] += 1
                self._outputs.publish_event(stamped(event, self._world))
            self._moment = moment_of(self._world)
            self._health.ticks += 1

    def finish(self) -> str:
        """Say for the last time how it went; the sentence."""
        self._health.becomes(ENDED, self._end() or 'asked to end')
        events = ', '.join(f'{count} {kind}' for kind, count in self._health.events.items())
        line = (
            f'{self._health.ticks * STEP_S:.2f} s simulated, {self._world.progress_m:.0f} m of '
            f'the route, events: {events or "none"}; command log of {self._log.ticks} ticks: '
            f'{self._log.digest}'
        )
        self._reporter.close()
        self._spinner.wait_until(lambda: False, _LINGER_S)
        self._log.close()
        return line

    def _say_what_is_left_out(self) -> None:
        topics: dict[str, list[str]] = {}
        for type_name, topic in (*self._outputs.left_out, *self._inputs.left_out):
            topics.setdefault(type_name.partition('/')[0], []).append(topic)
        for package, names in topics.items():
            self._node.get_logger().info(
                f'without {package} there is no {", ".join(names)} ({how_to_get(package)})'
            )

    def _gate(self, kind: Any, topic: str) -> StampGate:
        timeout_s = self._settings.path_timeout_s
        return StampGate(self._node, self._spinner, kind, topic, timeout_s)

    def _present(self) -> None:
        """Publish the moment: the odometry last, since it is what a controller answers."""
        now_ns = self._moment.state.stamp_ns
        self._outputs.publish_clock(now_ns)
        if self._health.ticks % self._settings.image_ticks == 0:
            self._show(now_ns)
        if self._settings.lock_step:  # what is left over belonged to no tick
            self._health.out_of_step += len(self._inputs.automatic)
            self._inputs.automatic.clear()
        status = SimulationStatus(self._health.ticks, STEP_S, self._settings.lock_step, True)
        self._outputs.publish_simulation(status)
        self._outputs.publish_vehicle(self._moment, self._camera.mount, self._in_force)

    def _show(self, now_ns: int) -> None:
        """Publish an image, and wait for what it needs before and after it."""
        before_ns = now_ns - self._settings.image_ticks * STEP_NS
        predictions = self._predictions if self._health.images else None
        if predictions is not None and not predictions.answered(before_ns):
            self._health.late_predictions += 1
            self._predictions = None  # whoever does not predict once never does
        if self._turns is not None and not self._turns.answered(self._health.ticks):
            self._health.late_turns += 1
            self._turns = None  # what was not counted stays missing
        image = self._camera.image(self._world.scene())
        self._outputs.publish_image(image, self._camera.pinhole, now_ns)
        self._health.images += 1
        if self._paths is not None and not self._paths.answered(now_ns):
            self._health.late_paths += 1

    def _wait_for_partners(self) -> None:
        """Stand at the beginning until everybody is there: runs must not depend on who is late."""
        while missing := self._missing():
            self._health.becomes(WAITING, f'in lock step for {" and ".join(missing)}')
            self._outputs.publish_clock(START_NS)
            self._spinner.wait_until(lambda: False, _CLOCK_S)
            if self._spinner.stopped:
                return
        self._spinner.wait_until(lambda: False, _SETTLE_S)

    def _missing(self) -> list[str]:
        missing, settings = [], self._settings
        if not self._inputs.publishers():
            missing.append(f'a publisher on {" or ".join(self._inputs.topics)}')
        missing += _others(
            'odometry', self._outputs.odometry_listeners, settings.odometry_subscribers
        )
        if self._paths is not None:
            listeners = self._outputs.image_listeners
            missing += _others('images', listeners, settings.image_subscribers)
            if not self._paths.planners:
                missing.append(f'a planner that publishes {self._paths.topic}')
        if self._turns is not None and not self._turns.commanders:
            missing.append(f'a commander that publishes {self._turns.topic}')
        return missing

    def _end(self) -> str:
        """Why the drive is over; '' if it is not."""
        if self._settings.duration_ns:
            left_ns = self._settings.duration_ns - self._health.ticks * STEP_NS
            if left_ns <= 0:
                return f'{self._settings.duration_s:g} s are over'
        if self._world.progress_m > self._world.route.length_m - _ROUTE_END_M:
            return 'the route is driven'
        return ''

    def _figures(self) -> Mapping[str, object]:
        health, world = self._health, self._world
        elapsed_s = max(time.monotonic() - self._began_s, 1e-3)
        return {
            'seed': self._settings.seed,
            'variant': self._settings.variant,
            'mode': 'lock step' if self._settings.lock_step else 'free',
            'time_s': (stamp_of(world) - START_NS) / NS_PER_S,
            'ticks': health.ticks,
            'real_time_factor': health.ticks * STEP_S / elapsed_s,
            'images': health.images,
            'commands': health.commands,
            'braked_ticks': health.braked_ticks,
            'timeouts': health.timeouts,
            'out_of_step': health.out_of_step,
            'refused': self._inputs.refused,
            'late_paths': health.late_paths,
            'late_turns': health.late_turns,
            'late_predictions': health.late_predictions,
            'repeats': health.repeats,
            'command_log': self._log.digest,
            'events': ', '.join(f'{kind} {n}' for kind, n in list(health.events.items())),
            'route_driven_m': world.progress_m,
            'route_m': world.route.length_m,
            'beside_route_m': world.aside_m,
            'speed_mps': world.ego.speed_mps,
        }


def _others(what: str, there: int, wanted: int) -> list[str]:
    """What is missing among subscribers, in words."""
    count = wanted - there
    return [f'{count} subscriber{"s" * (count > 1)} of the {what}'] if count > 0 else []
