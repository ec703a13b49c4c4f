"""Fields of settings dataclasses that say what they mean: description, unit, range, choices."""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any

from vavam_ros.errors import InputError


def setting(
    default: Any,
    description: str,
    unit: str = '',
    range: tuple[float, float] | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """A dataclass field that can also be declared as a ROS parameter."""
    notes = {'description': description, 'unit': unit, 'range': range, 'choices': choices}
    return field(default=default, metadata={key: note for key, note in notes.items() if note})


def check_settings(settings: Any) -> None:
    """Raise InputError that names the first field outside its range or choices."""
    for each in fields(settings):
        value, limits = getattr(settings, each.name), each.metadata.get('range')
        if limits and not limits[0] <= value <= limits[1]:
            raise InputError(f'{each.name} is {value}: it goes from {limits[0]} to {limits[1]}')
        choices = each.metadata.get('choices')
        if choices and value not in choices:
            raise InputError(f'{each.name} is {value!r}: it is one of {", ".join(choices)}')
