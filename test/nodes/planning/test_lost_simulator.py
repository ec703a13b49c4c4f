"""A simulator that is gone takes its clock along: the planner notices all the same."""

from __future__ import annotations

import pytest
from rosgraph_msgs.msg import Clock

pytestmark = pytest.mark.dds
CLOCK_STANDS = 'the /clock has stood still for'


def test_images_and_clock_that_end_together_are_stale(rig, images):
    assert rig.set(use_sim_time=True).successful
    clock = rig.node.create_publisher(Clock, '/clock', 10)
    rig.spin_until(lambda: clock.get_subscription_count() > 0)
    rig.start(context_frames=1)
    clock.publish(Clock(clock=images(0).header.stamp))
    rig.spin_for(0.3)
    rig.path_for(images(0))
    rig.node.destroy_publisher(clock)
    rig.forget()

    def noticed(status):
        return all(part in status.message for part in ('STALE: no image for', CLOCK_STANDS))

    status = rig.status_where(noticed)
    assert status.level == status.ERROR
    assert rig.paths == []
