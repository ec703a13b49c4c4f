"""The lifecycle node `planner`: parameters and transitions."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial, wraps
from typing import Any

from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from vavam_ros.bridge import parameters
from vavam_ros.bridge.image import image_converter
from vavam_ros.driving.assembly import AssemblyInterruptedError
from vavam_ros.driving.device_errors import in_one_line
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.nodes.planning.connections import Connections
from vavam_ros.nodes.planning.drive import Drive
from vavam_ros.nodes.planning.engine import Engine
from vavam_ros.nodes.planning.graph_time import GraphTime
from vavam_ros.nodes.planning.health import PlannerHealth
from vavam_ros.nodes.planning.outputs import PlannerOutputs
from vavam_ros.nodes.planning.reporter import Reporter
from vavam_ros.nodes.planning.settings import PlannerNodeSettings
from vavam_ros.nodes.planning.verdict import Surroundings
from vavam_ros.nodes.settings import declared_settings, unknown_parameters

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
_SETTINGS = (PilotSettings, PlannerNodeSettings)
_NAMES = {field.name for settings in _SETTINGS for field in fields(settings)}

Transition = Callable[['PlannerNode', LifecycleState], TransitionCallbackReturn]


def _told(transition: Transition) -> Transition:
    """Make a transition's end known, and an unexpected error: rclpy would swallow it."""

    @wraps(transition)
    def told(node: PlannerNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            node.get_logger().error(traceback.format_exc())
            node.health.enters('error', in_one_line(error))
            raise
        finally:
            node.reporter.report_now()

    return told


class PlannerNode(LifecycleNode):  # type: ignore[misc]  # rclpy has no types here
    """Configure loads and warms up, activate subscribes, deactivate and cleanup undo that."""

    def __init__(self, interrupted: Callable[[], bool] = lambda: False, **options: Any) -> None:
        """Declare the parameters; InputError for a start-up value that is wrong.

        What takes long ends with a failure soon after `interrupted` says so.
        """
        super().__init__('planner', **options)
        self._interrupted = interrupted
        for settings in _SETTINGS:
            declared_settings(self, settings)
        self._engine: Engine | None = None
        self._drive: Drive | None = None
        self.health = PlannerHealth(GraphTime(self.get_clock()))
        self._connections = Connections(self)
        self._outputs = PlannerOutputs(self, self._connections)
        self.reporter = Reporter(self, self.health, self._surroundings)
        self.add_on_set_parameters_callback(self._check_changes)
        self._survive_impossible_transitions()
        for name in unknown_parameters(self):
            self.get_logger().warning(f'parameter {name} is unknown here and has no effect')

    @_told
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up; FAILURE, with the reason said and shown, if that cannot be."""
        self.health.enters('configuring')
        self.reporter.report_now()
        try:
            self._engine = Engine(parameters.read(self, PilotSettings), self._interrupted)
        except (InputError, AssemblyInterruptedError) as error:
            self.get_logger().error(f'cannot be configured: {error}')
            self.health.enters('unconfigured', str(error))
            return FAILURE
        self._identify(self._engine)
        self.health.enters('inactive')
        return super().on_configure(state)

    @_told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe, and plan."""
        assert self._engine is not None, 'activation follows configuration'
        super().on_activate(state)
        self.health.enters('active')
        self._drive = Drive(  # known before it starts, so that it is closed if that fails
            self,
            self._engine,
            parameters.read(self, PlannerNodeSettings),
            self._outputs,
            self._connections,
            self.health,
            self.reporter.report_now,
        )
        self._drive.start()
        return SUCCESS

    @_told
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and forget the frames."""
        self._stop()
        self.health.enters('inactive')
        return super().on_deactivate(state)

    @_told
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        self._free()  # first: what is said of the new state must not name the model any more
        self.health.enters('unconfigured')
        return super().on_cleanup(state)

    @_told
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything, whatever the state was."""
        self._free()
        self.health.enters('finalized')
        super().on_deactivate(state)
        return super().on_shutdown(state)

    @_told
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything, so that the node can be configured again."""
        self.health.enters('unconfigured', self.health.refusal)
        self._free()
        super().on_deactivate(state)
        return super().on_error(state)

    def start(self) -> None:
        """Configure and activate without a manager, as far as that goes and nobody interrupts."""
        for transition in (self.trigger_configure, self.trigger_activate):
            if self._interrupted() or transition() != SUCCESS:
                return

    def finish(self) -> None:
        """Shut down from any state, unless a manager has done that already."""
        if self.health.lifecycle != 'finalized':
            self.trigger_shutdown()

    def destroy_node(self) -> None:
        """End the threads, then the node."""
        self._free()
        self.reporter.close()
        super().destroy_node()

    def _stop(self) -> None:
        if self._drive is not None:
            self._drive.close()
            self._drive = None

    def _free(self) -> None:
        self._stop()
        if self._engine is not None:
            self._engine.close()
            self._engine = None
            self.health.forget_model()

    def _identify(self, engine: Engine) -> None:
        """Log what runs, and keep it for the diagnostics."""
        identity, pilot = engine.assembled.identity, engine.assembled.pilot
        model = {
            'weights': identity.weights,
            'tokenizer': identity.tokenizer,
            'training': 'trained' if identity.trained else 'RANDOM',
            'width_mult': ', '.join(f'{value:g}' for value in identity.width_mult),
            'device': pilot.settings.device,
            'dtype': pilot.settings.dtype,
            'image_converter': image_converter().description,
            'warm_up_ms': round(1000 * engine.assembled.warm_up_s, 1),
        }
        self.health.identify(model, identity.trained, pilot.settings.context_frames)
        self.get_logger().info(', '.join(f'{key} {value}' for key, value in model.items()))
        if not identity.trained:
            self.get_logger().warning('RANDOM WEIGHTS: the plans mean nothing, do not drive')
        if not pilot.tokenizer.can_decode:
            self.get_logger().warning(
                'no predicted images: this tokenizer only encodes (set tokenizer_decoder)'
            )

    def _survive_impossible_transitions(self) -> None:
        """Answer them with a refusal: rclpy raises in the executor, which ends the process."""
        for service in self.services:
            if service.srv_type is ChangeState:
                service.callback = partial(self._change_if_possible, service.callback)

    def _change_if_possible(
        self,
        change: Callable[[Any, Any], Any],
        request: ChangeState.Request,
        response: ChangeState.Response,
    ) -> ChangeState.Response:
        try:
            return change(request, response)
        except RuntimeError as error:  # rclpy's RCLError is one, and what callbacks raise is not
            self.get_logger().warning(
                f'no such transition from {self.health.lifecycle}: {in_one_line(error)}'
            )
            response.success = False
            return response

    def _check_changes(self, changes: Sequence[Parameter]) -> SetParametersResult:
        ours = [change.name for change in changes if change.name in _NAMES]
        if ours and self._engine is not None:
            reason = f'{ours[0]} takes effect at configure: deactivate and clean up first'
            return SetParametersResult(successful=False, reason=reason)
        for settings in _SETTINGS:
            current = parameters.read(self, settings)
            result = parameters.validation(settings, current, changes)
            if not result.successful:
                return result
        return SetParametersResult(successful=True)

    def _surroundings(self) -> Surroundings:
        compressed = self.get_parameter('compressed').value
        kind = f'sensor_msgs/msg/{"CompressedImage" if compressed else "Image"}'
        return Surroundings(
            self._connections.image_hint(self.resolve_topic_name('image'), kind),
            self.health.time.problem(),
            self._connections.complaints(),
        )
