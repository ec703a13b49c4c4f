"""A node's health as one diagnostic status."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus

from vavam_ros.bridge.diagnostics import diagnostic_array


def test_a_status_carries_name_level_message_values_and_stamp():
    values = {'state': 'active', 'rate_hz': 1 / 3, 'used': 7, 'gpu': True, 'surprise': None}
    msg = diagnostic_array(
        'planner', DiagnosticStatus.WARN, 'late', values, 1_000_000_002, 'sha256:ab'
    )
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (1, 2)
    (status,) = msg.status
    assert (status.name, status.level, status.message) == ('planner', b'\x01', 'late')
    assert status.hardware_id == 'sha256:ab'
    assert [(pair.key, pair.value) for pair in status.values] == [
        ('state', 'active'),
        ('rate_hz', '0.333333'),
        ('used', '7'),
        ('gpu', 'true'),
        ('surprise', ''),
    ]
