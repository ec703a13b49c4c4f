"""The page of `vavam diff`: one file with everything in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vavam_ros.commands.comparing.pictures import WorstChange
from vavam_ros.commands.comparing.report import (
    RULE,
    Compared,
    place,
    row,
    uncounted,
    verdict_lines,
)
from vavam_ros.commands.evaluating.page_album import Picture, picture_of
from vavam_ros.commands.html_page import rendered
from vavam_ros.training.table_file import write_bytes

TEMPLATE = 'diff.html.j2'


@dataclass(frozen=True)
class ChangeSection:
    """One window whose plan got worse."""

    where: str
    stamp_ns: int
    grown_m: float
    picture: Picture | None
    note: str


def write_page(
    path: Path, compared: Compared, worst: Sequence[WorstChange], command_line: str
) -> None:
    """Write it; InputError where that is not possible."""
    write_bytes(path, page(compared, worst, command_line).encode())


def page(compared: Compared, worst: Sequence[WorstChange], command_line: str) -> str:
    """The page's HTML, the same for the same runs."""
    head, *reasons = verdict_lines(compared)
    independent = compared.independent
    return rendered(
        TEMPLATE,
        worse=compared.worse,
        verdict=head,
        reasons=reasons,
        runs=[f'A: {compared.before.described()}', f'B: {compared.after.described()}'],
        differs=compared.differs,
        windows=len(compared.pairing),
        uncounted=uncounted(compared),
        left_out=compared.left_out,
        rows=[(one.figure, one.verdict.value, row(one)) for one in compared.changes],
        rule=f'Intervals: bootstrap over {independent.described}; {RULE}.',
        command=command_line,
        sections=list(_sections(worst)),
    )


def _sections(worst: Sequence[WorstChange]) -> Iterator[ChangeSection]:
    for one in worst:
        where = place((one.before.recording, one.before.stamp_ns))
        alt = f'Camera image of {where}, with the plans of both runs'
        caption = 'Plan of B with its samples; lines: A, and where it was driven'
        picture = None if one.painted is None else picture_of(one.painted, caption, alt)
        yield ChangeSection(where, one.before.stamp_ns, one.grown_m, picture, one.note)
