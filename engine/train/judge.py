"""Judges an ensemble on the validation set: every copy alone, and all of them combined as the recipe says. Changes no weights."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

import torch

from engine.data.load import Split
from engine.events import Ensemble, part
from engine.train import combine
from engine.train.ensemble import End, EnsembleRun
from engine.train.evaluate import BATCH
from engine.train.metrics import Output


@dataclass(slots=True)
class Batch:
    """The answers of all copies to some samples: `shares` (copies, B, ...) of each output, as they are combined."""

    index: torch.Tensor
    targets: list[torch.Tensor]
    shares: list[torch.Tensor]
    share: float  # what a mean over these samples counts


@dataclass(slots=True)
class Tally:
    """What the copies have earned so far, summed over the samples."""

    losses: list[list[torch.Tensor]]
    right: list[list[torch.Tensor]]
    batches: list[Batch] = field(default_factory=list)


def evaluate_copies(run: EnsembleRun) -> dict[str, float]:
    """The numbers of the combined network, as `evaluate` gives them, with each copy's loss beside; notes all the rest in `run.ensemble`."""
    split = run.dataset.validation
    if not len(split):
        return {}
    began = time.perf_counter()
    scale = (run.recipe.batch_size * run.recipe.accumulate if run.sums else 1) / len(split)
    run.model.eval()
    try:
        with torch.no_grad():
            tally = answers(run, split)
            fits = [fitted(end, tally.batches, place) for place, end in enumerate(run.ends)]
            loss, accuracy = together(run, tally.batches, fits)
    finally:
        run.train_mode()
    loss *= scale
    losses = [torch.stack(values).double().sum().item() * scale for values in tally.losses]
    members = [{"loss": value} for value in losses]
    whole = {"loss": loss}
    if run.accuracy is not None:
        whole["accuracy"] = accuracy
        members = [row | {"accuracy": torch.cat(right).double().nanmean().item()} for row, right in zip(members, tally.right, strict=True)]
    main = next((fit for fit in fits if fit is not None), None)
    weights = tuple(combine.optimal(main.omegas[0] + main.omegas[1]).tolist()) if main else ()
    squares = asdict(main.squares) if main else {}
    run.ensemble = Ensemble(run.copies, run.recipe.combine, run.how.together, run.how.words, weights, tuple(members), whole, squares)
    run.evaluations = run.scores.results()
    run.flush_at += time.perf_counter() - began
    row = {"step": float(run.step), "loss": loss, "accuracy": accuracy, "seconds": run.seconds}
    return row | {part(name): value for name, value in zip(run.loss_parts.names, losses, strict=True)}


def answers(run: EnsembleRun, split: Split) -> Tally:
    """What every copy says to every sample, and what that costs it."""
    tally = Tally([[] for _ in range(run.copies)], [[] for _ in range(run.copies)])
    size = run.recipe.batch_size if run.sums else max(BATCH, run.recipe.batch_size)
    for index in torch.arange(len(split), device=split.x.device).split(size):
        inputs, targets = run.fetch(split, index)
        output = run.answer([values.expand(run.copies, *values.shape).flatten(0, 1) for values in inputs])
        outputs = [values.unflatten(0, (run.copies, -1)) for values in (output if isinstance(output, tuple) else (output,))]
        share = 1 if run.sums else len(index)
        for number in range(run.copies):
            single = packed([values[number] for values in outputs])
            tally.losses[number].append(run.loss_parts.single(single, *targets) * share)
            if run.accuracy is not None:
                tally.right[number].append(run.accuracy.correct(*run.accuracy.hits(single, targets)))
        shares = [combine.shares_of(values, end.kind) for values, end in zip(outputs, run.ends, strict=True)]
        tally.batches.append(Batch(index, targets, shares, share))
    return tally


def packed(values: list[torch.Tensor]) -> Output:
    """The outputs as the network returns them: alone, or as a tuple."""
    return values[0] if len(values) == 1 else tuple(values)


@dataclass(frozen=True, slots=True)
class Fit:
    """The error covariances of the even and the odd samples (sums), and the squared errors of all."""

    omegas: tuple[torch.Tensor, torch.Tensor]
    squares: combine.Squares


def fitted(end: End, batches: list[Batch], place: int) -> Fit | None:
    """How the errors of the copies hang together in the output number `place`; None where nothing is compared with it."""
    if end.target < 0:
        return None
    found = torch.cat([combine.errors(b.shares[place], b.targets[end.target], end.kind, ignore=end.ignore) for b in batches], dim=1)
    odd = torch.cat([b.index for b in batches]) % 2 == 1
    halves = tuple(combine.covariance(found[:, half]) if half.any() else combine.covariance(found) for half in (~odd, odd))
    return Fit(halves, combine.squares(found))


def together(run: EnsembleRun, batches: list[Batch], fits: list[Fit | None]) -> tuple[float, float]:
    """Loss (a sum) and accuracy of the combination; the scores of the run take it in as well."""
    total, right = torch.zeros((), dtype=torch.float64), []
    for batch in batches:
        pairs = zip(run.ends, batch.shares, fits, strict=True)
        judged = [combined(run.recipe.combine, batch.index, shares=shares, end=end, fit=fit) for end, shares, fit in pairs]
        for_loss, for_answer = (packed([both[place] for both in judged]) for place in (0, 1))
        total += run.loss_parts.single(for_loss, *batch.targets).double().cpu() * batch.share
        run.scores.add(for_answer, batch.targets)
        if run.accuracy is not None:
            right.append(run.accuracy.correct(*run.accuracy.hits(for_answer, batch.targets)))
    return total.item(), torch.cat(right).double().nanmean().item() if right else float("nan")


def combined(rule: str, index: torch.Tensor, *, shares: torch.Tensor, end: End, fit: Fit | None) -> tuple[torch.Tensor, torch.Tensor]:
    """One output of the ensemble, for the loss and for its answer. A vote has no loss of its own: a class without votes would cost infinitely much."""
    mean = combine.outputs_of(shares.mean(0), end.kind)
    if rule == "optimal" and fit is not None:
        best = combine.outputs_of(combine.split(fit.omegas, index, shares), end.kind)
        return best, best
    return (mean, combine.outputs_of(combine.votes(shares, end.kind), end.kind)) if rule == "vote" else (mean, mean)
