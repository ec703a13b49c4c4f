"""A ROS domain of one's own on this machine, with nothing heard from other machines."""

from __future__ import annotations

import os
import random
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vavam_ros.errors import InputError

_DOMAINS = range(1, 102)  # beyond, the ports of DDS meet those that Linux hands out
_LOCK_PORT = 20100  # + domain, TCP; whoever holds it has the domain, as in this package's tests
_DDS_PORT = 7410  # + 250 * domain, UDP; the first participant of a domain has it


@contextmanager
def own_domain() -> Iterator[int]:
    """Hold a domain that nobody uses, until the block ends; InputError where all are in use."""
    with socket.socket() as lock:
        for domain in random.sample(_DOMAINS, len(_DOMAINS)):
            if _taken(lock, domain):
                yield domain
                return
    raise InputError(
        f'all ROS domains from {_DOMAINS[0]} to {_DOMAINS[-1]} are in use on this machine: '
        'stop some of the nodes that run'
    )


def domain_environment(domain: int) -> dict[str, str]:
    """Environment of a process in this domain that talks to this machine alone."""
    environment = {
        **os.environ,
        'ROS_DOMAIN_ID': str(domain),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    }
    if os.environ.get('ROS_DISTRO') == 'humble':  # which does not know the range yet
        environment['ROS_LOCALHOST_ONLY'] = '1'
    environment.setdefault('AMENT_PREFIX_PATH', sys.prefix)  # where the wheels are, if no ROS is
    return environment


def _taken(lock: socket.socket, domain: int) -> bool:
    """Bind the lock for a domain that no node is in; False where it cannot be had."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('', _DDS_PORT + 250 * domain))
        lock.bind(('127.0.0.1', _LOCK_PORT + domain))
        return True
    return False
