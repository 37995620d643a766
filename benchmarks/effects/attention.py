"""Effects of attention: items 96 to 110."""

from __future__ import annotations

from effects.lab import accuracy, bypassed, lesson
from effects.table import Verdict, effect

PREDICTED = {1: 0.625, 3: 0.75, 4: 0.75, 5: 0.875, 7: 1.0}


@effect("attention-scale", "scores divided by the root of D learn, undivided ones much less")
def the_root_matters(seed: int) -> Verdict:
    scaled, bare = accuracy(lesson("attention-scale"), seed=seed), accuracy(lesson("attention-scale", bypassed("scale1")), seed=seed)
    return Verdict(scaled > bare + 0.1, scaled=scaled, bare=bare)


@effect("mirror-convolution", "the receptive field predicts the accuracy of convolutions: .625 .75 .75 .875 1.0")
def the_reach_predicts(seed: int) -> Verdict:
    found = {layers: accuracy(lesson("mirror-convolution", params={"layers1": {"repeat": layers}}), seed=seed) for layers in PREDICTED}
    near = all(abs(found[layers] - wanted) < 0.012 for layers, wanted in PREDICTED.items())
    return Verdict(near, **{f"layers_{layers}": value for layers, value in found.items()})


@effect("mirror-attention", "one layer of attention sees the mirror, but not without positions")
def one_layer_sees(seed: int) -> Verdict:
    seen, blind = accuracy(lesson("mirror-attention"), seed=seed), accuracy(lesson("mirror-attention", bypassed("positions1")), seed=seed, epochs=6)
    return Verdict(seen > 0.99 and blind < 0.6, attention=seen, without_positions=blind)


@effect("multi-head", "four drawn heads read digits")
def heads_read(seed: int) -> Verdict:
    found = accuracy(lesson("multi-head"), seed=seed)
    return Verdict(found > 0.85, accuracy=found)
