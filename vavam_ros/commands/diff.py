"""Say whether one evaluation is worse than another, window by window; a gate.

A and B are folders of vavam evaluate, or their results.jsonl: A what is to be compared with, B
what is new. Exit status: 0 where B is not worse, 1 where it is, 2 where they cannot be compared.
A change counts where the mean of the paired differences is more than another seed of the same
weights makes, and has an interval, by bootstrap over independent sequences, without zero in it. B
is worse where an error grew so, or where all plans are moved so, to a side or ahead, without being
shown to be nearer to the truth for it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from vavam_ros.commands.comparing.report import Compared, as_json, lines_of, uncounted
from vavam_ros.commands.comparing.runs import Run, differing, not_comparable, read_run
from vavam_ros.errors import InputError
from vavam_ros.evaluation.change import changes
from vavam_ros.evaluation.columns import columns_of
from vavam_ros.evaluation.pairing import paired

WORSE = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add('before', metavar='A', type=Path, help='folder of vavam evaluate, or its results.jsonl')
    add('after', metavar='B', type=Path, help='another, of the same recordings')
    add('--json', metavar='FILE', type=Path, help='write every figure there')
    add('--page', metavar='FILE', type=Path, help='write a page there, with the worst changes')
    add('--anyway', action='store_true', help='compare runs that are invalid, too')


def run(arguments: argparse.Namespace) -> int:
    """Compare, print, write what is asked for."""
    before, after = (
        read_run(one, arguments.anyway) for one in (arguments.before, arguments.after)
    )
    compared = compare(before, after)
    if arguments.json:
        _write_json(arguments.json, as_json(compared, arguments.command_line))
    if arguments.page:
        _write_page(arguments.page, compared, arguments.command_line)
    print('\n'.join(lines_of(compared)))
    return WORSE if compared.worse else 0


def compare(before: Run, after: Run) -> Compared:
    """InputError, with the reason, where they cannot be compared."""
    pairing = paired(before.windows, after.windows)
    old, new = columns_of(pairing.before), columns_of(pairing.after)
    left_out = not_comparable(before, after)
    compared = Compared(
        before,
        after,
        pairing,
        old.independent,
        tuple(differing(before, after)),
        left_out,
        tuple(changes(old, new, tuple(left_out))) if len(old) else (),
    )
    if not len(old):
        raise InputError(
            f'{before.path} and {after.path} share no window: {"; ".join(uncounted(compared))}'
        )
    if old.independent.count < 2:
        raise InputError(
            f'{before.path} and {after.path} share {len(old)} windows of a single stretch of '
            'driving, which tells nothing of chance: evaluate more, or longer, recordings'
        )
    return compared


def _write_page(path: Path, compared: Compared, command_line: str) -> None:
    from vavam_ros.commands.comparing.page import write_page  # pictures take seconds to import
    from vavam_ros.commands.comparing.pictures import worst_changes

    write_page(path, compared, worst_changes(compared), command_line)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    try:
        path.write_text(f'{json.dumps(content, indent=1)}\n', encoding='utf-8')
    except OSError as error:
        raise InputError(f'{path} cannot be written: {error.strerror or error}') from error
