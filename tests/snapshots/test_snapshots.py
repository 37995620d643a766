"""What the main views look like, pinned as small pictures. Fixed arrays go in through the public setters: nothing trains, nothing moves.

After a wanted change of the look, draw the references anew, look at them, and commit them:

    CHAINRULE_SNAPSHOTS=write QT_QPA_PLATFORM=offscreen python -m pytest tests/snapshots
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pinned import MEAN, SHARE, check, difference
from PySide6.QtWidgets import QWidget

from engine import library
from engine.events import Analysis, EpochDone, Evaluation, Metrics, NodeFacts, ProbeRequest, ProbeResult, RunStarted, Source
from engine.graph.edits import toggle_bypass
from engine.graph.problem import ERROR, Problem
from engine.layers import registry
from gui import theme
from gui.editor.view import Canvas
from gui.project import Project

Show = Callable[..., QWidget]
PEAKS = np.exp(-((np.indices((28, 28)) - 14) ** 2).sum(0) / 60).astype(np.float32)  # a soft spot in the middle
DIGITS = tuple("0123456789")


def waves(count: int, height: int, width: int) -> np.ndarray:
    """`count` different pictures in -1..1."""
    k, y, x = np.indices((count, height, width))
    return np.sin(0.9 * k + 6 * y / height * (k % 3 + 1) / 3 + 5 * x / width * (k % 4 + 1) / 4).astype(np.float32)


def canvas_of(name: str, show: Show, *, problems: tuple[Problem, ...] = ()) -> Canvas:
    """A lesson with made-up shapes and pictures."""
    canvas = Canvas(Project(library.read(name)), motion=False)
    show(canvas, 1120, 620)
    facts = {
        node.id: NodeFacts({}, {"out": (64, 16, 28, 28), "image": (64, 1, 28, 28), "label": (64,)}, {}, 416 * (index + 1), 10_000 * 3**index, 4_000 * 2**index)
        for index, node in enumerate(canvas.snapshot().nodes)
    }
    canvas.set_analysis(Analysis(1, facts, problems, Source()))
    pictures = {"conv2d": waves(16, 5, 5), "relu": np.abs(waves(8, 14, 14)), "linear": waves(1, 40, 60)[0]}
    canvas.set_thumbnails({node.id: pictures[node.type] for node in canvas.snapshot().nodes if node.type in pictures})
    canvas.show_minimap(True)
    canvas.frame_all(glide=False)
    return canvas


@pytest.fixture
def pin(tmp_path: Path) -> Callable[[QWidget, str], None]:
    return lambda widget, name: check(widget, name, tmp_path)


@pytest.fixture
def closing():
    """Canvases that let go of their projects at the end."""
    made: list[Canvas] = []
    yield made
    for canvas in made:
        canvas.close_canvas()


@pytest.mark.parametrize("name", theme.NAMES)
def test_canvas(show: Show, pin, closing, name: str):
    theme.use(name)
    closing.append(canvas_of("lenet-mnist", show))
    pin(closing[0], f"canvas-{name}")


def test_canvas_with_selection_error_and_bypass(show: Show, pin, closing):
    wrong = Problem(ERROR, "needs-features", "Linear needs one row of features per sample.", node="fc1", port="x")
    canvas = canvas_of("lenet-mnist", show, problems=(wrong,))
    closing.append(canvas)
    canvas.push("Bypass relu1", toggle_bypass(canvas.snapshot(), ["relu1"]))
    canvas.select(["conv1"])
    pin(canvas, "canvas-states")


def test_canvas_with_heat(show: Show, pin, closing):
    closing.append(canvas_of("lenet-mnist", show))
    closing[0].heat.show_quantity("macs")
    pin(closing[0], "canvas-heat")


@pytest.mark.parametrize("name", theme.NAMES)
def test_canvas_from_afar(show: Show, pin, closing, name: str):
    theme.use(name)
    closing.append(canvas_of("alexnet-32", show))
    closing[0].zoom_to(30)
    pin(closing[0], f"canvas-afar-{name}")


def test_empty_canvas(show: Show, pin, closing):
    canvas = Canvas(Project(), motion=False)
    closing.append(canvas)
    pin(show(canvas, 1120, 620), "canvas-empty")


def test_filters(show: Show, pin):
    from gui.panels.filters import LIMIT, FiltersPanel

    panel = show(FiltersPanel(), 431, 250)
    panel.set_node("conv1", registry.find("conv2d"))
    info = {"total": 16, "channels": 1, "min": -1.0, "max": 1.0, "every": (1, 1), "step": 662, "moved": 0.35}
    panel.show_result(ProbeResult("filters", ProbeRequest("filters", "conv1", limit=LIMIT), 662, {"weight": waves(16, 5, 5)[:, None]}, info))
    pin(panel, "filters")


def test_activations(show: Show, pin):
    from gui.panels.activations import LIMIT, ActivationsPanel

    panel = show(ActivationsPanel(), 533, 250)
    panel.set_node("relu1", registry.find("relu"))
    info = {"what": "activation maps", "total": 16, "min": 0.0, "max": 1.0, "index": 517, "label": 5, "label_name": "5", "samples": 1000}
    arrays = {"output": np.maximum(waves(16, 14, 14), 0), "input": PEAKS[None]}
    panel.show_result(ProbeResult("activations", ProbeRequest("activations", "relu1", sample=517, limit=LIMIT), 662, arrays, info))
    pin(panel, "activations")


def test_evaluation(show: Show, pin):
    from gui.panels.evaluation import EvaluationPanel

    panel = show(EvaluationPanel(), 431, 250)
    counts = 90 * np.eye(10, dtype=np.int64) + np.arange(100).reshape(10, 10) % 4
    found = np.diag(counts) / counts.sum(1)
    worth = Evaluation("loss1", "classification", {"accuracy": 0.94, "top5": 1.0}, DIGITS, counts, {"accuracy": found})
    panel.take(EpochDone("made-up", 3, 60, {"loss": 0.5}, True, (worth,)))
    panel.refresh()
    pin(panel, "evaluation")


@pytest.mark.parametrize("name", theme.NAMES)
def test_curves(show: Show, pin, name: str):
    from gui.panels.curves import CurvesPanel

    theme.use(name)
    panel = show(CurvesPanel(), 636, 250)
    at = np.arange(200)
    loss = 2.3 * np.exp(-at / 60) + 0.02 + 0.01 * np.sin(at)
    metrics = Metrics(400, 10)
    metrics.write_steps({"loss": loss, "accuracy": 1 - loss / 3, "learning_rate": np.full(200, 0.05), "seconds": (at + 1) * 0.5})
    for step, value in zip(range(40, 201, 40), (1.5, 0.8, 0.4, 0.2, 0.3), strict=True):
        metrics.write_validation(step=step, loss=value, accuracy=1 - value / 3, seconds=step * 0.5)
    panel.set_run(RunStarted("made-up", "", metrics, 400, 40, 10, "cpu", classes=10), loss_name="cross-entropy")
    panel.refresh()
    pin(panel, f"curves-{name}")


def test_views(show: Show, pin):
    from gui.panels.views import ViewsPanel

    panel = show(ViewsPanel(), 900, 330)
    panel.set_wanted(True)
    alone = np.tile(np.array([0.1, 0.8, 0.1], np.float32), (12, 1))
    arrays = {"views": np.abs(waves(12, 16, 16))[:, None], "alone": alone, "scores": alone[0], "won": np.arange(12, dtype=np.float32)}
    info = {
        "views": 12, "apart": False, "first": -1, "pools": ("pool1",), "pool": "pool1", "how": "max", "angles": tuple(30.0 * k for k in range(12)),
        "elevation": 30.0, "features": 66, "ties": 8, "index": 4, "label": 1, "label_name": "chair", "samples": 100, "predicted": 1,
        "predicted_name": "chair", "class_names": ("bottle", "chair", "cup"), "classes": 3, "probabilities": True, "origin": "softmax of the output",
    }  # fmt: skip
    panel.show_result(ProbeResult("views", ProbeRequest("views", sample=4), 24, arrays, info))
    pin(panel, "views")


def test_segmentation(show: Show, pin):
    from gui.panels.segmentation import SegmentationPanel

    panel = show(SegmentationPanel(), 700, 260)
    panel.set_wanted(True)
    truth, said = np.zeros((24, 24), np.float32), np.zeros((24, 24), np.float32)
    truth[4:14, 4:14], said[4:14, 6:16], truth[16:20], said[16:20] = 1, 1, 2, 2
    chances = np.stack([np.where(said == k, 0.9, 0.05) for k in range(3)]).astype(np.float32)
    arrays = {"truth": truth, "prediction": said, "probability": chances, "input": PEAKS[None, 2:26, 2:26]}
    info = {
        "classes": 3, "class_names": ("background", "digit", "line"), "picked": 1, "whole": True, "every": 1, "probabilities": True,
        "origin": "softmax of the output", "height": 24, "width": 24, "finite": True, "ignored": 0, "accuracy": 0.93, "iou": (0.9, 0.67, 1.0),
        "mean_iou": 0.86, "index": 3, "label": -1, "label_name": "", "samples": 25, "output": "conv2",
    }  # fmt: skip
    panel.show_result(ProbeResult("segmentation", ProbeRequest("segmentation", sample=3, query=1), 40, arrays, info))
    pin(panel, "segmentation")


def test_problems(show: Show, pin):
    from gui.panels.problems import ProblemsPanel

    panel = show(ProblemsPanel(), 636, 250)
    panel.set_snapshot(library.read("lenet-mnist"))
    shapes = Problem(ERROR, "needs-features", "Linear needs one row of features per sample, got C32 H5 W5.", node="fc1")
    panel.set_problems([shapes, Problem("warning", "bias-before-norm", "A bias before BatchNorm2d does nothing.", node="conv1")])
    pin(panel, "problems")


def test_shortcuts(show: Show, pin):
    from gui.actions import ACTIONS
    from gui.dialogs.pages import Shortcuts

    pin(show(Shortcuts(ACTIONS, None), 780, 700), "shortcuts")


def test_a_small_change_passes_and_a_moved_panel_does_not():
    kept = np.zeros((100, 100, 3), np.int16)
    soft, moved = kept + 1, kept.copy()
    moved[20:60, 20:60] = 200
    assert all(value <= limit for value, limit in zip(difference(kept, soft), (MEAN, SHARE), strict=True))
    assert all(value > limit for value, limit in zip(difference(kept, moved), (MEAN, SHARE), strict=True))
    assert math.isclose(difference(kept, moved)[1], 0.16)
