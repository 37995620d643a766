"""How long the curves take to follow a run of 80,000 steps: refresh and paint, against a plain polyline of every step. Prints a ratio."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QApplication

from engine.events import Metrics, RunStarted
from gui import theme
from gui.panels.curves import CurvesPanel
from gui.plots import curve_paint

STEPS, CHUNK, ROUNDS = 80_000, 20, 60
LIMIT = 3.0  # ms for refresh, of which the drawing is a part


def columns(start: int, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    steps = np.arange(start, start + count)
    loss = (2.3 * np.exp(-steps / 8_000) + 0.02) * np.exp(rng.normal(0, 0.6, count))
    return {"loss": loss, "accuracy": np.clip(1 - loss / 3, 0, 1), "learning_rate": np.full(count, 0.05), "seconds": steps * 0.0004}


def timed(call: Callable[[], object]) -> float:
    begin = time.thread_time()  # of this thread alone: what else runs on the machine does not count
    call()
    return 1000 * (time.thread_time() - begin)


def main() -> None:
    app = QApplication([])
    theme.use("dark")
    rng = np.random.default_rng(0)
    metrics = Metrics(STEPS + ROUNDS * CHUNK, 100)
    metrics.write_steps(columns(0, STEPS, rng))
    for epoch in range(1, 81):
        metrics.write_validation(step=epoch * 1000, loss=2.3 * np.exp(-epoch / 8) + 0.05, accuracy=1 - np.exp(-epoch / 8), seconds=epoch * 0.4)
    panel = CurvesPanel()
    panel.resize(636, 250)
    panel.set_run(RunStarted("benchmark", "", metrics, STEPS, 1000, 80, "cpu", classes=10), loss_name="cross-entropy")
    panel.show()
    app.processEvents()
    idle = statistics.median(timed(panel.refresh) for _ in range(ROUNDS))
    update, paint, plain = [], [], []
    for _ in range(ROUNDS):
        metrics.write_steps(columns(metrics.count, CHUNK, rng))
        update.append(timed(panel.draw))
        paint.append(timed(app.processEvents))
        plain.append(timed(lambda: every_step(panel)))
    refresh, drawing, floor = (statistics.median(values) for values in (update, paint, plain))
    print(f"{STEPS:,} steps, medians of {ROUNDS}, ms of the window's thread")
    print(f"nothing new            {idle:8.3f} ms")
    print(f"refresh, {CHUNK} new steps  {refresh:8.3f} ms")
    print(f"drawing both plots     {drawing:8.3f} ms   (p95 {np.percentile(paint, 95):.3f})")
    print(f"polyline of every step {floor:8.3f} ms   for one line of one plot")
    print(f"ratio to that          {(refresh + drawing) / floor:8.3f}")
    print(f"within {LIMIT} ms: {'yes' if refresh <= LIMIT else 'no'} (refresh), {'yes' if drawing <= LIMIT else 'no'} (drawing)")


def every_step(panel: CurvesPanel) -> None:
    """What is avoided: one smoothed line with all its points."""
    picture = panel.loss.picture()
    assert picture is not None
    values = picture.data.columns["loss"].smooth.values
    image = QImage(400, 250, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.current().color("train"), 1))
    rows = np.arange(len(values), dtype=float)
    painter.drawPolyline(curve_paint.polygon(picture.x.px(picture.data.x_of(rows, "step")), picture.y.px(values)))
    painter.drawPoint(QPointF(0, 0))
    painter.end()


if __name__ == "__main__":
    main()
