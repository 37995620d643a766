"""The training loop: epochs, steps, validation, and how a run ends. No threads, no GUI, no files of its own; one page."""

from __future__ import annotations

import gc
import logging
import math
from dataclasses import asdict
from time import perf_counter

import torch

from engine.data.catalog import LoadingStopped
from engine.graph.problem import Problem
from engine.train import diagnose, runs, transfer
from engine.train.config import Job, Result, TrainingError
from engine.train.control import Control
from engine.train.diagnose import Diverged
from engine.train.evaluate import evaluate, training_means
from engine.train.run import SAVE_EVERY, SAVE_REST, Run, Tensors
from engine.train.setup import prepare

LOG = logging.getLogger(__name__)


def train(job: Job, control: Control | None = None) -> Result:
    """Trains `job` to its end. Never raises for what a document, a recipe, a disk or a device can do: the result says how it ended."""
    control = control or Control()
    run: Run | None = None
    problem: Problem | None = None
    threads = torch.get_num_threads()
    try:
        run = prepare(job, control)
        control.started(run)
        tell(run, control)
        reason = "finished" if epochs(run, control) else "stopped"
    except LoadingStopped:
        reason = "stopped"
    except Diverged as event:
        reason, problem = "diverged", diagnose.diverged(run, event)
    except TrainingError as error:
        reason, problem = "failed", error.problem
    except Exception as error:
        LOG.info("training failed", exc_info=True)
        reason, problem = "failed", diagnose.raised(error, job.snapshot, source=run.source if run else job.source)
    finally:
        torch.set_num_threads(threads)
    return conclude(run, control, reason=reason, problem=problem)


def epochs(run: Run, control: Control) -> bool:
    """Trains epoch after epoch; False when the control stopped it."""
    if run.stages and not run.step:  # what the loaded weights are worth before they learn
        finish_epoch(run, control)
    while run.step < run.steps or run.offset:
        if run.held:
            transfer.hold(run)
        if not steps(run, control):
            run.flush()
            run.save()
            return False
        whole = run.offset == run.steps_per_epoch
        if whole:
            run.epochs_done += 1
            run.offset = 0
        finish_epoch(run, control)
        if not whole:
            break
    return True


def steps(run: Run, control: Control) -> bool:
    """The steps of the current epoch that are still to do; False when the control stopped it."""
    for index in run.batches():
        if run.step >= run.steps:
            return True
        began = perf_counter()
        run.prepare_step()
        inputs = gradients(run, index)
        if run.recipe.clip_norm:
            run.clip()
        control.after_backward(run)
        run.optimizer.step()
        if run.advance(len(index), began):
            control.metrics_flushed(run)
            if not run.losses_finite:
                raise Diverged(inputs, math.nan)
            if perf_counter() - run.saved_at > SAVE_EVERY:
                run.save()
                tell(run, control)
        if not control.between_steps(run):
            return False
    return True


def gradients(run: Run, index: torch.Tensor) -> Tensors:
    """Fills the gradients of one step, batch by batch where several make one; returns the last arguments of forward."""
    inputs: Tensors = []
    for part, share in run.parts(index):
        inputs, targets = run.fetch(run.dataset.train, part)
        output = run.answer(inputs)
        run.boost_sums(1 / share)
        loss = run.loss(output, *targets)
        if share != 1:
            loss = loss * share
        if not run.meter.add(loss, output, targets, share=share):
            raise Diverged(inputs, loss.item())
        loss.backward()
    return inputs


def finish_epoch(run: Run, control: Control) -> None:
    """Validates, keeps the best weights, and writes a checkpoint unless one was written a moment ago."""
    run.flush()
    control.metrics_flushed(run)
    row = (run.evaluator or evaluate)(run)
    loss = row.get("loss", math.inf)
    if row and not math.isfinite(loss):
        some = torch.arange(min(len(run.dataset.validation), 8), device=run.dataset.validation.x.device)
        raise Diverged(run.fetch(run.dataset.validation, some)[0], loss)
    best = not row or loss < run.best_loss
    if best:
        run.best_loss = loss
        run.keep_best()
    if row:
        run.metrics.write_validation(**row)
        if run.record is not None:
            run.guarded(lambda: run.record.add_validation(run.epochs_done, row, run.evaluations), "metrics")
    if run.record is not None and (run.epochs_done == 1 or run.step >= run.steps or perf_counter() - run.saved_at > SAVE_REST):
        run.save()
    control.epoch_done(run, row, best)
    tell(run, control)


def tell(run: Run, control: Control) -> None:
    """Passes on what came up on the way."""
    for notice in run.notices[run.told :]:
        control.noticed(notice)
    run.told = len(run.notices)


def conclude(run: Run | None, control: Control, *, reason: str, problem: Problem | None) -> Result:
    """Closes the record, tells the control, and sums up."""
    message = problem.message if problem else ""
    if run is None:
        result = Result(reason, message, problem)
    else:
        run.flush()
        control.metrics_flushed(run)
        run.save_best()
        last = run.metrics.validation_count - 1
        names = ("loss", "accuracy") if run.accuracy else ("loss",)
        validation = {name: float(run.metrics.validations(name)[last]) for name in names} if last >= 0 else {}
        result = Result(
            reason, message, problem, run.folder, run.step, run.epochs_done, run.seconds, run.overall_speed, training_means(run), validation,
            str(run.device), run.evaluations, run.ensemble,
        )  # fmt: skip
        if run.record is not None:
            run.guarded(lambda: run.record.end(summary(result)), "metrics")
        tell(run, control)
    if problem is not None:
        control.noticed(problem)
    if problem is not None and problem.code == "out-of-memory":
        free_memory(run)
    control.ended(run, reason, message)
    return result


def free_memory(run: Run | None) -> None:
    """Gives back what a failed batch held, so that a smaller one fits."""
    for weight in run.weights if run else ():
        weight.grad = None
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def summary(result: Result) -> dict[str, object]:
    """The result as the command line and the run folder print it."""
    return {
        "run": result.folder,
        "reason": result.reason,
        "message": result.message,
        "device": result.device,
        "steps": result.steps,
        "epochs": result.epochs,
        "seconds": round(result.seconds, 3),
        "samples_per_second": round(result.samples_per_second, 1),
        "train": result.train or {},
        "validation": result.validation or {},
        "metrics": [runs.evaluation_facts(evaluation) for evaluation in result.evaluations],
        **({"ensemble": asdict(result.ensemble)} if result.ensemble else {}),
    }
