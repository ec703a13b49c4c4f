"""How a model sees what a recording's camera saw, said before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.bags.recording import Recording
from vavam_ros.perception.virtual_camera import VirtualCamera

UNKNOWN = (
    'the camera is not known, and taken for the training camera: a camera_info beside the images, '
    'or --hfov, tells'
)


@dataclass(frozen=True)
class RecordedView:
    """Of the first image."""

    description: str
    coverage: float | None = None  # share of the model's image that is seen; None: not known
    warnings: tuple[str, ...] = ()


def view_of(recording: Recording, camera: VirtualCamera) -> RecordedView:
    """What the camera sees of the model's view, and what is made of that.

    Raises InputError for a camera that sees nothing of it, and where the crop takes all.
    """
    if recording.has_tokens:
        return RecordedView('view: as it was when the tokens were made')
    if recording.image_size is None:
        return RecordedView('view: not known, the first image cannot be decoded')
    size, calibration = recording.image_size, recording.calibration
    note = camera.describe(*size, calibration)
    warnings = (note,) if note else ()
    if calibration is None:
        return RecordedView('view: cut and resized', None, (UNKNOWN, *warnings))
    sight = camera.sight(*size, calibration)
    if sight.resampling is None:
        return RecordedView("view: the training camera's", 1.0, warnings)
    return RecordedView(
        f"view: {sight.coverage:.1%} of the training camera's, resampled from another lens",
        sight.coverage,
        warnings,
    )
