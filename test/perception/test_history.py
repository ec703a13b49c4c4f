"""The token history: a window without holes, of one epoch only."""

import numpy as np
import pytest

from vavam_ros.errors import InputError
from vavam_ros.perception.history import TokenHistory
from vavam_ros.records import FrameTokens

STEP = 500_000_000
SPACING = 680_000_000  # step + tolerance + carried error


def frame(stamp: int) -> FrameTokens:
    return FrameTokens(stamp, 'front', np.full((2, 3), abs(stamp) % 1000, np.int32))


def history(length: int = 8) -> TokenHistory:
    return TokenHistory(length, max_spacing_ns=SPACING)


def stamps_of(memory: TokenHistory) -> list[int]:
    window = memory.window()
    return [] if window is None else [f.stamp_ns for f in window.frames]


@pytest.mark.parametrize('length', [1, 3, 8])
def test_the_window_grows_to_its_length_and_slides(length: int) -> None:
    memory = history(length)
    assert memory.window() is None
    for n in range(12):
        remembered = memory.remember(frame(n * STEP), epoch=0)
        assert (remembered.kept, remembered.reset) == (True, None)
        assert stamps_of(memory) == [i * STEP for i in range(max(0, n - length + 1), n + 1)]


def test_a_window_does_not_change_when_later_frames_arrive() -> None:
    memory = history(2)
    memory.remember(frame(0), epoch=0)
    window = memory.window()
    memory.remember(frame(STEP), epoch=0)
    assert window is not None
    assert [f.stamp_ns for f in window.frames] == [0]


def test_a_newer_epoch_drops_the_older_frames_even_backwards_in_time() -> None:
    memory = history()
    memory.remember(frame(9 * STEP), epoch=0)
    remembered = memory.remember(frame(0), epoch=2)
    assert (remembered.kept, remembered.reset) == (True, None)
    assert stamps_of(memory) == [0]


def test_a_frame_of_an_older_epoch_is_ignored() -> None:
    memory = history()
    memory.remember(frame(0), epoch=1)
    remembered = memory.remember(frame(STEP), epoch=0)
    assert (remembered.kept, remembered.reset) == (False, None)
    assert stamps_of(memory) == [0]


@pytest.mark.parametrize('stamp', [STEP, STEP - 1, 0, -STEP])
def test_a_frame_no_newer_than_the_newest_is_ignored(stamp: int) -> None:
    memory = history()
    memory.remember(frame(0), epoch=0)
    memory.remember(frame(STEP), epoch=0)
    assert not memory.remember(frame(stamp), epoch=0).kept
    assert stamps_of(memory) == [0, STEP]


def test_a_hole_starts_over_and_says_so() -> None:
    memory = history()
    for n in (0, 1, 3):
        remembered = memory.remember(frame(n * STEP), epoch=0)
    assert remembered.kept
    assert remembered.reset == (
        'gap of 1.00 s between used frames, at most 0.68 s fits:'
        ' a frame was kept but not tokenised'
    )
    assert stamps_of(memory) == [3 * STEP]


def test_the_spacing_limit_is_inclusive() -> None:
    memory = history()
    memory.remember(frame(0), epoch=0)
    assert memory.remember(frame(SPACING), epoch=0).reset is None
    assert 'gap of 0.69 s' in (memory.remember(frame(2 * SPACING + 1), epoch=0).reset or '')


def test_a_cleared_history_is_as_new() -> None:
    memory = history()
    memory.remember(frame(9 * STEP), epoch=5)
    memory.clear()
    assert memory.window() is None
    assert memory.remember(frame(0), epoch=0).kept


@pytest.mark.parametrize(('length', 'most'), [(0, 8), (-1, 8), (9, 8), (5, 4)])
def test_an_impossible_length_is_refused(length: int, most: int) -> None:
    with pytest.raises(InputError, match=f'history length is {length}: give 1 to {most} frames'):
        TokenHistory(length, max_length=most, max_spacing_ns=SPACING)
