"""The page of an evaluation: one file with everything in it, for screens of any size and paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vavam_ros.commands.evaluating.summary import Judged
from vavam_ros.commands.html_page import rendered
from vavam_ros.evaluation.columns import columns_of
from vavam_ros.training.table_file import write_bytes

if TYPE_CHECKING:
    from vavam_ros.commands.evaluating.album import Album

TEMPLATE = 'report.html.j2'
REASONS_MOST = 10  # in the banner at once


def write_page(path: Path, judged: Judged, album: Album | None) -> None:
    """Write it; without an album there are no pictures. InputError where it cannot be written."""
    write_bytes(path, page(judged, album).encode())


def page(judged: Judged, album: Album | None) -> str:
    """The page's HTML, the same for the same run but for its timing and host."""
    return rendered(TEMPLATE, **_view(judged, album))


def looked_for(judged: Judged) -> str:
    """What would have been flagged, and what this run had no means to see."""
    frames = [one for one in judged.evaluated.windows if one.frame is not None]
    looked = {
        'random weights': True,
        'frozen images': any(one.speed_mps is not None for one in frames),
        'surprising images': bool(frames),
        'exchanged colours': judged.colours_tested,
    }
    could, could_not = ([name for name, one in looked.items() if one is which]
                        for which in (True, False))  # fmt: skip
    not_seen = f'; {_listed(could_not)} could not be seen' if could_not else ''
    return f'{_listed(could)} were looked for{not_seen}'


def _listed(names: list[str]) -> str:
    *first, last = names
    return f'{", ".join(first)} and {last}' if first else last


def _view(judged: Judged, album: Album | None) -> dict[str, Any]:
    """What the template names."""
    # matplotlib takes a second to import
    from vavam_ros.commands.evaluating import page_tables as tables
    from vavam_ros.commands.evaluating.page_album import shot_sections
    from vavam_ros.commands.evaluating.page_drives import DRAWN_MOST, drive_sections
    from vavam_ros.commands.evaluating.page_plots import run_plots
    from vavam_ros.commands.evaluating.page_text import number

    loop, windows = judged.open_loop, judged.evaluated.windows
    quality = None if album is None else album.quality
    return {
        'number': number,
        'most': REASONS_MOST,
        'flags_looked_for': looked_for(judged),
        'valid': judged.valid,
        'objections': judged.objections(),
        'notes': [flag for flag in judged.flags if not flag.invalidates],
        'counts': tables.one_line(judged),
        'windows': tables.window_counts(judged.evaluated.tally),
        'ran': tables.what_ran(judged),
        'settings': tables.settings_of(judged),
        'command': judged.command_line,
        'headline': None if loop is None else tables.headline(loop),
        'summary': None if loop is None else tables.summary_table(loop),
        'whole': None if loop is None else tables.whole_table(loop),
        'intervals': None if loop is None else tables.intervals_line(loop),
        'steering': tables.steering_lines(judged),
        'plots': list(run_plots(judged, columns_of(windows), quality)),
        'drives': drive_sections(judged),
        'drawn_most': DRAWN_MOST,
        'has_windows': bool(windows),
        'shots': shot_sections(windows, album),
        'has_pictures': album is not None and bool(album.shots),
        'album_notes': () if album is None else album.notes,
    }
