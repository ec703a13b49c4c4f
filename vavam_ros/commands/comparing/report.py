"""What `vavam diff` found: as JSON, and as lines for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vavam_ros import __version__
from vavam_ros.commands.comparing.runs import Run
from vavam_ros.commands.evaluating.summary import DIGITS
from vavam_ros.evaluation.change import (
    FLOOR_CONFIDENCE,
    JUDGED_CONFIDENCE,
    Change,
    Verdict,
    is_worse,
)
from vavam_ros.evaluation.independence import Independent
from vavam_ros.evaluation.pairing import Key, Pairing
from vavam_ros.evaluation.window import Window
from vavam_ros.records import NS_PER_S

WORST_BY = 'ade_3s_m'
WORST, APART_S = 6, 3.0  # windows that are shown, and how far apart: neighbours look the same
NAMED = 3  # windows of each kind that are not compared
RULE = (
    f'a change counts if it is more than another seed makes ({FLOOR_CONFIDENCE:.0%}) and its '
    f'interval ({JUDGED_CONFIDENCE:.1%}) does not contain 0'
)


@dataclass(frozen=True, eq=False)
class Compared:
    """Two runs with all that is said of them."""

    before: Run
    after: Run
    pairing: Pairing
    independent: Independent
    differs: tuple[str, ...]
    left_out: Mapping[str, str]  # figures that cannot be compared: why
    changes: tuple[Change, ...]

    @property
    def worse(self) -> bool:
        """Whether B does not pass."""
        return is_worse(self.changes)

    def not_compared(self) -> dict[str, tuple[Key, ...]]:
        """Windows that are left out, by the reason."""
        pairing = self.pairing
        reasons = {
            'only in A': pairing.only_before,
            'only in B': pairing.only_after,
            'with another truth in B': pairing.other_truth,
            'under another command in B': pairing.other_command,
        }
        return {reason: keys for reason, keys in reasons.items() if keys}

    def worst(self) -> list[tuple[Window, Window, float]]:
        """Windows whose plan got worse, the worst first, with by how many metres (ADE)."""
        by_window = next(one for one in self.changes if one.figure.name == WORST_BY).by_window
        found: list[tuple[Window, Window, float]] = []
        for row in (-by_window).argsort(kind='stable'):
            one = self.pairing.before[row]
            if len(found) == WORST or not by_window[row] > 0:
                break
            if all(_apart(one, other) for other, _, _ in found):
                found.append((one, self.pairing.after[row], float(by_window[row])))
        return found


def lines_of(compared: Compared) -> list[str]:
    """Everything, the verdict last."""
    return [
        f'A: {compared.before.described()}',
        f'B: {compared.after.described()}',
        *(f'  {line}' for line in compared.differs),
        f'{len(compared.pairing)} windows in both',
        *(f'  {line}' for line in uncounted(compared)),
        *(f'  {name} is not compared: {why}' for name, why in compared.left_out.items()),
        '',
        *_table(compared),
        *(f'  {one}' for one in _worst_lines(compared)),
        '',
        *verdict_lines(compared),
    ]


def uncounted(compared: Compared) -> list[str]:
    """Windows that are not compared, a line for each reason."""
    lines = []
    for reason, keys in compared.not_compared().items():
        more = f' and {len(keys) - NAMED} more' if len(keys) > NAMED else ''
        lines.append(f'{len(keys)} {reason}: {", ".join(map(place, keys[:NAMED]))}{more}')
    if compared.pairing.without_truth:
        lines.append(f'{compared.pairing.without_truth} in both without poses to compare with')
    return lines


def verdict_lines(compared: Compared) -> list[str]:
    """The verdict, and what it is for."""
    head = 'B is WORSE' if compared.worse else 'B is NOT WORSE'
    said = [one for one in compared.changes if one.verdict is not Verdict.SAME]
    if not said:
        return [f'{head}: no difference beyond noise']
    return [head, *(f'  {_said(one)}' for one in said)]


def _said(change: Change) -> str:
    name, unit = change.figure.name, change.figure.unit
    if change.verdict is not Verdict.MOVED:
        went = f'from {change.before:.3f} to {change.after:.3f} {unit}'.rstrip()
        return f'{change.verdict.value}: {name} {went}'
    return (
        f'moved: {name} by {change.interval.value:+.3f} {unit}, everywhere alike; it is not '
        'shown that plans are nearer to the truth for it'
    )


def place(key: Key) -> str:
    """Where to find a window, for a person."""
    return f'{key[0]} at {key[1] / NS_PER_S:.3f} s'


def as_json(compared: Compared, command_line: str) -> dict[str, Any]:
    """The same for the same runs."""
    return {
        'kind': 'difference of evaluations',
        'package_version': __version__,
        'command': command_line,
        'verdict': 'worse' if compared.worse else 'not worse',
        'rule': RULE,
        'a': _run(compared.before),
        'b': _run(compared.after),
        'differs': list(compared.differs),
        'windows': len(compared.pairing),
        'not_compared': {
            reason: [{'recording': name, 'stamp_ns': stamp_ns} for name, stamp_ns in keys]
            for reason, keys in compared.not_compared().items()
        },
        'figures_left_out': dict(compared.left_out),
        'independent': f'{compared.independent.described}',
        'figures': {one.figure.name: _change(one) for one in compared.changes},
        'worst': [
            {'recording': one.recording, 'stamp_ns': one.stamp_ns, WORST_BY: round(grown, DIGITS)}
            for one, _, grown in compared.worst()
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        'path': str(run.path),
        'windows': len(run.windows),
        'weights': run.model.get('weights'),
        'valid': run.summary.get('valid') if run.summary else None,
    }


def _change(change: Change) -> dict[str, Any]:
    numbers = {
        'a': change.before,
        'b': change.after,
        'difference': change.interval.value,
        'low': change.interval.low,
        'high': change.interval.high,
        'noise_floor': change.floor,
        'least_seen': change.least_seen,
    }
    return {
        'unit': change.figure.unit,
        'meaning': change.figure.meaning,
        **{name: None if one is None else round(one, DIGITS) for name, one in numbers.items()},
        'windows': change.interval.windows,
        'verdict': change.verdict.value,
    }


def _table(compared: Compared) -> list[str]:
    head = ['', 'A', 'B', 'B - A', f'{JUDGED_CONFIDENCE:.1%}', 'another seed', '']
    rows = [head, *(row(one) for one in compared.changes)]
    widths = [max(len(one[column]) for one in rows) for column in range(len(head))]
    table = ['  '.join(cell.ljust(width) for cell, width in zip(one, widths, strict=True)).rstrip()
             for one in rows]  # fmt: skip
    independent = compared.independent
    return [*table, f'intervals: bootstrap over {independent.described}', RULE]


def row(change: Change) -> list[str]:
    """Cells of one figure."""
    low, high, floor = change.interval.low, change.interval.high, change.floor
    return [
        change.figure.name,
        f'{change.before:.3f}',
        f'{change.after:.3f}',
        f'{change.interval.value:+.3f}',
        '-' if low is None or high is None else f'{low:+.3f} to {high:+.3f}',
        '-' if floor is None else f'{floor:.3f}',
        '' if change.verdict is Verdict.SAME else change.verdict.value.upper(),
    ]


def _worst_lines(compared: Compared) -> Sequence[str]:
    return [
        f'{place((one.recording, one.stamp_ns))}: {WORST_BY} {grown:+.2f} m'
        for one, _, grown in compared.worst()
    ]


def _apart(one: Window, other: Window) -> bool:
    away_ns = abs(one.stamp_ns - other.stamp_ns)
    return one.recording != other.recording or away_ns >= APART_S * NS_PER_S
