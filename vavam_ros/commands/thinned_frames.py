"""Which frames of a recording an evaluation sees, if it sees the same without the others.

Frames are chosen by their stamps and by the camera's rate, and leaving frames out changes the
rate. So it is tried out, for each recording.
"""

from __future__ import annotations

from collections.abc import Sequence

from vavam_ros.commands.evaluating.moments import Stride
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.perception.history import FrameSelector

Seen = tuple[int, str]  # stamp in ns, camera
Pass = list[tuple[int, bool]]  # kept frames by number, and whether each begins anew


def thinned(frames: Sequence[Seen], stride: Stride, tolerance_s: float) -> list[int] | None:
    """Numbers of the frames that windows so far apart are made of; None where all are needed."""
    wanted = _passes(frames, stride, tolerance_s)
    keep = sorted({number for one in wanted for number, _ in one})
    place = {number: index for index, number in enumerate(keep)}
    again = _passes([frames[number] for number in keep], stride, tolerance_s)
    same = again == [[(place[number], anew) for number, anew in one] for one in wanted]
    return keep if same else None


def _passes(frames: Sequence[Seen], stride: Stride, tolerance_s: float) -> list[Pass]:
    """As Moments goes through them."""
    return [_pass(frames, phase_ns, tolerance_s) for phase_ns in stride.phases_ns]


def _pass(frames: Sequence[Seen], phase_ns: int, tolerance_s: float) -> Pass:
    selector, kept = FrameSelector(step_s=STEP_S, tolerance_s=tolerance_s), []
    for number, (stamp_ns, camera) in enumerate(frames):
        if stamp_ns < frames[0][0] + phase_ns:
            continue
        admission = selector.admit(stamp_ns, camera)
        if admission.kept:
            kept.append((number, admission.reset is not None))
    return kept
