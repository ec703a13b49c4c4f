"""Settings as parameters: what holds without a node; with real ones, see nodes/test_settings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import pytest

from vavam_ros.bridge import parameters
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.nodes.planning.settings import PlannerNodeSettings


@dataclass(frozen=True)
class Change:
    """What a set-parameters callback is given."""

    name: str
    value: object


def validation(*changes: Change, current: PilotSettings | None = None):
    return parameters.validation(PilotSettings, current or PilotSettings(), changes)


def test_a_valid_change_is_accepted_and_changes_nothing_by_itself():
    current = PilotSettings()
    assert validation(Change('samples', 8), Change('noise', 'persistent'), current=current)
    assert current == PilotSettings()


@pytest.mark.parametrize(
    ('name', 'value', 'said'),
    [
        ('samples', 0, 'parameter samples must be from 1 to 64, found 0'),
        ('samples', 1.0, 'parameter samples must be an integer, found 1.0'),
        ('samples', True, 'parameter samples must be an integer, found True'),
        ('temperature', 1, 'parameter temperature must be a number with a point, found 1'),
        ('max_speed_mps', 0.0, 'parameter max_speed_mps must be from 0.1 to 1000000.0 m/s'),
        ('max_speed_mps', float('nan'), 'found nan'),
        ('noise', 'pink', "parameter noise must be one of fresh, persistent, found 'pink'"),
        ('weights', None, 'parameter weights must be text, found None'),
    ],
)
def test_a_wrong_change_is_refused_with_what_is_right(name, value, said):
    result = validation(Change(name, value))
    assert not result.successful
    assert said in result.reason


def test_one_wrong_change_spoils_all():
    with pytest.raises(InputError, match='seed'):
        parameters.with_changes(
            PilotSettings, PilotSettings(), [Change('samples', 8), Change('seed', -1)]
        )


def test_parameters_of_others_pass():
    assert validation(Change('use_sim_time', True)).successful


@pytest.mark.parametrize('settings', [PilotSettings, PlannerNodeSettings])
def test_every_setting_of_the_planner_says_what_it_is(settings):
    for each in fields(settings):
        assert len(each.metadata['description']) > 15, each.name
        if isinstance(each.default, int | float) and not isinstance(each.default, bool):
            lowest, highest = each.metadata['range']
            assert lowest <= each.default <= highest, each.name


def test_units_are_in_names_and_descriptions_alike():
    units = {'m': 'm', 's': 's', 'deg': 'deg', 'mps': 'm/s', 'px': 'px', 'per_m': '1/m'}
    for each in (*fields(PilotSettings), *fields(PlannerNodeSettings)):
        suffix = 'per_m' if each.name.endswith('per_m') else each.name.rsplit('_', 1)[-1]
        assert each.metadata.get('unit') == units.get(suffix), each.name


def test_a_field_without_a_default_cannot_be_a_parameter():
    @dataclass(frozen=True)
    class Wrong:
        speed: float = field(metadata={'range': (0, 1)})

    with pytest.raises(TypeError, match='needs a default'):
        parameters.with_changes(Wrong, Wrong(1.0), [Change('speed', 0.5)])
