"""In which order samples are seen: every index once an epoch, the same for the same seed. Keeps no state, so any point can be resumed."""

from __future__ import annotations

import numpy as np
import torch

TRAINING, ORDER = 0, 1  # streams of random numbers that must not meet


def derived_seed(seed: int, stream: int, epoch: int = 0) -> int:
    """A 63-bit seed that differs for every (seed, stream, epoch)."""
    return int(np.random.SeedSequence([seed, stream, epoch]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def batch_sizes(samples: int, batch_size: int) -> list[int]:
    """The sizes of an epoch's batches. A single leftover sample joins the batch before: batch norm cannot train on one."""
    sizes = [min(batch_size, samples - start) for start in range(0, samples, batch_size)]
    if len(sizes) > 1 and batch_size > 1 and sizes[-1] == 1:
        sizes[-2:] = [batch_size + 1]
    return sizes


def epoch_order(sizes: list[int], *, seed: int, epoch: int, shuffle: bool, device: torch.device) -> tuple[torch.Tensor, ...]:
    """The indices of each batch of epoch number `epoch` (from 0), int64, on `device`."""
    if shuffle:
        generator = torch.Generator().manual_seed(derived_seed(seed, ORDER, epoch))
        order = torch.randperm(sum(sizes), generator=generator)
    else:
        order = torch.arange(sum(sizes))
    return order.to(device).split(sizes)
