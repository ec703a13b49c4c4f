"""A node's settings from its parameters, with start-up mistakes told as a user's error."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rclpy.exceptions import ParameterException
from rclpy.node import Node

from vavam_ros.bridge import parameters
from vavam_ros.errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar('Settings', bound=DataclassInstance)
else:
    Settings = TypeVar('Settings')


def declared_settings(node: Node, settings_class: type[Settings]) -> Settings:
    """Declare the fields of a settings dataclass as parameters and read what they were set to.

    Raises InputError for a value of a wrong type, out of range, or that the class refuses.
    """
    try:
        parameters.declare(node, settings_class)
        return parameters.read(node, settings_class)
    except (ParameterException, InputError) as error:
        raise InputError(f'{node.get_fully_qualified_name()}: {error}') from error


def unknown_parameters(node: Node) -> list[str]:
    """Names set at start-up that the node has not declared: misspelt ones, mostly."""
    overrides = getattr(node, '_parameter_overrides', {})  # rclpy offers no public way to ask
    return [name for name in overrides if not node.has_parameter(name)]
