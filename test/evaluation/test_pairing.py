from dataclasses import replace

import pytest
from evaluated_windows import windows

from vavam_ros.errors import InputError
from vavam_ros.evaluation.pairing import paired
from vavam_ros.records import DriveCommand


def key(window):
    return window.recording, window.stamp_ns


def test_windows_are_paired_by_recording_and_stamp():
    run = windows(2, 3)
    pairing = paired(run[:5], list(reversed(run[1:])))
    assert [key(one) for one in pairing.before] == [key(one) for one in run[1:5]]
    assert [key(one) for one in pairing.after] == [key(one) for one in run[1:5]]
    assert (pairing.only_before, pairing.only_after) == ((key(run[0]),), (key(run[5]),))


def test_what_was_asked_otherwise_is_no_pair():
    run = windows(1, 4)
    other = [
        replace(run[0], truth=run[0].truth + 0.01),
        replace(run[1], command=DriveCommand.LEFT),
        replace(run[2], truth=run[2].truth + 0.0005),
        replace(run[3], truth=None),
    ]
    pairing = paired(run, other)
    assert [key(one) for one in pairing.before] == [key(run[2])]
    assert pairing.other_truth == (key(run[0]),)
    assert pairing.other_command == (key(run[1]),)
    assert pairing.without_truth == 1


def test_a_window_twice_is_refused():
    run = windows(1, 2)
    with pytest.raises(InputError, match=r'B has the window of drive-0 at .* twice'):
        paired(run, [*run, run[0]])
