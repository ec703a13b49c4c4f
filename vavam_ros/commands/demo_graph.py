"""The processes of a demo in a ROS domain of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vavam_ros.commands.demo_folder import DemoFolder
from vavam_ros.commands.demo_processes import ProcessGroup
from vavam_ros.commands.demo_terminal import say
from vavam_ros.commands.ros_domain import domain_environment, own_domain


@contextmanager
def demo_graph(folder: DemoFolder, what: str) -> Iterator[ProcessGroup]:
    """Start processes within the block, which ends all of them; `what` says which they are."""
    with own_domain() as domain:
        environment = domain_environment(domain)
        environment['ROS_LOG_DIR'] = str((folder.work / 'ros_logs').resolve())  # not in HOME
        with ProcessGroup(environment, folder.logs) as group:
            say(
                f'{what}; to watch: ROS_DOMAIN_ID={domain} '
                'ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST rviz2'
            )
            yield group
