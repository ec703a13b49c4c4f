"""From rows to a verdict: the figures of a run, and whether they mean anything."""

from __future__ import annotations

from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.quality import PictureQuality
from vavam_ros.commands.evaluating.run import Evaluated
from vavam_ros.commands.evaluating.summary import Judged
from vavam_ros.driving.assembly import ModelIdentity
from vavam_ros.evaluation.columns import columns_of
from vavam_ros.evaluation.flags import (
    ColourTest,
    camera_flags,
    colour_flags,
    frozen_flags,
    gate_flags,
    surprise_flags,
)
from vavam_ros.evaluation.flags import weight_flags as weights_flagged
from vavam_ros.evaluation.open_loop import open_loop
from vavam_ros.evaluation.wheel import wheel_readings


def judged(
    evaluated: Evaluated,
    how: How,
    identity: ModelIdentity,
    command_line: str,
    colours: ColourTest | None = None,
    pictures: PictureQuality | None = None,
) -> Judged:
    """All that can be said of the rows; `colours` and `pictures` where there are any."""
    columns = columns_of(evaluated.windows)
    usual = identity.provenance.get('surprise_nats')
    return Judged(
        evaluated,
        how,
        identity,
        command_line,
        open_loop(columns) if len(columns) else None,
        wheel_readings(evaluated.windows),
        tuple(
            [
                *weights_flagged(identity.trained),
                *camera_flags(
                    {
                        one.name: one.view.warnings if one.view else ()
                        for one in evaluated.recordings
                    }
                ),
                *gate_flags(evaluated.windows),
                *frozen_flags(evaluated.windows),
                *surprise_flags(evaluated.windows, None if usual is None else float(usual)),
                *colour_flags(colours),
            ]
        ),
        pictures,
        colours is not None and colours.tells,
    )
