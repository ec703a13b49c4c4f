"""Messages that are not installed everywhere."""

from __future__ import annotations

import pytest
from stand_in_messages import put_in_place

from vavam_ros.bridge.optional_messages import is_there

OPTIONAL = ('carla_msgs/msg/CarlaEgoVehicleControl', 'ackermann_msgs/msg/AckermannDrive')
MISSING = [name for name in OPTIONAL if not is_there(name)]


@pytest.fixture(params=['stand-ins'] if MISSING else ['stand-ins', 'real messages'])
def vehicle_messages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """carla_msgs and ackermann_msgs: labelled stand-ins, and the real ones where they are."""
    if request.param == 'stand-ins':
        put_in_place(monkeypatch)
    return request.param


@pytest.fixture
def real_messages() -> None:
    """Skips, with the reason, where carla_msgs or ackermann_msgs is not installed."""
    if MISSING:
        pytest.skip(f'not installed here: {", ".join(MISSING)} (docs/carla.md says how)')
