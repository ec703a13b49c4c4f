"""A node's health -> diagnostic_msgs/DiagnosticArray."""

from __future__ import annotations

from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from std_msgs.msg import Header

from vavam_ros.bridge.stamp import time_from_ns


def diagnostic_array(
    name: str,
    level: bytes,
    message: str,
    values: Mapping[str, object],
    stamp_ns: int,
    hardware_id: str,
) -> DiagnosticArray:
    """Say one status at one stamp; `level` is DiagnosticStatus.OK, WARN, ERROR or STALE.

    Values become text: floats with six digits, truth as true or false, None as an empty text.
    """
    status = DiagnosticStatus(level=level, name=name, message=message, hardware_id=hardware_id)
    status.values = [KeyValue(key=key, value=_text(value)) for key, value in values.items()]
    return DiagnosticArray(header=Header(stamp=time_from_ns(stamp_ns)), status=[status])


def _text(value: object) -> str:
    if value is None:
        return ''
    if isinstance(value, bool):
        return str(value).lower()
    return f'{value:.6g}' if isinstance(value, float) else str(value)
