"""What a recording says of the drive that it is of."""

from __future__ import annotations

import pytest

from vavam_ros.commands.demo_recording import DemoRecording, PlannerAccount

NOTHING_LATE = {'late_paths': '0', 'late_turns': '0', 'timeouts': '0', 'braked_ticks': '0'}


@pytest.mark.parametrize(
    ('withheld', 'simulator', 'repeats'),
    [
        ('0', NOTHING_LATE, True),
        ('2', {**NOTHING_LATE, 'late_paths': '2'}, True),  # no run would have had these paths
        ('1', {**NOTHING_LATE, 'late_paths': '2'}, False),
        ('1', {**NOTHING_LATE, 'late_paths': '1', 'late_turns': '1'}, False),
        ('0', {**NOTHING_LATE, 'braked_ticks': '3'}, False),
        ('0', {}, False),  # the simulator was never heard
    ],
)
def test_a_drive_repeats_where_nothing_was_late_but_what_the_gate_withheld(
    withheld, simulator, repeats
):
    account = PlannerAccount({'withheld': withheld})
    recording = DemoRecording({}, [], [], {}, account, simulator)
    assert recording.repeats is repeats
