from dataclasses import dataclass, field

import numpy as np
import pytest

from vavam_ros.evaluation.figure import HIGHER, LOWER, Floats, about, figures_of, mean_of


@dataclass(frozen=True, eq=False)
class Group:
    off_m: Floats = field(metadata=about('m', LOWER, 'how far off'))
    likeness: float | None = field(metadata=about('', HIGHER, 'how alike'))
    note: str = 'no figure'


def test_a_group_tells_its_figures_with_unit_direction_and_mean():
    off, alike = figures_of(Group(np.array([1.0, np.nan, 4.0]), 0.5))
    assert (off.name, off.unit, off.lower_is_better, off.meaning) == (
        'off_m',
        'm',
        True,
        'how far off',
    )
    assert off.value == 2.5
    assert off.by_window.shape == (3,)
    assert (alike.lower_is_better, alike.value, alike.by_window) == (False, 0.5, None)


def test_what_no_window_has_is_none_and_not_zero():
    off, alike = figures_of(Group(np.array([np.nan]), None))
    assert off.value is None
    assert alike.value is None
    assert mean_of(np.zeros(0)) is None


def test_a_figure_cannot_be_forgotten():
    with pytest.raises(TypeError, match='likeness'):
        Group(np.zeros(1))
