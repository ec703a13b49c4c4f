"""Settings of the planner node itself, beside those of its pilot."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.records import DriveCommand
from vavam_ros.settings_fields import check_settings, setting

COMMANDS = {command.name.lower(): command for command in DriveCommand}


@dataclass(frozen=True)
class PlannerNodeSettings:
    """What the node listens to and how it presents plans; immutable, checked when built."""

    compressed: bool = setting(
        False, 'the topic image carries sensor_msgs/CompressedImage (JPEG, PNG), not Image'
    )
    use_camera_info: bool = setting(
        True, "resample the images of a calibrated camera to the training camera's view"
    )
    rectified: bool = setting(
        False, "the images are rectified (image_rect): camera_info's p holds, without distortion"
    )
    default_command: str = setting(
        'straight', 'command until one arrives on ~/command', choices=tuple(COMMANDS)
    )
    autostart: bool = setting(
        False, 'configure and activate at start-up, without a lifecycle manager'
    )
    base_frame: str = setting('base_link', "frame of paths: the rear axle's centre")
    camera_hfov_deg: float = setting(
        64.6, 'overlay: field of view across, while no camera_info has come', 'deg', (1.0, 179.0)
    )
    camera_x_m: float = setting(
        1.70, 'overlay: camera ahead of the rear axle', 'm', (-100.0, 100.0)
    )
    camera_y_m: float = setting(0.0, 'overlay: camera to the left', 'm', (-100.0, 100.0))

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def command(self) -> DriveCommand:
        """The default command."""
        return COMMANDS[self.default_command]
