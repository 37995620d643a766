"""Effects of the lessons on depth: plain networks degrade, residual ones hardly, and identity layers change nothing."""

from __future__ import annotations

from effects.lab import accuracy, bypassed, changed, lesson, trained, untrained, validation
from effects.table import Verdict, effect

from engine.graph.model import Value

DEPTHS = {6: 2, 18: 8, 34: 16, 66: 32}  # layers -> repeats of two, beside the first and the last


def training_loss(layers: int, *, seed: int, **params: Value) -> float:
    """The mean loss of the last epoch's steps."""
    run = trained(lesson("deeper", params={"blocks1": {"repeat": DEPTHS[layers], **params}}), seed=seed)
    return (run.result.train or {})["loss"]


@effect("deeper", "more plain layers train worse, residual ones do not suffer like that")
def plain_degrades(seed: int) -> Verdict:
    plain = {layers: training_loss(layers, seed=seed) for layers in DEPTHS}
    residual = {layers: training_loss(layers, seed=seed, shortcut="residual") for layers in DEPTHS}
    grows = plain[6] < plain[18] < plain[34] < plain[66] and plain[66] > 1.5
    named = {f"{kind}_{layers}": table[layers] for kind, table in (("plain", plain), ("residual", residual)) for layers in DEPTHS}
    return Verdict(grows and residual[66] < 0.5 and all(residual[n] < plain[n] for n in (18, 34, 66)), **named)


@effect("deeper", "residual blocks that begin as the identity lose less with depth")
def zero_beginnings_help(seed: int) -> Verdict:
    usual, zero = (training_loss(66, seed=seed, shortcut="residual", begin=begin) for begin in (1.0, 0.0))
    return Verdict(zero < 0.75 * usual, begin_1=usual, begin_0=zero)


@effect("identity-layers", "twenty inserted identity layers change the loss of a trained network by exactly 0", quick=True)
def identity_changes_nothing(seed: int) -> Verdict:
    shallow = trained(lesson("identity-layers", epochs=2), seed=seed)
    deep = untrained(changed(shallow.run.snapshot, bypassed("identity1")), seed=seed)
    deep.run.net.load_state_dict(shallow.run.net.state_dict(), strict=False)
    before, after = validation(shallow.run)["loss"], validation(deep.run)["loss"]
    return Verdict(before == after, before=before, after=after, difference=after - before)


@effect("progress", "each idea of the table reads more digits than the one before")
def ideas_add_up(seed: int) -> Verdict:
    found = {take: accuracy(lesson("progress", params={"choose1": {"take": take}}), seed=seed) for take in "abcd"}
    fine = found["a"] + 0.02 < found["b"] < found["c"] + 0.005 and found["c"] + 0.003 < found["d"]
    return Verdict(fine, linear=found["a"], hidden_layer=found["b"], lenet=found["c"], batch_norm_and_dropout=found["d"])
