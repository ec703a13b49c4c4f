"""What the planner publishes while it is active."""

from __future__ import annotations

from typing import Any

from nav_msgs.msg import Path
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from visualization_msgs.msg import MarkerArray

from vavam_ros.bridge.image import Pixels, compressed_from_rgb, image_from_rgb
from vavam_ros.bridge.markers import candidates_markers
from vavam_ros.bridge.path import path_from_plan
from vavam_ros.bridge.tokens import image_from_tokens
from vavam_ros.driving.foresight import PredictedFrame
from vavam_ros.nodes.planning.connections import Connections
from vavam_ros.records import NS_PER_S, FrameTokens, Plan

_DEPTH = 5  # of paths; an image is worth sending only while it is the newest


class PlannerOutputs:
    """Publishers that are silent unless the node is active; reliable, volatile.

    Volatile, so that nobody who comes late takes an old path for a new one. Whether somebody
    listens to a costly output is for the caller to ask first.
    """

    def __init__(self, node: LifecycleNode, connections: Connections) -> None:
        """Create the publishers, which other nodes then see."""

        def publisher(kind: type, topic: str, depth: int = 1) -> Any:
            profile = QoSProfile(depth=depth)
            events = connections.publisher_events(topic, profile)
            return node.create_lifecycle_publisher(kind, topic, profile, event_callbacks=events)

        self._path = publisher(Path, '~/path', _DEPTH)
        self._candidates = publisher(MarkerArray, '~/candidates')
        self._overlay = publisher(Image, '~/overlay')
        self._tokens = publisher(Image, '~/tokens')
        self._predicted = publisher(Image, '~/predicted_image')
        self._predicted_small = publisher(CompressedImage, '~/predicted_image/compressed')

    @property
    def candidates_wanted(self) -> bool:
        """Whether somebody listens to ~/candidates."""
        return _heard(self._candidates)

    @property
    def overlay_wanted(self) -> bool:
        """Whether somebody listens to ~/overlay."""
        return _heard(self._overlay)

    @property
    def tokens_wanted(self) -> bool:
        """Whether somebody listens to ~/tokens."""
        return _heard(self._tokens)

    @property
    def predictions_wanted(self) -> bool:
        """Whether somebody listens to ~/predicted_image or its compressed form."""
        return _heard(self._predicted) or _heard(self._predicted_small)

    def publish_path(self, plan: Plan, rig_frame: str) -> None:
        """The chosen waypoints, at the image's stamp; each pose has its own future stamp."""
        self._path.publish(path_from_plan(plan, rig_frame))

    def publish_candidates(self, plan: Plan, rig_frame: str) -> None:
        """All samples and what-ifs."""
        self._candidates.publish(candidates_markers(plan, rig_frame))

    def publish_overlay(self, picture: Pixels, stamp_ns: int, camera: str) -> None:
        """The plan drawn on the camera image."""
        self._overlay.publish(image_from_rgb(picture, stamp_ns, camera))

    def publish_tokens(self, tokens: FrameTokens) -> None:
        """The tokens of one camera image."""
        self._tokens.publish(image_from_tokens(tokens))

    def publish_prediction(self, frame: PredictedFrame) -> None:
        """A predicted frame at the stamp of the image that it was predicted from.

        How far ahead it is stands in the frame_id: `<camera>/plus_0.5s`, `<camera>/plus_1.0s`...
        """
        ahead_s = (frame.tokens.stamp_ns - frame.seen_ns) / NS_PER_S
        place = (frame.seen_ns, f'{frame.tokens.camera}/plus_{ahead_s:.1f}s')
        if _heard(self._predicted):
            self._predicted.publish(image_from_rgb(frame.image, *place))
        if _heard(self._predicted_small):
            self._predicted_small.publish(compressed_from_rgb(frame.image, *place))


def _heard(publisher: Any) -> bool:
    return bool(publisher.get_subscription_count())
