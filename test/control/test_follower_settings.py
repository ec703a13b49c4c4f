"""Settings that cannot be are refused, and say why."""

from __future__ import annotations

import pytest

from vavam_ros.control.settings import FollowerSettings
from vavam_ros.errors import InputError


@pytest.mark.parametrize(
    ('values', 'said'),
    [
        ({'comfort_braking_mps2': 0.0}, 'comfort_braking_mps2 is 0.0: it goes from 0.1 to 10.0'),
        ({'speed_gain': float('nan')}, 'speed_gain is nan'),
        ({'lookahead_min_m': 9.0, 'lookahead_max_m': 5.0}, 'must not exceed lookahead_max_m, 5.0'),
        (
            {'comfort_braking_mps2': 5.0, 'emergency_braking_mps2': 4.0},
            'must not exceed emergency_braking_mps2, 4.0',
        ),
    ],
)
def test_a_wrong_value_is_named(values, said):
    with pytest.raises(InputError, match=said):
        FollowerSettings(**values)
