"""The rules of the frame selection, one by one."""

import random

import pytest

from vavam_ros.errors import InputError
from vavam_ros.perception.history import Admission, FrameSelector

SECOND = 1_000_000_000
STEP = SECOND // 2
TOLERANCE = 120_000_000
EPOCH_2024 = 1_704_067_200 * SECOND


def ns(seconds: float) -> int:
    return round(seconds * SECOND)


def admit_all(
    stamps: list[int], selector: FrameSelector | None = None, camera: str = 'front'
) -> list[Admission]:
    selector = selector or FrameSelector()
    return [selector.admit(stamp, camera) for stamp in stamps]


def kept(stamps: list[int]) -> list[int]:
    return [s for s, a in zip(stamps, admit_all(stamps), strict=True) if a.kept]


def resets(admissions: list[Admission]) -> list[str]:
    return [a.reset for a in admissions if a.reset is not None]


def regular(hz: float, seconds: float, start: int = 0) -> list[int]:
    return [start + ns(i / hz) for i in range(round(seconds * hz))]


# --- any camera rate ---


def test_the_first_frame_is_kept_in_epoch_zero() -> None:
    assert FrameSelector().admit(7, 'front') == Admission(True, 'kept', 0, None)


@pytest.mark.parametrize('hz', [10, 20, 30])
def test_a_rate_that_fits_the_step_keeps_exactly_the_grid(hz: int) -> None:
    # ns() rounds 30 Hz stamps, yet every hz/2-th one is exact.
    assert kept(regular(hz, 30.0)) == [i * STEP for i in range(60)]


def test_11_hz_averages_exactly_two_frames_a_second() -> None:
    used = kept(regular(11, 100.0))
    assert len(used) == 200
    assert used[::2] == [i * SECOND for i in range(100)]


@pytest.mark.parametrize('period_s', [0.4, 0.435, 0.498, 0.5, 0.502, 0.55, 0.6])
def test_a_camera_slightly_off_2_hz_keeps_every_frame(period_s: float) -> None:
    stamps = [ns(i * period_s) for i in range(500)]
    admissions = admit_all(stamps)
    assert all(admission.kept for admission in admissions)
    assert not resets(admissions)


def test_jitter_of_a_2_hz_camera_does_not_matter() -> None:
    rng = random.Random(5)
    stamps = [i * STEP + ns(rng.uniform(-0.055, 0.055)) for i in range(300)]
    assert kept(stamps) == stamps
    assert not resets(admit_all(stamps))


@pytest.mark.parametrize(
    ('second_s', 'cause'), [(0.1, 'between'), (0.36, 'between'), (0.4, 'kept'), (0.5, 'kept')]
)
def test_the_second_frame_is_judged_by_its_own_interval(second_s: float, cause: str) -> None:
    assert admit_all([0, ns(second_s)])[-1].cause == cause


def test_frames_lost_at_the_start_do_not_mistake_the_period() -> None:
    assert kept([0, ns(0.3), ns(0.4), ns(0.5)]) == [0, ns(0.5)]


def test_a_neighbour_stands_in_for_a_missing_frame_and_the_grid_recovers() -> None:
    stamps = [stamp for stamp in regular(10, 3.0) if stamp != ns(1.0)]
    assert kept(stamps) == [ns(s) for s in (0.0, 0.5, 1.1, 1.5, 2.0, 2.5)]
    assert not resets(admit_all(stamps))


def test_a_camera_that_changes_its_rate_is_followed() -> None:
    slow = [3 * SECOND + i * STEP for i in range(10)]
    fast = [8 * SECOND + ns(i / 20) for i in range(60)]
    stamps = [*regular(10, 3.0), *slow, *fast]
    assert not resets(admit_all(stamps))
    used = kept(stamps)
    assert used[6:16] == slow
    assert all(abs(stamp - n * STEP) <= TOLERANCE for n, stamp in enumerate(used))


# --- gaps ---


def test_a_gap_resets_and_names_itself_and_the_limit() -> None:
    reset = admit_all([*regular(10, 1.0), ns(1.8), ns(1.9)])[-2]
    assert reset == Admission(
        True,
        'kept',
        1,
        "gap of 1.30 s between used frames, at most 0.62 s fits the model's 0.50 s step",
    )


def test_after_a_gap_the_grid_starts_at_the_frame_that_ended_it() -> None:
    stamps = [*regular(10, 1.0), *regular(10, 2.0, start=ns(7.03))]
    assert kept(stamps) == [ns(s) for s in (0.0, 0.5, 7.03, 7.53, 8.03, 8.53)]
    assert admit_all(stamps)[-1].epoch == 1


def test_the_tolerance_is_inclusive() -> None:
    assert admit_all([0, STEP + TOLERANCE])[-1] == Admission(True, 'kept', 0, None)
    late = admit_all([0, STEP + TOLERANCE + 1])[-1]
    assert late.kept
    assert 'gap of 0.63 s between used frames, at most 0.62 s' in (late.reset or '')
    assert admit_all([0, STEP - TOLERANCE])[-1].cause == 'kept'
    assert admit_all([0, STEP - TOLERANCE - 1])[-1].cause == 'between'


@pytest.mark.parametrize('hz', [0.5, 1.0, 1.5])
def test_a_slow_camera_resets_at_every_frame_and_is_called_too_slow(hz: float) -> None:
    admissions = admit_all(regular(hz, 20.0))
    assert all(admission.kept for admission in admissions)
    assert len(resets(admissions)) == len(admissions) - 1
    assert f': the camera at {hz:.1f} Hz is too slow (use 2.0 Hz' in resets(admissions)[-1]


def test_a_rate_without_a_frame_near_the_step_is_blamed() -> None:
    reasons = resets(admit_all(regular(3, 10.0)))
    assert reasons
    assert all('the camera at 3.0 Hz has no frame in time' in reason for reason in reasons)


@pytest.mark.parametrize('hz', [2, 10])
def test_a_pause_is_not_blamed_on_the_rate(hz: int) -> None:
    stamps = [*regular(hz, 5.0), *regular(hz, 5.0, start=9 * SECOND)]
    (reason,) = resets(admit_all(stamps))
    assert 'Hz' not in reason
    (first_interval,) = resets(admit_all([0, 9 * SECOND]))
    assert 'Hz' not in first_interval


# --- repeated, late and early stamps ---


@pytest.mark.parametrize('stamp_s', [0.9, 0.8, 0.5, 0.0])
def test_a_stamp_seen_before_is_a_duplicate(stamp_s: float) -> None:
    repeated = admit_all([*regular(10, 1.0), ns(stamp_s)])[-1]
    assert repeated == Admission(False, 'duplicate', 0, None)


def test_every_frame_sent_twice_changes_nothing() -> None:
    stamps = regular(10, 5.0)
    twice = [stamp for stamp in stamps for _ in range(2)]
    admissions = admit_all(twice)
    assert admissions[::2] == admit_all(stamps)
    assert {admission.cause for admission in admissions[1::2]} == {'duplicate'}


def test_a_late_frame_is_out_of_order_and_changes_nothing() -> None:
    stamps = regular(10, 5.0)
    selector = FrameSelector()
    admissions = []
    for stamp in stamps:
        admissions.append(selector.admit(stamp, 'front'))
        late = selector.admit(stamp - ns(0.23), 'front')
        assert late == Admission(False, 'out_of_order', 0, None)
    assert admissions == admit_all(stamps)


def test_a_late_frame_sent_again_is_a_duplicate() -> None:
    assert admit_all([0, SECOND // 10, 7, 7])[-1].cause == 'duplicate'


def test_time_jumps_back_from_one_second_on() -> None:
    stamps = regular(10, 3.0)
    assert admit_all([*stamps, stamps[-1] - SECOND + 1])[-1].cause == 'out_of_order'
    assert admit_all([*stamps, stamps[-1] - SECOND])[-1] == Admission(
        True, 'kept', 1, 'time jumped back 1.0 s: a bag loop?'
    )


def test_a_bag_loop_names_the_jump_and_starts_a_new_grid() -> None:
    loop = regular(2, 20.0, start=EPOCH_2024)
    admissions = admit_all(loop * 2)
    assert resets(admissions) == ['time jumped back 19.5 s: a bag loop?']
    assert [a.kept for a in admissions] == [True] * 80
    assert [a.epoch for a in admissions] == [0] * 40 + [1] * 40


def test_a_loop_forgets_the_stamps_of_the_one_before() -> None:
    second_loop = [ns(s) for s in (0.0, 0.1, 0.3, 0.2)]
    assert admit_all([*regular(10, 3.0), *second_loop])[-1].cause == 'out_of_order'


def test_a_frame_without_a_stamp_is_suspected() -> None:
    reset = admit_all([EPOCH_2024, 0])[-1].reset
    assert reset == 'time jumped back 1704067200.0 s: a bag loop, or a frame without a stamp?'


def test_a_camera_without_stamps_shows_as_duplicates() -> None:
    causes = [admission.cause for admission in admit_all([0] * 200)]
    assert causes == ['kept'] + ['duplicate'] * 199


def test_a_frozen_camera_never_resets() -> None:
    stamps = [*regular(10, 2.0), *[ns(1.9)] * 500]
    assert {admission.epoch for admission in admit_all(stamps)} == {0}


def test_a_loop_shorter_than_the_jump_limit_is_found_after_a_while() -> None:
    admissions = admit_all(regular(10, 0.9) * 6)
    assert resets(admissions) == [
        'time keeps going back by less than 1.0 s: a loop shorter than that?'
    ]
    assert {a.cause for a in admissions[9:] if not a.kept} <= {'duplicate', 'between'}


def test_the_future_starts_after_the_limit_and_only_where_now_is_known() -> None:
    assert FrameSelector().admit(ns(5.1), 'front', now_ns=ns(5.0)).kept
    assert FrameSelector().admit(ns(5.1) + 1, 'front', now_ns=ns(5.0)).cause == 'future'
    assert FrameSelector(future_s=0.0).admit(1, 'front', now_ns=0).cause == 'future'
    assert FrameSelector().admit(EPOCH_2024, 'front').kept


def test_old_frames_are_fine_when_now_is_known() -> None:
    assert FrameSelector().admit(EPOCH_2024, 'front', now_ns=EPOCH_2024 + 900 * SECOND).kept


# --- cameras ---


def test_a_new_camera_resets_even_in_order() -> None:
    selector = FrameSelector()
    admit_all(regular(10, 2.0), selector, camera='left')
    assert selector.admit(ns(2.0), 'right') == Admission(
        True, 'kept', 1, 'camera changed from left to right'
    )


def test_a_new_camera_brings_its_own_time_and_rate() -> None:
    selector = FrameSelector()
    admit_all(regular(30, 10.0, start=EPOCH_2024), selector, camera='left')
    admissions = admit_all(regular(2.5, 10.0), selector, camera='right')
    assert all(admission.kept for admission in admissions)
    assert len(resets(admissions)) == 1


# --- settings ---


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('step_s', 0.0),
        ('step_s', float('nan')),
        ('step_s', float('inf')),
        ('tolerance_s', 0.0),
        ('tolerance_s', 0.5),
        ('future_s', -0.1),
        ('jump_s', -1.0),
    ],
)
def test_unusable_limits_are_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f'^{name} is {value:g} s: it must be '):
        FrameSelector(**{name: value})


def test_another_step_is_kept_to() -> None:
    selector = FrameSelector(step_s=0.2, tolerance_s=0.04)
    admissions = admit_all(regular(10, 2.0), selector)
    assert [admission.kept for admission in admissions] == [True, False] * 10
    assert not resets(admissions)


def test_an_early_frame_is_kept_where_the_one_after_it_would_be_too_late() -> None:
    selector = FrameSelector(tolerance_s=0.15)
    admissions = admit_all([ns(i * 0.37) for i in range(50)], selector)
    assert all(admission.kept for admission in admissions)
    assert not resets(admissions)
