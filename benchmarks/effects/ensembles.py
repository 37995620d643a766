"""Effects of ensembles: items 87 and 88."""

from __future__ import annotations

import torch
from effects.lab import lesson, trained, validation
from effects.table import Verdict, effect

from engine.train.ensemble import EnsembleRun


@effect("ensemble", "five networks read more than their mean and than the best of them, and ambiguity says by how much", quick=True)
def five_are_better(seed: int) -> Verdict:
    found = trained(lesson("ensemble"), seed=10 * seed).result.ensemble
    assert found is not None
    alone = [row["accuracy"] for row in found.members]
    squares = found.squares
    exact = abs(squares["whole"] - (squares["members"] - squares["ambiguity"])) < 1e-9
    shown = exact and found.whole["accuracy"] > max(alone) and found.whole["accuracy"] > sum(alone) / 5 + 0.03
    return Verdict(shown, members=sum(alone) / 5, best=max(alone), together=found.whole["accuracy"], ambiguity=squares["ambiguity"])


@effect("ensemble", "the optimal combination has no larger error than the average on the data that its weights come from")
def optimal_weights(seed: int) -> Verdict:
    found = trained(lesson("ensemble"), seed=10 * seed, combine="optimal").result.ensemble
    assert found is not None
    shown = found.squares["optimal"] <= found.squares["whole"] and abs(sum(found.weights) - 1) < 1e-6
    return Verdict(shown, average=found.squares["whole"], optimal=found.squares["optimal"], held_out_accuracy=found.whole["accuracy"])


@effect("ensemble", "a network with the mean of five networks' weights reads far less than their answers")
def mean_weights_are_a_trap(seed: int) -> Verdict:
    done = trained(lesson("ensemble"), seed=10 * seed)
    run = done.run
    assert isinstance(run, EnsembleRun)
    states = run.states()
    single = trained(lesson("ensemble"), seed=10 * seed, copies=1, epochs=1).run
    single.net.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in single.net.state_dict()})
    mixed = validation(single)["accuracy"]
    return Verdict(mixed < done.accuracy - 0.2, weights=mixed, answers=done.accuracy)
