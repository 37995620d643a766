"""Attention and places of tokens. Printed above a network as they stand: each class needs nothing but torch.

Letters in shape comments: N samples (or sequences of several images), T tokens, S tokens of the context, D features, d features of a head.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn


class MultiHeadAttention(nn.Module):
    """softmax(Q Kᵀ / √d) V in several heads. Parameters are named and laid out as in nn.MultiheadAttention."""

    def __init__(self, embed_dim: int, num_heads: int, bias: bool = True, causal: bool = False, dropout: float = 0.0):
        super().__init__()
        self.num_heads, self.causal, self.dropout = num_heads, causal, dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * embed_dim, embed_dim))  # Q, K and V below each other
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim)) if bias else None
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        nn.init.xavier_uniform_(self.in_proj_weight)
        if bias:
            nn.init.zeros_(self.out_proj.bias)

    def heads(self, x: torch.Tensor, context: torch.Tensor | None = None) -> list[torch.Tensor]:
        """Queries of x, keys and values of the context (default: x itself), each N, heads, T, d."""
        context = x if context is None else context
        weights = self.in_proj_weight.chunk(3)
        biases = (None, None, None) if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        flat = [F.linear(source, w, b) for source, w, b in zip((x, context, context), weights, biases, strict=True)]
        return [f.unflatten(2, (self.num_heads, -1)).transpose(1, 2) for f in flat]

    def weights(self, x: torch.Tensor, context: torch.Tensor | None = None) -> torch.Tensor:
        """How much each query looks at each key: N, heads, T, S; every row adds up to one."""
        q, k, _ = self.heads(x, context)
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
        if self.causal:
            scores = scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1), -math.inf)
        return scores.softmax(-1)

    def forward(self, x: torch.Tensor, context: torch.Tensor | None = None) -> torch.Tensor:
        q, k, v = self.heads(x, context)
        dropped = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=dropped, is_causal=self.causal)  # N, heads, T, d
        return self.out_proj(mixed.transpose(1, 2).flatten(2))  # N, T, D


class PackedAttention(MultiHeadAttention):
    """Attention in sequences of several images: every token looks at the tokens of its own image only."""

    def mask(self, owner: torch.Tensor) -> torch.Tensor:
        """Who may look at whom: N, 1, T, T, with one block for each image. Empty places see each other, and nobody sees them."""
        return owner[:, None, :, None] == owner[:, None, None, :]

    def weights(self, x: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
        """How much each query looks at each key: N, heads, T, T; 0 outside of the blocks."""
        q, k, _ = self.heads(x)
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
        return scores.masked_fill(~self.mask(owner), -math.inf).softmax(-1)

    def forward(self, x: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
        q, k, v = self.heads(x)
        dropped = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=self.mask(owner), dropout_p=dropped)  # N, heads, T, d
        return self.out_proj(mixed.transpose(1, 2).flatten(2))  # N, T, D


class ClassToken(nn.Module):
    """Puts one learned token in front of all others: it gathers what the classifier reads."""

    def __init__(self, dim: int):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.token.expand(len(x), -1, -1), x], dim=1)  # N, 1 + T, D


class ShufflePatches(nn.Module):
    """Puts the tokens of each image into an order of its own: a new one each time while training, those of `seed` otherwise."""

    def __init__(self, when: str = "always", prefix: int = 0, seed: int = 0):
        super().__init__()
        self.when, self.prefix, self.seed = when, prefix, seed  # the first `prefix` tokens stay, such as a class token

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training and self.when == "validation only":
            return x
        drawn = None if self.training else torch.Generator().manual_seed(self.seed)
        order = torch.rand(len(x), x.shape[1] - self.prefix, generator=drawn).argsort(1).to(x.device)  # N, T - prefix
        return torch.cat([x[:, : self.prefix], x[:, self.prefix :].take_along_dim(order[..., None], 1)], dim=1)


class LearnedPositions(nn.Module):
    """Adds a learned vector to each place of the sequence."""

    def __init__(self, tokens: int, dim: int):
        super().__init__()
        self.table = nn.Parameter(torch.empty(1, tokens, dim).normal_(std=0.02))

    def positions(self) -> torch.Tensor:
        return self.table  # 1, T, D

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.positions()


class SinusoidalPositions(nn.Module):
    """Adds sines and cosines of the place in the sequence, of wavelengths from 2π to 10,000 · 2π. Nothing is learned."""

    def __init__(self, tokens: int, dim: int):
        super().__init__()
        rates = torch.exp(torch.arange(0, dim, 2) * (-math.log(10_000) / dim))  # one for each pair of features
        angles = torch.arange(tokens)[:, None] * rates
        table = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :dim]  # sine, cosine, sine, ...
        self.register_buffer("table", table[None], persistent=False)

    def positions(self) -> torch.Tensor:
        return self.table  # 1, T, D

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.positions()


class CoordinatePositions(nn.Module):
    """Adds what a small network makes of each token's coordinates (y, x), so that it works for any grid."""

    def __init__(self, grid: tuple, dim: int, prefix: int = 0, hidden: int = 64, absolute: bool = False):
        super().__init__()
        rows, columns = ((torch.arange(size) + 0.5) / (1 if absolute else size) for size in grid)  # places, or shares of the image
        self.register_buffer("places", torch.cartesian_prod(rows, columns), persistent=False)  # T, 2
        self.network = nn.Sequential(nn.Linear(2, hidden), nn.GELU(), nn.Linear(hidden, dim))
        self.prefix = prefix  # so many tokens in front, such as a class token, have no place

    def positions(self) -> torch.Tensor:
        return F.pad(self.network(self.places), (0, 0, self.prefix, 0))[None]  # 1, T, D

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.positions()


class FactorisedPositions(nn.Module):
    """Adds a learned vector for the row and one for the column of each token."""

    def __init__(self, grid: tuple, dim: int, prefix: int = 0):
        super().__init__()
        self.rows = nn.Parameter(torch.empty(grid[0], 1, dim).normal_(std=0.02))
        self.columns = nn.Parameter(torch.empty(1, grid[1], dim).normal_(std=0.02))
        self.prefix = prefix  # so many tokens in front, such as a class token, have no place

    def positions(self) -> torch.Tensor:
        places = (self.rows + self.columns).flatten(0, 1)  # T, D
        return F.pad(places, (0, 0, self.prefix, 0))[None]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.positions()
