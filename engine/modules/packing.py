"""Patch n' Pack: several images of any size in one sequence. Printed above a network as they stand: each needs nothing but torch.

Letters in shape comments: N images, S sequences, L places of a sequence, D features. An empty place has the owner -1.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Pack(nn.Module):
    """Cuts images into patches and lays those of several images behind each other into sequences of `length` places."""

    def __init__(self, patch: int, length: int):
        super().__init__()
        self.patch, self.length = patch, length

    def starts(self, counts: list[int]) -> tuple[list[int], int]:
        """Where each image's tokens begin, counted through all sequences: in the first sequence with room. Also the number of sequences."""
        filled, found = [], []
        for count in counts:
            row = next((row for row, used in enumerate(filled) if used + count <= self.length), len(filled))
            if row == len(filled):
                filled.append(0)
            found.append(row * self.length + filled[row])
            filled[row] += count
        return found, len(filled)

    def forward(self, image: torch.Tensor, size: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Images (N, C, H, W) of which `size` (N, 2) pixels count: tokens (S, L, C·p·p), their owners (S, L) and places (S, L, 2: row, column)."""
        patches = F.unfold(image, self.patch, stride=self.patch).transpose(1, 2)  # N, rows · columns, C·p·p
        columns = image.shape[3] // self.patch
        number = torch.arange(patches.shape[1], device=image.device)
        grid = torch.stack((number // columns, number % columns), dim=1)  # row and column of each patch
        inside = (grid < (size // self.patch).clamp_min(1)[:, None]).all(2)  # N, rows · columns
        counts = inside.sum(1)
        begin, sequences = self.starts(counts.tolist())
        owner, patch = inside.nonzero(as_tuple=True)  # image after image, row by row
        begin = torch.tensor(begin, device=image.device) - counts.cumsum(0) + counts  # minus the tokens of the images before
        spot = torch.arange(len(owner), device=image.device) + begin[owner]
        tokens = patches.new_zeros(sequences * self.length, patches.shape[2])
        owners = spot.new_full((sequences * self.length,), -1)
        places = spot.new_zeros(sequences * self.length, 2)
        shape = (sequences, self.length)
        owners[spot], places[spot] = owner, grid[patch]
        return tokens.index_put((spot,), patches[owner, patch]).unflatten(0, shape), owners.view(shape), places.unflatten(0, shape)


class PackedPositions(nn.Module):
    """Adds a learned vector for the row and one for the column of each patch; places from `most` on share the last."""

    def __init__(self, dim: int, most: int = 64):
        super().__init__()
        self.rows = nn.Parameter(torch.empty(most, dim).normal_(std=0.02))
        self.columns = nn.Parameter(torch.empty(most, dim).normal_(std=0.02))

    def forward(self, x: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        row, column = place.long().clamp(max=len(self.rows) - 1).unbind(2)  # S, L
        return x + F.embedding(row, self.rows) + F.embedding(column, self.columns)


def packed_mean(x: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
    """The mean of the tokens (S, L, D) of each image: (N, D), in the order in which the images were packed."""
    known = owner >= 0
    owners = owner[known]
    counts = owners.bincount()
    return x.new_zeros(len(counts), x.shape[2]).index_add(0, owners, x[known]) / counts[:, None]
