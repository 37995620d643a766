"""Effects of the first lessons: LeNet, the fully connected network, the small ResNet."""

from __future__ import annotations

from effects.lab import accuracy, lesson, without
from effects.table import Verdict, effect


@effect("lenet-mnist", "reads about 98 % of digits it has never seen")
def lenet_reads(seed: int) -> Verdict:
    found = accuracy(lesson("lenet-mnist"), seed=seed)
    return Verdict(found > 0.97, accuracy=found)


@effect("mlp-mnist", "a hidden layer reads digits that a linear classifier does not")
def a_hidden_layer_helps(seed: int) -> Verdict:
    hidden, straight = accuracy(lesson("mlp-mnist"), seed=seed), accuracy(lesson("mlp-mnist", without("fc1", "relu1")), seed=seed)
    return Verdict(hidden > straight + 0.02 and hidden > 0.93, hidden_layer=hidden, linear=straight)
