"""The order of samples: each once an epoch, the same for the same seed, another one for each epoch."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.train.order import batch_sizes, derived_seed, epoch_order

CPU = torch.device("cpu")


@given(samples=st.integers(1, 400), batch=st.integers(1, 500), seed=st.integers(0, 2**63 - 1), epoch=st.integers(0, 50), shuffle=st.booleans())
def test_every_index_comes_once_an_epoch(samples: int, batch: int, seed: int, epoch: int, shuffle: bool):
    sizes = batch_sizes(samples, batch)
    order = epoch_order(sizes, seed=seed, epoch=epoch, shuffle=shuffle, device=CPU)
    assert [len(part) for part in order] == sizes
    assert sorted(torch.cat(order).tolist()) == list(range(samples))
    assert batch == 1 or samples == 1 or min(sizes) > 1  # batch norm cannot train on a single leftover


@pytest.mark.parametrize(("samples", "batch", "sizes"), [(10, 4, [4, 4, 2]), (9, 4, [4, 5]), (8, 4, [4, 4]), (3, 10, [3]), (2, 1, [1, 1]), (1, 4, [1])])
def test_batches_are_full_but_for_the_last(samples: int, batch: int, sizes: list[int]):
    assert batch_sizes(samples, batch) == sizes


def test_the_order_depends_on_seed_and_epoch_alone():
    def order(seed: int, epoch: int) -> list[int]:
        return torch.cat(epoch_order([50] * 4, seed=seed, epoch=epoch, shuffle=True, device=CPU)).tolist()

    torch.manual_seed(1)
    first = order(0, 0)
    torch.manual_seed(2)
    assert order(0, 0) == first
    assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


def test_unshuffled_is_stored_order():
    assert torch.cat(epoch_order([3, 2], seed=4, epoch=2, shuffle=False, device=CPU)).tolist() == [0, 1, 2, 3, 4]


def test_seeds_do_not_meet():
    assert len({derived_seed(seed, stream, epoch) for seed in range(20) for stream in range(2) for epoch in range(20)}) == 800
