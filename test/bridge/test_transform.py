"""Frames travel as transforms from parent to child."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from vavam_ros.bridge.transform import tf_from_transforms
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import Transform, quaternion_from_yaw

MAP_TO_EGO = Transform('map', 'ego', (1.0, 2.0, 0.0), quaternion_from_yaw(0.5))


def test_all_transforms_are_of_one_time(monkeypatch):
    stand_in = ModuleType('tf2_msgs.msg')
    stand_in.TFMessage = lambda transforms: SimpleNamespace(transforms=transforms)
    monkeypatch.setitem(sys.modules, 'tf2_msgs', ModuleType('tf2_msgs'))
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', stand_in)
    (sent,) = tf_from_transforms([MAP_TO_EGO], 4_000_000_002).transforms
    assert (sent.header.frame_id, sent.child_frame_id) == ('map', 'ego')
    assert (sent.header.stamp.sec, sent.header.stamp.nanosec) == (4, 2)
    assert (sent.transform.translation.x, sent.transform.translation.y) == (1.0, 2.0)
    assert sent.transform.rotation.z == MAP_TO_EGO.rotation.z


def test_without_tf2_msgs_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'tf2_msgs', None)
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', None)
    with pytest.raises(InputError, match='needs the package tf2_msgs'):
        tf_from_transforms([MAP_TO_EGO], 0)
