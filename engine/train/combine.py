"""How the answers of several networks become one: average, optimal linear combination (Hashem), vote. Works on numbers; runs no network.

Lecture items 87 and 88. Answers are (copies, N, ...): probabilities of classes (N, K, ...), probabilities of a yes, or plain numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

RULES = ("average", "optimal", "vote")
SCORES, LOG_SHARES, YES_SCORES, YES_SHARES, NUMBERS = "scores", "log shares", "yes scores", "yes shares", "numbers"
OUTPUTS = {  # what a loss takes as its prediction
    "cross_entropy": SCORES, "dice": SCORES, "nll": LOG_SHARES, "kl_div": LOG_SHARES, "bce_with_logits": YES_SCORES, "binary_nll": YES_SHARES,
}  # fmt: skip
LEAST = 1e-12  # a probability of 0 would make the loss infinite


@dataclass(frozen=True, slots=True)
class Squares:
    """Squared errors of an ensemble with equal weights: `whole` = `members` - `ambiguity`, each a mean over all answers of a sample's sum."""

    members: float
    ambiguity: float
    whole: float
    optimal: float  # with the weights of `optimal`, on the very samples they come from


def shares_of(outputs: torch.Tensor, kind: str) -> torch.Tensor:
    """What is averaged: probabilities, or the numbers themselves. `outputs` (copies, N, K, ...)."""
    turn = {SCORES: lambda x: x.softmax(2), LOG_SHARES: torch.exp, YES_SCORES: torch.sigmoid}
    return turn[kind](outputs) if kind in turn else outputs


def outputs_of(shares: torch.Tensor, kind: str) -> torch.Tensor:
    """The way back, for one network: what the loss takes. Probabilities that an optimal combination pushed out of 0..1 are cut."""
    if kind in (SCORES, LOG_SHARES):
        return shares.clamp_min(LEAST).log()
    if kind == YES_SCORES:
        return torch.logit(shares, LEAST)
    return shares.clamp(0, 1) if kind == YES_SHARES else shares


def errors(shares: torch.Tensor, target: torch.Tensor, kind: str, *, ignore: int) -> torch.Tensor:
    """The errors (copies, N, width) float64: share minus truth, 0 where the target does not count."""
    if kind in (SCORES, LOG_SHARES) and target.shape != shares.shape[1:]:
        counts = target != ignore
        truth = F.one_hot(torch.where(counts, target, 0), shares.shape[2]).movedim(-1, 1)  # N, K, ...
        found = (shares.double() - truth) * counts.unsqueeze(1)
    else:
        found = shares.double() - target.view(shares.shape[1:]).double()
    return found.flatten(2) if found.dim() > 2 else found.unsqueeze(2)


def covariance(found: torch.Tensor) -> torch.Tensor:
    """Omega: mean products of the copies' errors, (copies, copies)."""
    flat = found.flatten(1)
    return flat @ flat.t() / flat.shape[1]


def optimal(omega: torch.Tensor) -> torch.Tensor:
    """a = Omega^-1 1 / (1' Omega^-1 1): the weights with sum 1 and the least squared error. Equal weights where copies err alike."""
    count = len(omega)
    inverse = torch.linalg.pinv(omega, hermitian=True, rtol=1e-10)
    weights = inverse.sum(1)
    total = weights.sum()
    return weights / total if torch.isfinite(total) and total.abs() > 1e-12 else torch.full((count,), 1 / count, dtype=omega.dtype)


def weighted(shares: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The linear combination (N, ...) of (copies, N, ...)."""
    return torch.tensordot(weights.to(shares), shares, 1)


def votes(shares: torch.Tensor, kind: str) -> torch.Tensor:
    """The share of copies that answer with each class, (N, K, ...); of a yes-or-no the share that says yes."""
    if kind in (SCORES, LOG_SHARES):
        return F.one_hot(shares.argmax(2), shares.shape[2]).movedim(-1, 2).double().mean(0).to(shares)
    return shares.gt(0.5).double().mean(0).to(shares)


def split(omegas: tuple[torch.Tensor, torch.Tensor], index: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """The optimal combination in which each half of the samples (even, odd `index`) has the weights that the other half asks for."""
    combined = weighted(shares, optimal(omegas[1]))
    odd = index % 2 == 1
    combined[odd] = weighted(shares[:, odd], optimal(omegas[0]))
    return combined


def squares(found: torch.Tensor) -> Squares:
    """The squared errors of these errors (copies, N, width): how far the copies differ is what the ensemble gains."""
    whole = found.mean(0)
    weights = optimal(covariance(found))
    return Squares(
        found.square().sum(2).mean().item(),
        (found - whole).square().sum(2).mean().item(),
        whole.square().sum(1).mean().item(),
        weighted(found, weights).square().sum(1).mean().item(),
    )
