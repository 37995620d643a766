"""Effects of the lessons on Part I of the lecture: shallow to learned, activations, losses, chain rule, gradient descent (items 1 to 23)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from effects.lab import Trained, accuracy, changed, lesson, trained, without
from effects.table import Verdict, effect

from engine.graph.model import Snapshot, Value
from engine.train.run import Run


def exchanged(snapshot: Snapshot, old: str, new: str, **params: Value) -> Snapshot:
    """All nodes of the type `old` as `new`, wired as they were."""
    nodes = (replace(node, type=new, params=params) if node.type == old else node for node in snapshot.nodes)
    return replace(snapshot, nodes=tuple(nodes))


def dead(found: Trained, node: str) -> float:
    """The share of neurons that no training sample switches on."""
    return (found.values(training=True)[node] <= 0).all(0).float().mean().item()


@effect("hand-features", "hand-made features, raw pixels, a hidden layer: each reads more digits")
def features_are_better_learned(seed: int) -> Verdict:
    hand, pixels, hidden = (accuracy(lesson(name), seed=seed) for name in ("hand-features", "linear-digits", "mlp-mnist"))
    return Verdict(0.70 < hand < pixels - 0.05 and pixels < hidden - 0.02, hand_made=hand, pixels=pixels, hidden_layer=hidden)


@effect("linear-digits", "begins at exactly ln 10, and decay keeps its ten templates smooth")
def templates_are_smooth(seed: int) -> Verdict:
    decayed = trained(lesson("linear-digits"), seed=seed)
    free = trained(lesson("linear-digits"), seed=seed, weight_decay=0.0, epochs=40)
    roughness = [rough(found.weight("fc1")) for found in (decayed, free)]
    ok = abs(decayed.losses[0] - np.log(10)) < 1e-6 and decayed.accuracy > 0.88 and roughness[1] > 1.7 * roughness[0]
    return Verdict(ok, first_loss=decayed.losses[0], accuracy=decayed.accuracy, roughness=roughness[0], without_decay=roughness[1])


def rough(rows: torch.Tensor) -> float:
    """How much neighbouring pixels of the templates differ."""
    return rows.view(-1, 28, 28).diff(dim=2).abs().mean().item()


@effect("spirals", "without its hidden layer it hardly beats a guess", quick=True)
def space_must_be_bent(seed: int) -> Verdict:
    bent, straight = accuracy(lesson("spirals"), seed=seed), accuracy(lesson("spirals", without("fc1", "relu1")), seed=seed)
    return Verdict(bent > 0.93 and straight < 0.70, hidden_layer=bent, straight=straight)


@effect("deep-mlp", "four narrow layers beat a wide one with as many parameters")
def depth_helps(seed: int) -> Verdict:
    wide = lesson("deep-mlp", params={"mlp1": {"depth": 1, "width": 125}})
    deep, flat = trained(lesson("deep-mlp"), seed=seed), trained(wide, seed=seed)
    sizes = [found.run.analysis.parameters for found in (deep, flat)]
    return Verdict(deep.accuracy > flat.accuracy + 0.02 and sizes == [626, 627], deep=deep.accuracy, flat=flat.accuracy)


@effect("sigmoid-saturation", "four sigmoid layers stay at chance where ReLU learns")
def sigmoids_stop_the_gradient(seed: int) -> Verdict:
    sigmoid = trained(lesson("sigmoid-saturation"), seed=seed)
    relu = trained(exchanged(lesson("sigmoid-saturation"), "sigmoid", "relu"), seed=seed)
    one = trained(lesson("sigmoid-saturation", without("fc2", "sigmoid2", "fc3", "sigmoid3", "fc4", "sigmoid4")), seed=seed)
    ok = sigmoid.accuracy < 0.25 and relu.accuracy > 0.9 and one.accuracy > 0.8
    return Verdict(ok, sigmoid=sigmoid.accuracy, relu=relu.accuracy, one_sigmoid=one.accuracy)


@effect("dead-relu", "most neurons die at the rate 0.3, few at 0.1, and LeakyReLU saves the day")
def neurons_die(seed: int) -> Verdict:
    fast, slow = (trained(lesson("dead-relu"), seed=seed, learning_rate=rate) for rate in (0.3, 0.1))
    leaky = trained(exchanged(lesson("dead-relu"), "relu", "leaky_relu"), seed=seed)
    numbers = {"dead": dead(fast, "relu1"), "dead_slow": dead(slow, "relu1"), "accuracy": fast.accuracy, "slow": slow.accuracy, "leaky": leaky.accuracy}
    ok = numbers["dead"] > 0.5 and numbers["dead_slow"] < 0.15 and slow.accuracy > 0.9 and leaky.accuracy > fast.accuracy + 0.2
    return Verdict(ok, **numbers)


@effect("swish", "the learned b moves away from SiLU's 1, and both spirals are parted", quick=True)
def swish_learns_its_b(seed: int) -> Verdict:
    found = trained(lesson("swish"), seed=seed)
    b = found.weight("swish1", "b").item()
    return Verdict(b > 1.5 and found.accuracy > 0.97, b=b, accuracy=found.accuracy)


@effect("two-heads", "one trunk serves both heads, and the weight of a loss says which one it serves better")
def heads_share_the_trunk(seed: int) -> Verdict:
    both, apart = trained(lesson("two-heads"), seed=seed), trained(lesson("two-heads", params={"mse1": {"weight": 0.0}}), seed=seed)
    errors = [pixel_error(found) for found in (both, apart)]
    blank = both.run.dataset.validation.x.square().mean().item()
    ok = both.accuracy > 0.9 and errors[0] < 0.5 * blank and errors[1] > 0.95 * blank
    return Verdict(ok, accuracy=both.accuracy, pixels=errors[0], pixels_untrained=errors[1], blank=blank)


def pixel_error(found: Trained) -> float:
    values = found.values()
    return (values["picture1"] - values["flatten1"]).square().mean().item()


@effect("binary-nll-by-hand", "begins at 1.6015 and falls towards 0", quick=True, seeds=1)
def probabilities_have_their_price(seed: int) -> Verdict:
    found = trained(lesson("binary-nll-by-hand"), seed=seed)
    return Verdict(abs(found.losses[0] - 1.60147) < 1e-5 and found.losses[-1] < 0.25, first=found.losses[0], last=found.losses[-1])


@effect("backprop-by-hand", "begins at 2.1269 and dies at ln 2; LeakyReLU goes on", quick=True, seeds=1)
def both_neurons_die(seed: int) -> Verdict:
    found = trained(lesson("backprop-by-hand"), seed=seed)
    leaky = trained(exchanged(lesson("backprop-by-hand"), "relu", "leaky_relu", negative_slope=0.2), seed=seed)
    ok = abs(found.losses[0] - 2.12693) < 1e-5 and abs(found.losses[-1] - np.log(2)) < 1e-6 and leaky.losses[-1] < 0.01
    return Verdict(ok, first=found.losses[0], last=found.losses[-1], leaky=leaky.losses[-1])


@effect("local-minima", "two of four starts end in the wrong valley, and momentum lifts one out", quick=True, seeds=1)
def starts_decide(seed: int) -> Verdict:
    ends = [trained(lesson("local-minima"), seed=seed, momentum=momentum).weight("fc1").flatten() for momentum in (0.0, 0.8)]
    wanted = [torch.tensor([-0.9183, -0.9183, 1, 1]), torch.tensor([1, -0.9183, 1, 1])]
    ok = all(torch.allclose(end, want, atol=1e-3) for end, want in zip(ends, wanted, strict=True))
    return Verdict(ok, plain=ends[0][0], momentum=ends[1][0])


@effect("full-batch", "every step goes downhill, and two epochs of minibatches are worth sixty of them")
def all_at_once_is_smooth(seed: int) -> Verdict:
    whole, parts = trained(lesson("full-batch"), seed=seed), trained(lesson("minibatch"), seed=seed, epochs=2)
    rises = int((np.diff(whole.losses) > 0).sum())
    return Verdict(rises == 0 and whole.accuracy > 0.85 and parts.accuracy > whole.accuracy - 0.02, rises=rises, full_60=whole.accuracy, mini_2=parts.accuracy)


@effect("full-batch", "a sum with η/K is a mean with η, and k batches that add up are one batch", seeds=1)
def sums_and_parts_are_the_same(seed: int) -> Verdict:
    short = lesson("full-batch", epochs=2)
    mean = trained(short, seed=seed).weight("fc1")
    summed = trained(changed(short, params={"cross_entropy1": {"reduction": "sum"}}), seed=seed, learning_rate=0.1 / 4000).weight("fc1")
    parts = trained(short, seed=seed, batch_size=500, accumulate=8).weight("fc1")
    gaps = [(mean - other).abs().max().item() for other in (summed, parts)]
    return Verdict(max(gaps) < 1e-6, sum_with_small_rate=gaps[0], eight_parts=gaps[1])


@effect("one-example", "4,000 rough steps an epoch teach more than one exact step")
def rough_steps_teach(seed: int) -> Verdict:
    one, whole = trained(lesson("one-example"), seed=seed), trained(lesson("full-batch"), seed=seed, epochs=3)
    jumps = [float(np.abs(np.diff(found.losses[-2000:])).mean()) for found in (one, trained(lesson("minibatch"), seed=seed, epochs=3))]
    return Verdict(one.accuracy > 0.88 and whole.accuracy < 0.5 and jumps[0] > 2 * jumps[1], one=one.accuracy, whole=whole.accuracy, jump=jumps[0])


@effect("one-example", "the variance of the gradient times the batch size stays the same")
def noise_falls_with_the_batch(seed: int) -> Verdict:
    products = {size: size * gradient_variance(size, seed) for size in (4, 16, 64)}
    values = list(products.values())
    return Verdict(max(values) < 1.15 * min(values), **{f"batch_{size}": value for size, value in products.items()})


def gradient_variance(size: int, seed: int) -> float:
    """Of the gradient over batches of `size`, summed over all weights; the weights stay where they begin."""
    seen: list[torch.Tensor] = []

    def note(run: Run) -> None:
        seen.append(torch.cat([weight.grad.flatten() for weight in run.weights]))

    trained(lesson("one-example"), seed=seed, batch_size=size, learning_rate=1e-12, epochs=max(1, size // 4), watch=note, steps=900)
    return torch.stack(seen).var(0).sum().item()


@effect("minibatch", "beats gradient descent with as many digits seen")
def minibatches_win(seed: int) -> Verdict:
    mini = accuracy(lesson("minibatch"), seed=seed)
    whole = accuracy(lesson("full-batch"), seed=seed, epochs=10)
    return Verdict(mini > 0.92 and whole < mini - 0.1, minibatches=mini, all_at_once=whole)
