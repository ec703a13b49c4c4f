"""A frozen settings dataclass <-> ROS parameters, one per field.

Fields are bool, int, float or str, each with a default. `dataclasses.field(metadata=...)` may
say `description` (text), `unit` ('s'), `range` (lowest, highest) and `choices` (values).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, get_type_hints

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)

from vavam_ros.errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar('Settings', bound=DataclassInstance)
else:
    Settings = TypeVar('Settings')

_TYPES = {bool: 'true or false', int: 'an integer', float: 'a number with a point', str: 'text'}


class ParameterNode(Protocol):
    """What is asked of a node here; rclpy's nodes have it."""

    def declare_parameter(self, name: str, value: Any, descriptor: ParameterDescriptor) -> Any:
        """Make a parameter known, with the default that a parameter file may override."""

    def get_parameter(self, name: str) -> Any:
        """Return an object with the `value` of a declared parameter."""


class Parameter(Protocol):
    """A new value for a parameter, as set-parameters callbacks receive it."""

    @property
    def name(self) -> str:
        """The parameter's name."""

    @property
    def value(self) -> Any:
        """The value asked for."""


def declare(node: ParameterNode, settings_class: type[Settings]) -> None:
    """Declare every field with its default, type, range and description.

    The node itself raises (its own exceptions) if a start-up value has a wrong type or range.
    """
    types = _field_types(settings_class)
    for field in dataclasses.fields(settings_class):
        default = types[field.name](field.default)
        node.declare_parameter(field.name, default, _descriptor(field, types[field.name]))


def read(node: ParameterNode, settings_class: type[Settings]) -> Settings:
    """Build the settings that the node's parameters say now.

    Raises InputError for a value outside `choices`, and what the class raises when built.
    """
    names = [field.name for field in dataclasses.fields(settings_class)]
    values = {name: node.get_parameter(name).value for name in names}
    _check(settings_class, values)
    return settings_class(**values)


def validation(
    settings_class: type[Settings], current: Settings, changes: Iterable[Parameter]
) -> SetParametersResult:
    """Say whether `current` with `changes` is valid, for a set-parameters callback.

    Parameters that are not fields of the class are someone else's and pass.
    """
    try:
        with_changes(settings_class, current, changes)
    except InputError as error:
        return SetParametersResult(successful=False, reason=str(error))
    return SetParametersResult(successful=True)


def with_changes(
    settings_class: type[Settings], current: Settings, changes: Iterable[Parameter]
) -> Settings:
    """Build `current` with the changed fields; InputError if a value or the whole is wrong."""
    names = {field.name for field in dataclasses.fields(settings_class)}
    changed = {change.name: change.value for change in changes if change.name in names}
    _check(settings_class, changed)
    return dataclasses.replace(current, **changed)


def _check(settings_class: type[Any], values: Mapping[str, Any]) -> None:
    types = _field_types(settings_class)
    for field in dataclasses.fields(settings_class):
        if field.name in values and (
            problem := _problem(field, types[field.name], values[field.name])
        ):
            raise InputError(f'parameter {field.name} {problem}, found {values[field.name]!r}')


def _problem(field: dataclasses.Field[Any], kind: type, value: Any) -> str | None:
    allowed = field.metadata.get('choices')
    lowest, highest = field.metadata.get('range', (None, None))
    if type(value) is not kind:  # not isinstance: True is an int
        return f'must be {_TYPES[kind]}'
    if allowed is not None and value not in allowed:
        return f'must be one of {_listed(allowed)}'
    if lowest is not None and not lowest <= value <= highest:
        return f'must be from {lowest} to {highest}{_unit(field)}'
    return None


def _descriptor(field: dataclasses.Field[Any], kind: type) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(name=field.name, description=_description(field))
    if 'choices' in field.metadata:
        descriptor.additional_constraints = f'one of {_listed(field.metadata["choices"])}'
    if 'range' in field.metadata:
        lowest, highest = (kind(limit) for limit in field.metadata['range'])
        if kind is int:
            descriptor.integer_range = [IntegerRange(from_value=lowest, to_value=highest)]
        else:
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=lowest, to_value=highest)
            ]
    return descriptor


def _description(field: dataclasses.Field[Any]) -> str:
    notes = []
    if 'unit' in field.metadata:
        notes.append(f'in {field.metadata["unit"]}')
    if 'range' in field.metadata:
        lowest, highest = field.metadata['range']
        notes.append(f'from {lowest} to {highest}')
    if 'choices' in field.metadata:
        notes.append(f'one of {_listed(field.metadata["choices"])}')
    text: str = field.metadata.get('description', '')
    return f'{text} ({", ".join(notes)})'.strip() if notes else text


def _field_types(settings_class: type[Any]) -> dict[str, type]:
    hints = get_type_hints(settings_class)
    for field in dataclasses.fields(settings_class):
        if hints[field.name] not in _TYPES or field.default is dataclasses.MISSING:
            raise TypeError(
                f'{settings_class.__name__}.{field.name} cannot be a parameter: it needs a '
                'default, and the type bool, int, float or str'
            )
    return {field.name: hints[field.name] for field in dataclasses.fields(settings_class)}


def _unit(field: dataclasses.Field[Any]) -> str:
    return f' {field.metadata["unit"]}' if 'unit' in field.metadata else ''


def _listed(values: Iterable[object]) -> str:
    return ', '.join(str(value) for value in values)
