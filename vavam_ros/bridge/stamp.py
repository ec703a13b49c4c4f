"""builtin_interfaces/Time and Duration <-> nanoseconds."""

from __future__ import annotations

from builtin_interfaces.msg import Duration, Time

from vavam_ros.errors import InputError
from vavam_ros.records import NS_PER_S

_SECONDS = range(-(2**31), 2**31)  # what the message's int32 holds


def ns_from_time(time: Time) -> int:
    """Return nanoseconds since the clock's epoch, negative before it."""
    return int(time.sec) * NS_PER_S + int(time.nanosec)


def time_from_ns(stamp_ns: int) -> Time:
    """Make the message for `stamp_ns`, any int of nanoseconds within +-68 years of the epoch.

    Raises InputError for a stamp that the message cannot hold.
    """
    return Time(**_parts(stamp_ns))


def duration_from_ns(duration_ns: int) -> Duration:
    """Make the message for a span of nanoseconds; InputError beyond 68 years."""
    return Duration(**_parts(duration_ns))


def _parts(ns: int) -> dict[str, int]:
    sec, nanosec = divmod(int(ns), NS_PER_S)
    if sec not in _SECONDS:
        raise InputError(
            f'a stamp of {ns} ns does not fit a ROS time (int32 seconds): '
            'stamps are nanoseconds since the epoch, check their unit'
        )
    return {'sec': sec, 'nanosec': nanosec}
