"""Parameters are declared from a settings dataclass, and wrong ones are refused with reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from rcl_interfaces.msg import ParameterType
from rclpy.parameter import Parameter

from vavam_ros.bridge import parameters
from vavam_ros.errors import InputError
from vavam_ros.nodes.settings import declared_settings

pytestmark = pytest.mark.dds


@dataclass(frozen=True)
class Settings:
    rate_hz: float = field(
        default=2, metadata={'description': 'how often', 'unit': 'Hz', 'range': (0.5, 30)}
    )
    frames: int = field(default=8, metadata={'description': 'context', 'range': (1, 8)})
    device: str = field(default='cpu', metadata={'choices': ('cpu', 'cuda')})
    eager: bool = field(default=False, metadata={'description': 'start at once'})
    note: str = ''

    def __post_init__(self) -> None:
        if self.eager and self.device == 'cuda':
            raise InputError('eager needs device cpu, found cuda')


def overrides(**values: object) -> dict[str, object]:
    return {'parameter_overrides': [Parameter(name, value=v) for name, v in values.items()]}


def test_defaults_are_the_dataclass_s(graph):
    assert declared_settings(graph.node('n'), Settings) == Settings()


def test_start_up_values_replace_the_defaults(graph):
    node = graph.node('n', **overrides(rate_hz=10.0, frames=3, eager=True, note='x'))
    assert declared_settings(node, Settings) == Settings(10.0, 3, 'cpu', True, 'x')


def test_descriptors_carry_type_unit_range_and_choices(graph):
    node = graph.node('n')
    declared_settings(node, Settings)
    rate, frames, device = node.describe_parameters(['rate_hz', 'frames', 'device'])
    assert (rate.type, rate.description) == (
        ParameterType.PARAMETER_DOUBLE,
        'how often (in Hz, from 0.5 to 30)',
    )
    limits = rate.floating_point_range[0]
    assert (limits.from_value, limits.to_value) == (0.5, 30.0)
    assert frames.type == ParameterType.PARAMETER_INTEGER
    assert (frames.integer_range[0].from_value, frames.integer_range[0].to_value) == (1, 8)
    assert device.additional_constraints == 'one of cpu, cuda'


@pytest.mark.parametrize(
    ('value', 'said'),
    [
        ({'rate_hz': 10}, 'rate_hz.*INTEGER.*DOUBLE'),
        ({'rate_hz': 31.0}, 'rate_hz.*30'),
        ({'rate_hz': float('nan')}, 'rate_hz.*nan'),
        ({'frames': 0}, 'frames.*1.*8'),
        ({'frames': True}, 'frames.*BOOL.*INTEGER'),
        ({'device': 'tpu'}, "device must be one of cpu, cuda, found 'tpu'"),
        ({'device': 'cuda', 'eager': True}, 'eager needs device cpu'),
    ],
)
def test_a_wrong_start_up_value_is_a_users_error(graph, value, said):
    node = graph.node('n', namespace='/car', **overrides(**value))
    with pytest.raises(InputError, match=f'^/car/n: (?s:.*){said}'):
        declared_settings(node, Settings)


def test_settings_follow_the_parameters_and_wrong_ones_change_nothing(graph):
    node = graph.node('n')
    current = declared_settings(node, Settings)
    node.add_on_set_parameters_callback(
        lambda changes: parameters.validation(Settings, current, changes)
    )

    def attempt(*changes: Parameter):
        return node.set_parameters_atomically(list(changes))

    refused = attempt(Parameter('device', value='cuda'), Parameter('eager', value=True))
    assert not refused.successful
    assert refused.reason == 'eager needs device cpu, found cuda'
    assert not attempt(Parameter('device', value='tpu')).successful
    assert not attempt(Parameter('rate_hz', value=5)).successful
    assert parameters.read(node, Settings) == Settings()
    assert attempt(
        Parameter('rate_hz', value=5.0), Parameter('use_sim_time', value=True)
    ).successful
    assert parameters.read(node, Settings) == Settings(rate_hz=5.0)


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (Parameter('rate_hz', value=5), 'rate_hz must be a number with a point, found 5'),
        (Parameter('frames', value=True), 'frames must be an integer, found True'),
        (Parameter('frames', value=9), 'frames must be from 1 to 8, found 9'),
        (Parameter('rate_hz', value=99.0), 'rate_hz must be from 0.5 to 30 Hz, found 99.0'),
    ],
)
def test_changes_are_checked_without_a_node_too(change, said):
    with pytest.raises(InputError, match=said):
        parameters.with_changes(Settings, Settings(), [change])


def test_someone_elses_parameter_is_no_concern():
    changed = parameters.with_changes(Settings, Settings(), [Parameter('other', value=1)])
    assert changed == Settings()


def test_a_field_that_cannot_be_a_parameter_is_a_programmers_error(graph):
    @dataclass(frozen=True)
    class Wrong:
        limits: tuple = (1, 2)

    with pytest.raises(TypeError, match=r'Wrong\.limits'):
        declared_settings(graph.node('n'), Wrong)
