"""Effects of the lessons on convolutional networks: separable convolutions, pooling, learned filters, AlexNet."""

from __future__ import annotations

from effects.lab import accuracy, lesson, trained
from effects.table import Verdict, effect


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
