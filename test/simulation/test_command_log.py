"""The command log is one number for what was commanded, when, and in which order."""

from __future__ import annotations

import hashlib

import pytest

from vavam_ros.errors import InputError
from vavam_ros.records import Actuation
from vavam_ros.simulation.command_log import CommandLog, read_command_log, ticks_logged

COMMANDS = [(10**10, Actuation(0, 0.1, 1.0, 5.0)), (10**10 + 50_000_000, Actuation(0, 0, 0, 5.0))]


def log_of(commands) -> CommandLog:
    log = CommandLog()
    for stamp_ns, actuation in commands:
        log.add(stamp_ns, actuation)
    return log


def test_equal_commands_have_one_digest_and_others_another():
    log = log_of(COMMANDS)
    assert (log.ticks, len(log.digest)) == (2, 16)
    assert log.digest == log_of(COMMANDS).digest
    nearly = [COMMANDS[0], (COMMANDS[1][0], Actuation(0, 1e-12, 0, 5.0))]
    others = [COMMANDS[::-1], COMMANDS[:1], nearly, [(s + 1, a) for s, a in COMMANDS]]
    digests = {log_of(other).digest for other in others}
    assert len(digests) == 4
    assert log.digest not in digests


def test_the_file_holds_the_commands_and_its_hash_is_the_digest(tmp_path):
    path = tmp_path / 'commands'
    assert ticks_logged(path) == 0
    log = CommandLog(path)
    for count, (stamp_ns, actuation) in enumerate(COMMANDS, 1):
        log.add(stamp_ns, actuation)
        assert ticks_logged(path) == count  # as it comes, for whoever watches
    log.close()
    read = [(one.stamp_ns, one.steer_rad, one.acceleration_mps2) for one in read_command_log(path)]
    assert read == [(s, a.steer_rad, a.acceleration_mps2) for s, a in COMMANDS]
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(log.digest)


def test_a_file_that_cannot_be_written_or_is_cut_off_is_named(tmp_path):
    with pytest.raises(InputError, match='none/commands cannot be written: No such file'):
        CommandLog(tmp_path / 'none' / 'commands')
    (tmp_path / 'cut').write_bytes(b'x' * 40)
    with pytest.raises(InputError, match='cut is no whole command log: 40 bytes'):
        read_command_log(tmp_path / 'cut')
