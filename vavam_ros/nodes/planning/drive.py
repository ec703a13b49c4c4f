"""Everything that exists between activation and deactivation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

from vavam_ros.errors import InputError
from vavam_ros.nodes.planning.calibration_input import CalibrationInput
from vavam_ros.nodes.planning.command_input import CommandInput
from vavam_ros.nodes.planning.connections import Connections
from vavam_ros.nodes.planning.engine import Engine
from vavam_ros.nodes.planning.frame_queue import FrameQueue
from vavam_ros.nodes.planning.health import PlannerHealth
from vavam_ros.nodes.planning.intake import FrameIntake
from vavam_ros.nodes.planning.outputs import PlannerOutputs
from vavam_ros.nodes.planning.overlay_view import OverlayView
from vavam_ros.nodes.planning.settings import PlannerNodeSettings
from vavam_ros.nodes.planning.worker import PlanningWorker
from vavam_ros.nodes.qos import camera_subscription

_IMAGE, _CAMERA_INFO = 'image', 'camera_info'
_LEAST_QUEUE = 4  # frames, two seconds


class Drive:
    """Subscriptions, the frames on their way, and the worker that plans from them."""

    def __init__(
        self,
        node: LifecycleNode,
        engine: Engine,
        settings: PlannerNodeSettings,
        outputs: PlannerOutputs,
        connections: Connections,
        health: PlannerHealth,
        announce: Callable[[], None],
    ) -> None:
        """Prepare everything; `start` does the rest."""
        pilot = engine.assembled.pilot
        self._node, self._engine, self._health = node, engine, health
        self._connections, self._compressed = connections, settings.compressed
        # A whole context may wait: tokenising it is quicker than filling it anew.
        self._queue = FrameQueue(max(_LEAST_QUEUE, pilot.settings.context_frames))
        self._command = CommandInput(settings.command)
        mount = pilot.settings.camera_mount(settings.camera_x_m, settings.camera_y_m)
        self._view = OverlayView(settings, mount)
        self._calibration = CalibrationInput(pilot.camera, settings, health, node.get_logger())
        self._intake = FrameIntake(
            pilot, self._calibration, self._queue, health, node.get_logger()
        )
        self._worker = PlanningWorker(
            engine.assembled,
            settings,
            self._queue,
            self._command,
            self._calibration,
            self._view,
            outputs,
            health,
            announce,
            node.get_logger(),
        )
        self._subscriptions: list[Any] = []

    def start(self) -> None:
        """Subscribe, and plan."""
        kind = CompressedImage if self._compressed else Image
        self._subscribe(kind, _IMAGE, self._intake.receive, camera_subscription())
        topic = camera_info_topic(self._node)
        self._subscribe(CameraInfo, topic, self._see, camera_subscription())
        self._subscribe(String, '~/command', self._hear, QoSProfile(depth=1))
        self._engine.start(self._worker.run)

    def close(self) -> None:
        """Unsubscribe, wait for the frame in work, and forget all frames."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._queue.close()
        self._engine.stop()

    def _subscribe(
        self, kind: type, topic: str, callback: Callable[[Any], None], profile: QoSProfile
    ) -> None:
        lost = self._lose if topic == _IMAGE else None
        events = self._connections.subscription_events(topic, profile, lost)
        self._subscriptions.append(
            self._node.create_subscription(kind, topic, callback, profile, event_callbacks=events)
        )

    def _see(self, msg: CameraInfo) -> None:
        self._view.see(msg)
        self._calibration.hear(msg)

    def _hear(self, msg: String) -> None:
        try:
            self._command.hear(msg)
        except InputError as error:
            self._health.fail_aside(str(error))
            self._node.get_logger().warning(str(error), throttle_duration_sec=5.0)

    def _lose(self, event: Any) -> None:
        text = 'lost on the way: are they too large for the publisher (see config/fastdds.xml)?'
        self._health.drop('lost', text, event.total_count_change)


def camera_info_topic(node: LifecycleNode) -> str:
    """Where the calibration is: as `camera_info` was remapped, else beside the images.

    Beside is what image_transport means by it: /front/camera_info for /front/image_raw and for
    /front/image_raw/compressed.
    """
    named = node.resolve_topic_name(_CAMERA_INFO)
    if named != node.resolve_topic_name(_CAMERA_INFO, only_expand=True):
        return str(named)
    images = str(node.resolve_topic_name(_IMAGE)).removesuffix('/compressed')
    return images.rpartition('/')[0] + f'/{_CAMERA_INFO}'
