"""Warm-up, stable, decay; and who sees which sample when."""

from __future__ import annotations

import itertools

import pytest
import torch

from vavam_ros.errors import InputError
from vavam_ros.training.order import DataOrder, OwnRows
from vavam_ros.training.schedule import Schedule


def test_the_rate_rises_stays_and_falls():
    factors = [Schedule(100, warmup=9, decay_share=0.2).factor(step) for step in range(100)]
    assert factors[:9] == pytest.approx([0.1 * (step + 1) for step in range(9)])
    assert factors[9:80] == [1.0] * 71
    assert all(a > b for a, b in itertools.pairwise(factors[80:]))
    assert factors[80] == pytest.approx(20 / 21)
    assert factors[99] == pytest.approx(1 / 21)  # the last step still learns


def test_a_floor_and_no_decay():
    assert Schedule(10, 0, 0.5, floor=0.4).factor(9) == 0.4
    assert Schedule(10, 0, decay_share=0.0).factor(9) == 1.0


def test_a_longer_run_agrees_until_the_shorter_one_falls():
    short, long = Schedule(100, warmup=9), Schedule(200, warmup=9)
    assert short.agrees(long, 80)
    assert not short.agrees(long, 81)
    assert not short.agrees(Schedule(100, warmup=8), 5)


@pytest.mark.parametrize('wrong', [{'steps': 0}, {'warmup': -1}, {'decay_share': 1.1}])
def test_wrong_schedules_are_refused(wrong):
    with pytest.raises(InputError):
        Schedule(**{'steps': 10, **wrong})


def test_each_epoch_sees_every_sample_once_and_in_another_order():
    order = DataOrder(samples=10, batch=4, seed=0)
    seen = [row for step in range(5) for row in order.rows(step)]
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]


def test_order_and_draws_depend_on_seed_and_step_alone():
    def asked(steps, seed=0):
        order = DataOrder(samples=10, batch=4, seed=seed)
        return {s: (order.rows(s), torch.rand(3, generator=order.generator(s))) for s in steps}

    forwards, backwards, other = asked(range(9)), asked(range(8, -1, -1)), asked(range(9), 1)
    for step, (rows, numbers) in forwards.items():
        assert backwards[step][0] == rows
        assert torch.equal(backwards[step][1], numbers)
        assert not torch.equal(other[step][1], numbers)
    assert any(other[step][0] != forwards[step][0] for step in forwards)


def test_processes_share_a_step_between_them():
    order = DataOrder(samples=10, batch=4, seed=0)
    shares = [list(OwnRows(order, 3, 6, rank, 2)) for rank in range(2)]
    for step, both in zip(range(3, 6), zip(*shares, strict=True), strict=True):
        assert [row for share in both for row in share] == order.rows(step)
