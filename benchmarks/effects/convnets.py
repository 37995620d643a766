"""Effects of the lessons on convolutional networks: separable convolutions, pooling, learned filters, AlexNet."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from effects.lab import Trained, accuracy, changed, lesson, trained, untrained
from effects.table import Verdict, effect

from engine.graph import edits, inside
from engine.graph.document import Document
from engine.graph.model import Snapshot
from engine.graph.ops import Op

Action = Callable[[Snapshot], Iterable[Op]]


@effect("mini-convnet", "6,070 weights, most of them shared, read at least as many digits as 79,510 of a fully connected network")
def few_shared_weights_read_more(seed: int) -> Verdict:
    net, plain = accuracy(lesson("mini-convnet"), seed=seed), accuracy(lesson("mlp-mnist"), seed=seed)
    return Verdict(net >= plain and net > 0.95, mini_convnet=net, fully_connected=plain)


@effect("separable-vs-standard", "an eighth of the weights costs a few points of accuracy")
def separable_costs_little(seed: int) -> Verdict:
    standard = trained(lesson("separable-vs-standard"), seed=seed)
    other = trained(lesson("separable-vs-standard", params={"choose1": {"take": "b"}, "choose2": {"take": "b"}}), seed=seed)
    found = standard.accuracy, other.accuracy
    return Verdict(found[0] > 0.92 and found[0] - 0.08 < found[1], standard=found[0], separable=found[1], seconds=standard.run.seconds, less=other.run.seconds)


@effect("pooling-by-hand", "one step changes four pixels for max, all by a quarter for the mean", quick=True, seeds=1)
def gradients_of_poolings(seed: int) -> Verdict:
    run = trained(lesson("pooling-by-hand"), seed=seed, steps=1)
    largest, mean = run.weight("offset1", "offset"), run.weight("offset2", "offset")
    return Verdict(int((largest != 0).sum()) == 4 and bool((mean == -0.25).all()), loss=run.losses[0], winners=int((largest != 0).sum()))


@effect("transposed-by-hand", "two pictures teach the nine numbers of the stamp", quick=True)
def the_stamp_is_learned(seed: int) -> Verdict:
    run = trained(lesson("transposed-by-hand"), seed=seed)
    wrong = max(abs(float(weight) - number) for number, weight in enumerate(run.weight("stamp2").flatten(), 1))
    return Verdict(wrong < 1e-4, largest_error=wrong, loss=run.losses[-1])


KINDS = {"max": "a", "mean": "b", "gaussian": "c", "thinned": "d"}


def pooling(kind: str) -> Action:
    """An action: another pooling in all places, by an edit inside the block."""
    return lambda snapshot: inside.in_block(snapshot, "Pooling", edits.set_param(snapshot.body("Pooling"), "choose1", "take", value=KINDS[kind]))


@effect("pooling-invariance", "each pooling leaves less of what a shift by two pixels changes")
def poolings_forgive(seed: int) -> Verdict:
    values = trained(lesson("pooling-invariance"), seed=seed).values()
    stages = {"relu": "relu1", "one_pooling": "pool1", "three_poolings": "pool2"}
    found = {
        name: float(((values[f"{node}b"] - values[node]).flatten(1).norm(dim=1) / values[node].flatten(1).norm(dim=1)).mean()) for name, node in stages.items()
    }
    relu, one, three = found.values()
    return Verdict(relu > one + 0.05 and one > three + 0.2, **found)


def reads_moved(run: Trained, pixels: int) -> float:
    """The share of digits that the copy with the shared weights reads when they are moved right, left, down and up."""
    truth, found = run.run.dataset.validation.y, []
    for right, down in ((pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)):
        moved = untrained(changed(run.run.snapshot, params={"shift1": {"right": right, "down": down}}))
        moved.run.net.load_state_dict(run.run.net.state_dict())
        found.append(float((moved.values()["fc1b"].argmax(1) == truth).float().mean()))
    return sum(found) / len(found)


@effect("pooling-invariance", "with max or mean pooling it reads digits that are moved by two pixels, thinned out maps read far fewer")
def poolings_read_moved_digits(seed: int) -> Verdict:
    found = {kind: reads_moved(trained(lesson("pooling-invariance", pooling(kind)), seed=seed), 2) for kind in KINDS}
    return Verdict(found["max"] > found["thinned"] + 0.1 and found["mean"] > found["thinned"] + 0.05, **found)  # the Gaussian varies with the seed


@effect("pooling-invariance", "salt noise reaches less far through the mean than through the maximum")
def the_mean_forgives_salt(seed: int) -> Verdict:
    found = {}
    for kind in ("max", "mean"):
        salted = lesson("pooling-invariance", pooling(kind), salted_instead_of_shifted)
        values = trained(salted, seed=seed).values()
        found[kind] = float(((values["pool2b"] - values["pool2"]).flatten(1).norm(dim=1) / values["pool2"].flatten(1).norm(dim=1)).mean())
    return Verdict(found["mean"] < found["max"] - 0.05, **found)


def salted_instead_of_shifted(snapshot: Snapshot) -> Iterable[Op]:
    """SaltNoise on the wire behind the shift, and no shift."""
    ops, node = edits.insert_on_wire(snapshot, "salt_noise", next(wire for wire in snapshot.wires if wire.source == "shift1"), pos=(-210.0, 150.0))
    after = Document(snapshot)
    after.apply(ops)
    return [*ops, *edits.set_param(after.snapshot(), node, "p", value=0.03), *edits.set_param(snapshot, "shift1", "right", value=0)]


def roughness(filters: torch.Tensor) -> float:
    """The mean square of differences between neighbouring pixels, over the mean square of the pixels: 4 for noise, less for strokes."""
    across, down = filters.diff(dim=-1).square().mean(), filters.diff(dim=-2).square().mean()
    return float((across + down) / filters.square().mean())


@effect("learned-filters", "weight decay turns noise into strokes and costs no accuracy")
def filters_become_strokes(seed: int) -> Verdict:
    strokes, noisy = (trained(lesson("learned-filters", weight_decay=decay), seed=seed) for decay in (0.03, 0.0))
    rough = roughness(strokes.weight("conv1")), roughness(noisy.weight("conv1"))
    fine = rough[0] < 0.65 * rough[1] and strokes.accuracy > 0.94 and strokes.accuracy > noisy.accuracy - 0.015
    return Verdict(fine, roughness=rough[0], without_decay=rough[1], accuracy=strokes.accuracy, accuracy_without=noisy.accuracy)


@effect("alexnet-32", "the truth is among the best five far more often than it is the best")
def the_best_five(seed: int) -> Verdict:
    run = trained(lesson("alexnet-32"), seed=seed)
    truth = run.run.dataset.validation.y
    five = float((run.values()["fc3"].topk(5).indices == truth[:, None]).any(1).float().mean())
    return Verdict(run.accuracy > 0.65 and five > 0.95, top_1=run.accuracy, top_5=five, seconds=run.run.seconds)
