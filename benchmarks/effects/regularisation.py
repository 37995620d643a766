"""Effects of optimizers, schedules, decay, dropout, and of watching: items 83 to 86 and 89."""

from __future__ import annotations

from effects.lab import accuracy, bypassed, lesson, trained
from effects.table import Verdict, effect

DROPS = ("drop1", "drop2", "drop3")


@effect("baby-sitting", "the validation loss turns up while the training loss falls to zero", quick=True)
def the_loss_turns_up(seed: int) -> Verdict:
    done = trained(lesson("baby-sitting"), seed=seed)
    losses, right = done.run.metrics.validations("loss"), done.run.metrics.validations("accuracy")
    turn = int(losses.argmin()) + 1
    shown = turn <= 15 and losses[-1] > 1.25 * losses.min() and done.losses[-7:].mean() < 0.05 and right[-1] < right.max() - 0.04
    return Verdict(shown, turn=turn, best=losses.min(), last=losses[-1], best_accuracy=right.max(), last_accuracy=right[-1])


@effect("baby-sitting", "with true labels the validation loss hardly turns up")
def true_labels(seed: int) -> Verdict:
    losses = trained(lesson("baby-sitting", params={"mnist1": {"wrong_labels": 0.0}}), seed=seed).run.metrics.validations("loss")
    return Verdict(losses[-1] < 1.25 * losses.min() and losses[-1] < 0.65, best=losses.min(), last=losses[-1])


@effect("weight-decay", "decay keeps the weights short, and unseen digits gain")
def short_weights(seed: int) -> Verdict:
    kept, free = trained(lesson("weight-decay"), seed=seed), trained(lesson("weight-decay"), seed=seed, weight_decay=0.0)
    lengths = [float(done.weight("fc1").norm()) for done in (kept, free)]
    shown = lengths[0] < lengths[1] / 2 and kept.accuracy > free.accuracy + 0.02 and kept.validation_loss < free.validation_loss
    return Verdict(shown, decay=kept.accuracy, none=free.accuracy, decay_norm=lengths[0], norm=lengths[1])


@effect("dropout", "with dropout more unseen digits are read, and fewer labels learned by heart")
def dropout_helps(seed: int) -> Verdict:
    kept, free = trained(lesson("dropout"), seed=seed), trained(lesson("dropout", bypassed(*DROPS)), seed=seed)
    gaps = [done.result.train["accuracy"] - done.accuracy for done in (kept, free)]
    return Verdict(kept.accuracy > free.accuracy + 0.02 and gaps[0] < gaps[1], dropout=kept.accuracy, none=free.accuracy, gap=gaps[0], gap_without=gaps[1])


@effect("optimizers", "plain gradient descent stays on the plateau that momentum and Adam leave")
def off_the_plateau(seed: int) -> Verdict:
    plain, momentum = (accuracy(lesson("optimizers"), seed=seed, optimizer="sgd", learning_rate=0.05, momentum=share) for share in (0.0, 0.9))
    adam, rms = accuracy(lesson("optimizers"), seed=seed), accuracy(lesson("optimizers"), seed=seed, optimizer="rmsprop", learning_rate=0.01, momentum=0.0)
    ada = accuracy(lesson("optimizers"), seed=seed, optimizer="adagrad", learning_rate=0.1)
    shown = plain < 0.75 and min(momentum, adam, rms, ada) > 0.9
    return Verdict(shown, plain=plain, momentum=momentum, adagrad=ada, rmsprop=rms, adam=adam)


@effect("schedules", "a rate that falls beats the same rate that stays")
def a_falling_rate(seed: int) -> Verdict:
    names = ("constant", "step", "cosine", "one_cycle", "warmup_cosine")
    found = {name: accuracy(lesson("schedules"), seed=seed, schedule=name, step_epochs=3) for name in names}
    return Verdict(found["cosine"] > found["constant"] + 0.01 and found["warmup_cosine"] > found["constant"] + 0.01, **found)
