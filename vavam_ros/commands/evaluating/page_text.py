"""How the page writes numbers, intervals, names and moments."""

from __future__ import annotations

from vavam_ros.evaluation.bootstrap import Interval
from vavam_ros.evaluation.figure import Figure

FEW_GROUPS = 5  # intervals over fewer are wide: the page says so
_SHORT = {'constant turn rate and velocity': 'constant turn'}
_LABELS = {
    'ade_1s_m': 'ADE, 1 s',
    'ade_2s_m': 'ADE, 2 s',
    'ade_3s_m': 'ADE, 3 s',
    'fde_3s_m': 'FDE, 3 s',
    'missed': 'Missed',
    'aside_abs_m': 'Error sideways',
    'ahead_abs_m': 'Error along the way',
    'min_ade_m': 'ADE of the best sample',
    'min_fde_m': 'FDE of the best sample',
    'best_missed': 'All samples missed',
    'heading_abs_rad': 'Error of heading',
    'speed_abs_mps': 'Error of speed',
    'turn_agrees': 'Turns to the same side',
    'comfortable': 'Comfortable',
    'change_m': 'Changes its mind by',
}


def short(source: str) -> str:
    """A source's name where there is little room."""
    return _SHORT.get(source, source)


def label(figure: Figure) -> str:
    """For people; the name in summary.json where it has no other."""
    return _LABELS.get(figure.name, figure.name)


def is_share(figure: Figure) -> bool:
    """Whether it is a number from 0 to 1: all figures without a unit are."""
    return not figure.unit


def number(value: float) -> str:
    """With about three digits."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    text = f'{value:.{digits}f}'
    return text.removeprefix('-') if float(text) == 0 else text


def amount(value: float, figure: Figure) -> str:
    """A value of a figure: shares in percent."""
    return f'{100 * value:.0f} %' if is_share(figure) else number(value)


def span(interval: Interval, figure: Figure) -> str:
    """The interval in words; empty where there is none."""
    low, high = interval.low, interval.high
    if low is None or high is None:
        return ''
    if is_share(figure):
        return f'{100 * low:.0f} to {100 * high:.0f} %'
    return f'{number(low)} to {number(high)}'


def counted(count: int, one: str, many: str = '') -> str:
    """Such as '1 window' and '2 windows'."""
    return f'{count} {one if count == 1 else many or one + "s"}'
