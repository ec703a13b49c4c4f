"""A camera_info message as a record, wherever it was received or read."""

from __future__ import annotations

from typing import Any

from vavam_ros.records import CameraCalibration


def calibration_from_camera_info(message: Any, rectified: bool = False) -> CameraCalibration:
    """sensor_msgs/CameraInfo, of ROS 1 too, as it is: geometry/lens.py checks it.

    With `rectified`, for images from which lens and stereo rotation have been taken already: p
    holds, and there is no distortion.
    """
    roi, p = message.roi, _numbers(message, 'p')
    return CameraCalibration(
        camera=message.header.frame_id,
        width_px=int(message.width),
        height_px=int(message.height),
        distortion_model='none' if rectified else message.distortion_model,
        coefficients=() if rectified else _numbers(message, 'd'),
        k=(*p[0:3], *p[4:7], *p[8:11]) if rectified else _numbers(message, 'k'),
        binning=(int(message.binning_x), int(message.binning_y)),
        roi=(int(roi.x_offset), int(roi.y_offset), int(roi.width), int(roi.height)),
    )


def _numbers(message: Any, name: str) -> tuple[float, ...]:
    """An array of the message, whose names ROS 1 writes large."""
    field = name if hasattr(message, name) else name.upper()
    return tuple(float(each) for each in getattr(message, field))
