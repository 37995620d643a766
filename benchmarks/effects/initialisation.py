"""Effects of how weights begin: items 70 to 76."""

from __future__ import annotations

from effects.lab import accuracy, lesson, trained
from effects.table import Verdict, effect

ALIKE = {"init": "constant", "init_value": 0.01}


@effect("init-deep", "thirty ReLU layers learn with He, and stand still with Xavier and with small weights")
def he_learns(seed: int) -> Verdict:
    small, xavier, he = (trained(lesson("init-deep"), seed=seed, init=name, epochs=6) for name in ("normal", "xavier_normal", "he_normal"))
    losses = [done.validation_loss for done in (small, xavier, he)]
    return Verdict(losses[0] > 2.3 and losses[1] > 2.29 and losses[2] < 0.8, small=losses[0], xavier=losses[1], he=losses[2])


@effect("init-deep", "with He the training loss is near 0.1 after 12 epochs")
def he_reads(seed: int) -> Verdict:
    done = trained(lesson("init-deep"), seed=seed)
    loss = float(done.losses[-63:].mean())
    return Verdict(loss < 0.2, loss=loss, accuracy=done.accuracy)


@effect("init-fans", "neurons that begin alike learn alike, and read about half as many digits", quick=True)
def alike_stays_alike(seed: int) -> Verdict:
    constant, usual = accuracy(lesson("init-fans", params={"fc1": ALIKE, "fc2": ALIKE}), seed=seed), accuracy(lesson("init-fans"), seed=seed)
    return Verdict(constant < 0.65 and usual > 0.92, constant=constant, xavier=usual)
