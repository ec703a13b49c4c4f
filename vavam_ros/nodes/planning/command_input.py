"""The command in use: the default, until ~/command says another."""

from __future__ import annotations

from std_msgs.msg import String

from vavam_ros.errors import InputError
from vavam_ros.nodes.planning.settings import COMMANDS
from vavam_ros.records import DriveCommand


class CommandInput:
    """Changed by the executor's thread, read by the worker's."""

    def __init__(self, default: DriveCommand) -> None:
        self.in_use = (default, 'default')  # replaced as a whole, so that readers need no lock

    def hear(self, msg: String) -> None:
        """Take over `right`, `left` or `straight`; InputError, and no change, for another word."""
        command = COMMANDS.get(msg.data.strip().lower())
        if command is None:
            raise InputError(
                f'command {msg.data!r:.40} is unknown and ignored: '
                f'it is one of {", ".join(COMMANDS)}'
            )
        self.in_use = (command, 'topic')
