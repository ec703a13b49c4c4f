"""Definitions of message types: the standard ones, and those that a bag carries itself."""

from __future__ import annotations

import functools

from rosbags.interfaces import Connection, ConnectionExtRosbag1, MessageDefinitionFormat
from rosbags.interfaces.typing import Typesdict
from rosbags.typesys import (
    Stores,
    TypesysError,
    get_types_from_idl,
    get_types_from_msg,
    get_typestore,
)
from rosbags.typesys.store import Typestore

from vavam_ros.errors import InputError

_HEADER = 'std_msgs/msg/Header'
_IDL_SEPARATOR = '=' * 80 + '\n'
_RENAMED = {'tf/msg/tfMessage': 'tf2_msgs/msg/TFMessage'}  # ROS 1's first tf


@functools.cache
def standard_types() -> Typestore:
    """Definitions of the standard message packages, which ROS need not be installed for."""
    return get_typestore(Stores.ROS2_JAZZY)


def type_name(connection: Connection) -> str:
    """The type's name in ROS 2."""
    return _RENAMED.get(connection.msgtype, connection.msgtype)


def types_for(connection: Connection) -> Typestore:
    """The definitions that `connection`'s messages, as CDR, are to be read with.

    A ROS 2 bag's own definition counts, since it says what was recorded; the standard one stands
    in where the bag has none, as in sqlite3 bags of Humble. Raises InputError when the type is
    known nowhere, or when a ROS 1 type is laid out otherwise than the ROS 2 type of its name.
    """
    try:
        types = _types_for(connection)
        types.get_msgdef(type_name(connection))  # looks up the types of all fields
    except (TypesysError, KeyError) as error:
        raise InputError(
            f'{connection.topic}: the bag defines {connection.msgtype} in a way that cannot be '
            f'used ({str(error).splitlines()[0]}): leave the topic out'
        ) from error
    return types


def _types_for(connection: Connection) -> Typestore:
    text, form = connection.msgdef.data, connection.msgdef.format
    if isinstance(connection.ext, ConnectionExtRosbag1):
        return _ros1_types(type_name(connection), text)
    if form is MessageDefinitionFormat.NONE:
        return _standard_types_with(connection)
    return _defined_types(connection.msgtype, form, text)


def _standard_types_with(connection: Connection) -> Typestore:
    if connection.msgtype not in standard_types().fielddefs:
        raise InputError(
            f'{connection.topic}: the bag does not define its type {connection.msgtype}, '
            'which is no standard one'
        )
    return standard_types()


# Kept, because making the code that reads a type takes tens of milliseconds, and the next bag
# defines it in the same words.
@functools.lru_cache(maxsize=64)
def _ros1_types(name: str, text: str) -> Typestore:
    """ROS 2 definitions, extended by the bag's; a header's `seq` is gone in ROS 2."""
    types = get_typestore(Stores.ROS2_JAZZY)
    definitions = get_types_from_msg(text, name)
    definitions.pop(_HEADER, None)
    types.register(definitions)
    return types


@functools.lru_cache(maxsize=64)
def _defined_types(name: str, form: MessageDefinitionFormat, text: str) -> Typestore:
    """The bag's own definitions alone."""
    types = get_typestore(Stores.EMPTY)
    types.register(_definitions(name, form, text))
    return types


def _definitions(name: str, form: MessageDefinitionFormat, text: str) -> Typesdict:
    if form is MessageDefinitionFormat.MSG:
        return get_types_from_msg(text, name)
    if not text.startswith(f'{_IDL_SEPARATOR}IDL: '):
        return get_types_from_idl(text)
    definitions: Typesdict = {}
    for part in text.split(_IDL_SEPARATOR)[1:]:
        definitions.update(get_types_from_idl(part.split('\n', 1)[1]))
    return definitions
