"""Frames wait in order, are never too many, and a closed queue ends the wait."""

from __future__ import annotations

import threading

from sensor_msgs.msg import Image

from vavam_ros.nodes.planning.frame_queue import FrameQueue, WaitingFrame
from vavam_ros.perception.history import Admission


def frame(stamp_ns: int) -> WaitingFrame:
    return WaitingFrame(Image(), stamp_ns, Admission(True, 'kept', 0, None), 0.0)


def in_thread(work) -> tuple[threading.Thread, list]:
    """Run `work` in a thread; what it returns will be in the list."""
    results: list = []
    thread = threading.Thread(target=lambda: results.append(work()), daemon=True)
    thread.start()
    return thread, results


def test_frames_leave_in_the_order_in_which_they_came():
    queue = FrameQueue(3)
    for stamp_ns in (1, 2, 3):
        assert queue.put(frame(stamp_ns)) is None
    assert [queue.take().stamp_ns for _ in range(3)] == [1, 2, 3]


def test_the_oldest_makes_room():
    queue = FrameQueue(2)
    pushed_out = [queue.put(frame(stamp_ns)) for stamp_ns in (1, 2, 3)]
    assert pushed_out[:2] == [None, None]
    assert pushed_out[2].stamp_ns == 1
    assert queue.take().stamp_ns == 2


def test_all_but_the_newest_can_be_dropped():
    queue = FrameQueue(3)
    assert queue.keep_newest() == 0
    for stamp_ns in (1, 2, 3):
        queue.put(frame(stamp_ns))
    assert queue.keep_newest() == 2
    assert queue.keep_newest() == 0
    assert queue.take().stamp_ns == 3
    assert not queue.urgent


def test_it_is_urgent_while_something_waits():
    queue = FrameQueue(2)
    assert not queue.urgent
    queue.put(frame(1))
    assert queue.urgent
    queue.take()
    assert not queue.urgent


def test_a_frame_ends_a_wait_in_another_thread():
    queue = FrameQueue(2)
    thread, taken = in_thread(queue.take)
    queue.put(frame(7))
    thread.join(5)
    assert taken[0].stamp_ns == 7


def test_closing_ends_a_wait_and_drops_what_waits():
    queue = FrameQueue(2)
    thread, taken = in_thread(queue.take)
    queue.close()
    thread.join(5)
    assert taken == [None]
    full = FrameQueue(2)
    full.put(frame(1))
    full.close()
    assert full.closed
    assert full.urgent  # so that work which gives way to frames ends, too
    assert full.take() is None
    assert full.take() is None
