"""Message classes are found by the names in bags, and only message classes."""

from __future__ import annotations

import pytest
from sensor_msgs.msg import Image

from vavam_ros.errors import InputError
from vavam_ros.nodes.message_types import message_class


def test_a_type_name_gives_its_class():
    assert message_class('sensor_msgs/msg/Image') is Image


@pytest.mark.parametrize(
    'name', ['sensor_msgs/Image', '', 'a.b/msg/C', '../msg/C', 'std_srvs/srv/Empty', 'a/msg/B | c']
)
def test_what_is_no_message_type_is_refused(name):
    with pytest.raises(InputError, match='is not a message type'):
        message_class(name)


@pytest.mark.parametrize(
    'name', ['nowhere_msgs/msg/Thing', 'sensor_msgs/msg/Thing', 'os/msg/Path']
)
def test_an_unknown_type_names_the_package_to_install(name):
    with pytest.raises(InputError, match=f'install the package {name.split("/")[0]}'):
        message_class(name)
