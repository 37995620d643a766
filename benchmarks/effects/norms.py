"""Effects of normalisation: items 77 to 82."""

from __future__ import annotations

from effects.lab import accuracy, bypassed, lesson, trained
from effects.table import Verdict, effect

NORMS = ("bn1", "bn2", "bn3")
SMALL = {"batch_size": 2, "learning_rate": 0.005, "epochs": 1}


@effect("norms-small-batch", "with a batch of two, batch norm of single neurons collapses; layer and group norm do not", quick=True)
def two_are_too_few(seed: int) -> Verdict:
    batch, layer, group = (trained(lesson("norms-small-batch", params={"choose1": {"take": take}}), seed=seed, steps=1000) for take in "abc")
    shares = [float(done.run.metrics.steps("accuracy")[-500:].mean()) for done in (batch, layer, group)]
    return Verdict(shares[0] < 0.65 and min(shares[1:]) > 0.8, batch=shares[0], layer=shares[1], group=shares[2])


@effect("norms-small-batch", "with a batch of 64, batch norm is as good as the others")
def many_are_enough(seed: int) -> Verdict:
    found = [
        accuracy(lesson("norms-small-batch", params={"choose1": {"take": take}}), seed=seed, batch_size=64, learning_rate=0.05, epochs=4) for take in "abc"
    ]
    return Verdict(found[0] > max(found[1:]) - 0.01 and found[0] > 0.92, batch=found[0], layer=found[1], group=found[2])


@effect("norms-on-images", "convolutions bear batch norm with a batch of two, since it averages over places as well")
def places_help(seed: int) -> Verdict:
    batch, group = (accuracy(lesson("norms-on-images", params={"choose1": {"take": take}}), seed=seed, **SMALL) for take in "ad")
    return Verdict(batch > 0.9 and batch > group - 0.02, batch=batch, group=group)


@effect("batch-norm-rate", "with batch norm rates from 0.01 to 1 all work, without it one of three")
def rates_from_small_to_large(seed: int) -> Verdict:
    numbers = {}
    for name, actions in (("with", ()), ("without", (bypassed(*NORMS),))):
        for rate in (0.01, 0.1, 1.0):
            numbers[f"{name}_{rate:g}"] = trained(lesson("batch-norm-rate", *actions), seed=seed, learning_rate=rate, fails=True).accuracy
    kept, lost = ([found for name, found in numbers.items() if name.startswith(word)] for word in ("with_", "without"))
    return Verdict(min(kept) > 0.85 and sum(found > 0.8 for found in lost) <= 1, **numbers)


@effect("batch-norm-rate", "at a rate of 3 the network diverges without batch norm and reads with it", quick=True)
def a_large_rate(seed: int) -> Verdict:
    kept = accuracy(lesson("batch-norm-rate"), seed=seed, learning_rate=3.0)
    lost = trained(lesson("batch-norm-rate", bypassed(*NORMS)), seed=seed, learning_rate=3.0, fails=True)
    return Verdict(kept > 0.6 and (lost.result.reason == "diverged" or not lost.accuracy > 0.3), with_norm=kept, without=lost.accuracy)
