"""How long the curves take to follow a run of 80,000 steps: refresh and drawing, against pyqtgraph with every step. Prints a ratio."""

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
from PySide6.QtWidgets import QApplication

from engine.events import Metrics, RunStarted
from gui import theme
from gui.panels.curves import CurvesPanel
from gui.plots.pg import pg

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


def settle(app: QApplication) -> None:
    for _ in range(3):  # drawing may ask for another drawing
        app.processEvents()


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
    every = EveryStep()
    app.processEvents()
    update, paint, plain_update, plain_paint = [], [], [], []
    for _ in range(ROUNDS):
        metrics.write_steps(columns(metrics.count, CHUNK, rng))
        update.append(timed(panel.draw))
        paint.append(timed(lambda: settle(app)))
        plain_update.append(timed(lambda: every.show(metrics, panel)))
        plain_paint.append(timed(lambda: settle(app)))
    refresh, drawing, plain, plain_drawing = (statistics.median(values) for values in (update, paint, plain_update, plain_paint))
    print(f"{STEPS:,} steps, medians of {ROUNDS}, ms of the window's thread")
    print(f"nothing new            {idle:8.3f} ms")
    print(f"refresh, {CHUNK} new steps  {refresh:8.3f} ms")
    print(f"drawing both plots     {drawing:8.3f} ms   (p95 {np.percentile(paint, 95):.3f})")
    print(f"plain setData          {plain:8.3f} ms   every step, measured and smoothed, in both plots")
    print(f"drawing that           {plain_drawing:8.3f} ms")
    print(f"ratio to plain         {(refresh + drawing) / (plain + plain_drawing):8.3f}")
    print(f"within {LIMIT} ms: {'yes' if refresh <= LIMIT else 'no'} (refresh)")
    every.views.close()


class EveryStep:
    """What is avoided: two plots of pyqtgraph that are given all steps each time."""

    def __init__(self) -> None:
        self.views = pg.GraphicsLayoutWidget()
        self.views.resize(636, 250)
        plots = [self.views.addPlot(0, column, enableMenu=False) for column in (0, 1)]
        plots[0].setLogMode(y=True)
        color = theme.current().color("train")
        self.lines = [[plot.plot(pen=pg.mkPen(pen)) for pen in (theme.faded(color, 0.2), color)] for plot in plots]
        self.views.show()

    def show(self, metrics: Metrics, panel: CurvesPanel) -> None:
        assert panel.data is not None
        steps = np.arange(1, metrics.count + 1)
        for name, (raw, smooth) in zip(("loss", "accuracy"), self.lines, strict=True):
            raw.setData(steps, metrics.steps(name))
            smooth.setData(steps, panel.data.columns[name].smooth.values)


if __name__ == "__main__":
    main()
