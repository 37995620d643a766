"""Effects of attention: items 96 to 110."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import torch
import torch.nn.functional as F
from effects.lab import accuracy, bypassed, lesson, trained, untrained, validation
from effects.table import Verdict, effect

from engine.graph import edits, ops
from engine.graph.model import Snapshot, frozen
from engine.graph.ops import Op

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


def judged(snapshot: Snapshot, weights: dict[str, torch.Tensor], *, seed: int) -> float:
    """The validation accuracy of `snapshot` with these weights."""
    other = untrained(snapshot, seed=seed)
    other.run.net.load_state_dict(weights)
    return validation(other.run)["accuracy"]


def switched(node: str) -> Callable[[Snapshot], Iterable[Op]]:
    """An action: bypasses a node, or switches it on again."""
    return lambda snapshot: edits.toggle_bypass(snapshot, [node])


@effect("vit-positions", "shuffled patches change nothing without positions, and nearly everything with them")
def shuffled_patches(seed: int) -> Verdict:
    numbers = {}
    for name, actions in (("with", ()), ("without", (bypassed("positions1"),))):
        done = trained(lesson("vit-positions", *actions), seed=seed)
        numbers[name] = done.accuracy
        numbers[f"{name}_shuffled"] = judged(lesson("vit-positions", *actions, switched("shuffle1")), done.run.net.state_dict(), seed=seed)
    fine = numbers["with"] > numbers["without"] + 0.03 and numbers["with_shuffled"] < 0.6 and numbers["without_shuffled"] == numbers["without"]
    return Verdict(fine, **numbers)


@effect("vit-sizes", "coordinates carry over to a size never seen, and lose less than an interpolated table")
def unseen_sizes(seed: int) -> Verdict:
    wide = switched("pad1")
    coordinates = trained(lesson("vit-sizes"), seed=seed)
    seen = judged(lesson("vit-sizes", wide), coordinates.run.net.state_dict(), seed=seed)
    table = trained(lesson("vit-sizes", learned_table), seed=seed)
    weights = dict(table.run.net.state_dict())
    grid = weights["positions1.table"].unflatten(1, (4, 4)).permute(0, 3, 1, 2)
    weights["positions1.table"] = F.interpolate(grid, (4, 6), mode="bilinear").flatten(2).transpose(1, 2)
    stretched = judged(lesson("vit-sizes", learned_table, wide), weights, seed=seed)
    lost, table_lost = coordinates.accuracy - seen, table.accuracy - stretched
    return Verdict(seen > 0.78 and lost < table_lost - 0.01, known=coordinates.accuracy, unseen=seen, table_known=table.accuracy, table_unseen=stretched)


def learned_table(snapshot: Snapshot) -> list[Op]:
    """An action: a learned table in place of the coordinates."""
    node = snapshot.node("positions1")
    wires = [wire for wire in snapshot.wires if "positions1" in (wire.source, wire.target)]
    table = replace(node, type="positional_embedding", params=frozen({}))
    return [*(ops.RemoveWire(wire) for wire in wires), ops.RemoveNode("positions1"), ops.AddNode(table), *(ops.AddWire(wire) for wire in wires)]


@effect("patches-are-convolution", "patches and a convolution learn alike")
def two_ways(seed: int) -> Verdict:
    cut, slid = (accuracy(lesson("patches-are-convolution", params={"choose1": {"take": take}}), seed=seed) for take in "ab")
    return Verdict(min(cut, slid) > 0.87 and abs(cut - slid) < 0.03, patches=cut, convolution=slid)


@effect("quadratic-cost", "four times the tokens cost about sixteen times as long, once there are many")
def the_square(seed: int) -> Verdict:
    seconds = {}
    for patch in (4, 2, 1):
        net = untrained(lesson("quadratic-cost", params={"patches1": {"patch": patch}})).run.net.eval()
        x = torch.zeros(1, (28 // patch) ** 2, 64)
        attention = net.attention1
        with torch.no_grad():
            attention.weights(x)
            times = []
            for _ in range(5):
                began = time.perf_counter()
                attention.weights(x)
                times.append(time.perf_counter() - began)
        seconds[(28 // patch) ** 2] = min(times)
    return Verdict(seconds[784] > 5 * seconds[196], **{f"ms_{tokens}": 1000 * value for tokens, value in seconds.items()})


@effect("pack-digits", "packed digits of any size are read")
def packed_digits(seed: int) -> Verdict:
    found = accuracy(lesson("pack-digits"), seed=seed)
    return Verdict(found > 0.65, accuracy=found)


@effect("setr-decoders", "of three decoders on one encoder the naive one is clearly lowest")
def three_decoders(seed: int) -> Verdict:
    done = trained(lesson("setr-decoders"), seed=seed)
    found = {evaluation.node: evaluation.numbers["miou"] for evaluation in done.result.evaluations}
    return Verdict(found["naive_loss"] < min(found["pup_loss"], found["mla_loss"]) - 0.02, **found)
