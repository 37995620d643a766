"""What the window costs a training: the real window, offscreen, against the same training without one. Prints ratios and the 60 Hz timer's lateness.

    python benchmarks/app_overhead.py [--rounds N] [--switch SECONDS] [--bare]

In the app, curves of 80,000 points are live and the filters panel is open on the first layer with weights (`--bare`: the two
panels and the 30 Hz poll alone, without window and canvas). Both sides write a run folder and validate after each epoch;
samples per second are those of the wall clock from the first step to the last, so that pictures count. The lateness of a 60 Hz
timer is measured in a training of its own, since such a timer alone takes one or two per cent of a core. Each training in the app
stands between two without it and is compared with their mean, for a machine that changes its speed does so within seconds. Medians
of the rounds. Exit status 1 when a number misses its bound. Run it on a quiet machine; rounds with a busy neighbour are repeated.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["CHAINRULE_HOME"] = tempfile.mkdtemp(prefix="chainrule-benchmark-")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from engine import library
from engine.events import Metrics, RunStarted
from engine.graph.model import Node, Snapshot, Wire
from engine.train import run as run_module
from engine.train.config import Job
from engine.train.control import Control
from engine.train.loop import train
from gui import theme
from gui.bridge import Bridge
from gui.project import Project

SHOWN = 80_000  # points in the curves
BOUNDS = {"LeNet": 0.95, "tiny MLP": 0.80}
LATE = 6.0  # ms at p99
HERTZ = 60
QUIET = 0.15  # of a core: a round during which other processes took more is repeated
PATIENCE = 60  # repetitions in all


def lenet() -> Snapshot:
    snapshot = library.read("lenet-mnist")
    return replace(snapshot, recipe=replace(snapshot.recipe, device="cpu", epochs=12))


def tiny() -> Snapshot:
    """784-32-10: steps of about 0.4 ms."""
    layers = (Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 32}), Node("relu1", "relu"), Node("fc2", "linear", {"out_features": 10}))
    chain = ["flatten1", "fc1", "relu1", "fc2"]
    wires = [Wire(a, "out", b, "x") for a, b in pairwise(chain)]
    wires += [Wire("mnist1", "image", "flatten1", "x"), Wire("fc2", "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    recipe = replace(lenet().recipe, learning_rate=0.02, epochs=120)
    return Snapshot((Node("mnist1", "mnist5k"), *layers, Node("loss1", "cross_entropy")), tuple(wires), recipe=recipe)


NETWORKS = {"LeNet": (lenet, "conv1"), "tiny MLP": (tiny, "fc1")}  # and the layer whose filters are open


class LongMetrics(Metrics):
    """A store that begins with 80,000 measured points, as after a long training."""

    def __init__(self, steps: int, validations: int, **more: object) -> None:
        super().__init__(steps + SHOWN, validations, **more)
        at = np.arange(SHOWN)
        loss = (2.3 * np.exp(-at / 8_000) + 0.02) * np.exp(np.random.default_rng(0).normal(0, 0.6, SHOWN))
        self.write_steps({"loss": loss, "accuracy": np.clip(1 - loss / 3, 0, 1), "learning_rate": np.full(SHOWN, 0.05), "seconds": at * 0.0004})


class Clock(Control):
    """Takes the time from the first step to the end."""

    begun = ended_at = 0.0

    def started(self, run: run_module.Run) -> None:
        self.begun = time.perf_counter()

    def ended(self, run: run_module.Run | None, reason: str, message: str) -> None:
        self.ended_at = time.perf_counter()
        self.samples = run.samples


class Neighbours:
    """Counts what other processes take of the processor meanwhile (Linux; elsewhere nothing is known and 0 is assumed)."""

    def __enter__(self) -> Neighbours:
        self.wall, self.own, self.all = time.perf_counter(), time.process_time(), busy_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        others = (busy_seconds() - self.all) - (time.process_time() - self.own)
        self.share = max(0.0, others) / (time.perf_counter() - self.wall)  # of one core


def busy_seconds() -> float:
    """Seconds that all processors together have worked since the start of the machine."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    return sum(int(fields[k]) for k in (0, 1, 2, 5, 6, 7)) / os.sysconf("SC_CLK_TCK")


def trained(snapshot: Snapshot) -> float:
    """Samples per second of the wall clock, trained in this thread with nobody watching."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        train(Job(snapshot=snapshot, folder=folder), clock)
    return clock.samples / (clock.ended_at - clock.begun)


class Alone:
    """The same training in a process of its own: torch keeps a set of threads per training thread, and a second set slows both down."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, __file__, "--alone"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def train(self, name: str) -> tuple[float, float]:
        """Samples per second, and the neighbours' share."""
        print(name, file=self.process.stdin, flush=True)
        speed, share = self.process.stdout.readline().split()
        return float(speed), float(share)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)


def serve_alone() -> int:
    """What `Alone` runs: a name in, samples per second out."""
    trained(NETWORKS["tiny MLP"][0]())  # first use of everything
    for line in sys.stdin:
        with Neighbours() as neighbours:
            speed = trained(NETWORKS[line.strip()][0]())
        print(speed, neighbours.share, flush=True)
    return 0


class App:
    """The window with its session, or the two panels alone; measures the lateness of a 60 Hz timer while a run goes on."""

    def __init__(self, *, bare: bool) -> None:
        self.window = None
        if bare:
            self.make_bare()
        else:
            from gui.window import Window

            self.window = Window()
            self.window.furnish()
            self.project, self.bridge = self.window.project, self.window.bridge
            self.window.show()
        self.late: list[float] = []
        self.due = 0.0
        self.timer = QTimer(self.bridge, interval=round(1000 / HERTZ), timerType=Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.beat)
        if bare:
            self.bridge.set_visible(True)
            self.bridge.start()
        self.wait(lambda: self.bridge.ready is not None)

    def make_bare(self) -> None:
        from gui.panels.curves import CurvesPanel
        from gui.panels.filters import FiltersPanel

        self.project = Project()
        self.bridge = Bridge(self.project)
        self.curves, self.filters = CurvesPanel(), FiltersPanel()
        for panel, size in ((self.curves, (900, 260)), (self.filters, (420, 300))):
            panel.resize(*size)
            panel.show()
        self.bridge.watch("filters", self.filters)
        self.bridge.runStarted.connect(lambda run: self.curves.set_run(run))
        self.bridge.ticked.connect(lambda: self.curves.take_turn(self.bridge.pace.grant))

    def beat(self) -> None:
        now = time.perf_counter()
        if self.due:
            self.late.append(max(0.0, now - self.due))
        self.due = now + self.timer.interval() / 1000

    def wait(self, done: object, seconds: float = 120.0) -> None:
        end = time.monotonic() + seconds
        loop = QEventLoop()
        check = QTimer(interval=250)  # seldom: what it costs would count as the window's
        check.timeout.connect(lambda: (done() or time.monotonic() > end) and loop.quit())  # type: ignore[operator]
        check.start()
        loop.exec()
        check.stop()

    def open(self, snapshot: Snapshot, node: str) -> None:
        """Shows the document with its filters panel open on `node`."""
        self.project.replace(snapshot)
        if self.window is not None:
            for name in ("filters", "curves"):
                self.window.docks[name].show()
                self.window.docks[name].raise_()
            self.window.canvas.select([node])
        else:
            from engine.layers import registry

            self.filters.set_node(node, registry.of(snapshot.node(node)))
        generation = self.bridge.generation
        self.wait(lambda: self.bridge.analysis is not None and self.bridge.analysis.generation >= generation)
        self.wait(lambda: False, 0.6)  # thumbnails, first pictures

    def train(self, snapshot: Snapshot, *, timed: bool = False) -> tuple[float, float, float]:
        """Samples per second, the lateness at p99 of a 60 Hz timer in ms (0 without one), and the probes' share."""
        seen: list[RunStarted] = []
        times: dict[str, float] = {}
        post = self.bridge.session.bus.post

        def noting(event: object) -> None:  # in the engine thread: the wall clock at the very moment
            if isinstance(event, RunStarted):
                times["begin"] = time.perf_counter()
                seen.append(event)
            elif getattr(event, "state", "") == "ended":
                times["end"] = time.perf_counter()
            post(event)

        self.bridge.session.bus.post = noting  # type: ignore[method-assign]
        self.late, self.due = [], 0.0
        wall, own = time.perf_counter(), time.thread_time()
        with tempfile.TemporaryDirectory() as folder:
            self.bridge.command(lambda: self.bridge.session.start(snapshot, folder))
            self.wait(lambda: "begin" in times)
            if timed:
                self.timer.start()
            self.wait(lambda: "end" in times and not self.bridge.session.busy)
            self.timer.stop()
        self.own = (time.thread_time() - own) / (time.perf_counter() - wall)
        self.bridge.session.bus.post = post  # type: ignore[method-assign]
        steps = seen[0].metrics.count - SHOWN
        samples = steps * 4000 / seen[0].steps_per_epoch
        share = self.bridge.session.progress.probe_share
        return samples / (times["end"] - times["begin"]), 1000 * float(np.percentile(self.late or [0.0], 99)), share

    def close(self) -> None:
        if self.window is None:
            self.bridge.close()
            return
        self.wait(lambda: not self.window.training.active)  # else it asks whether the run may end
        self.window.close()


def measure(app: App, alone: Alone, name: str, rounds: int) -> bool:
    """Prints the numbers of one network; whether all are within their bounds."""
    make, node = NETWORKS[name]
    snapshot = make()
    app.open(snapshot, node)
    free, inside, late, shares, own = [], [], [], [], []
    repeated = 0
    while len(free) < rounds:
        first, before = alone.train(name)
        with Neighbours() as neighbours:
            speed, _, share = app.train(snapshot)
            used = app.own
        second, after = alone.train(name)
        p99 = app.train(snapshot, timed=True)[1]
        if max(before, neighbours.share, after) > QUIET and repeated < PATIENCE:
            repeated += 1
            app.wait(lambda: False, 1.0)
            continue
        free.append((first + second) / 2)
        inside.append(speed)
        late.append(p99)
        shares.append(share)
        own.append(used)
    ratios = [a / b for a, b in zip(inside, free, strict=True)]
    ratio = statistics.median(ratios)
    p99 = statistics.median(late)
    speeds = f"headless {statistics.median(free):8,.0f} samples/s   in the app {statistics.median(inside):8,.0f}"
    print(f"{name:9} {speeds}   ratio {ratio:.3f} (at least {BOUNDS[name]}; rounds {min(ratios):.2f}-{max(ratios):.2f})   {repeated} rounds repeated")
    print(f"{'':9} 60 Hz timer late at p99 {p99:.1f} ms (at most {LATE})   GUI thread {100 * statistics.median(own):.1f} % of a core", end="")
    print(f"   probes {100 * statistics.median(shares):.1f} %", flush=True)
    return ratio >= BOUNDS[name] and p99 <= LATE


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--switch", type=float, default=0.0, help="another switch interval of the interpreter, in seconds")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--only", choices=list(NETWORKS))
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        return serve_alone()
    run_module.Metrics = LongMetrics  # type: ignore[misc]
    application = QApplication(["chainrule"])
    theme.use("dark")
    app, alone = App(bare=options.bare), Alone()
    if options.switch:
        sys.setswitchinterval(options.switch)
    print(f"{'window' if app.window else 'two panels'}, switch interval {1000 * sys.getswitchinterval():.2f} ms, {options.rounds} rounds, {SHOWN:,} points")
    fine = [measure(app, alone, name, options.rounds) for name in NETWORKS if options.only in (None, name)]
    alone.close()
    app.close()
    application.processEvents()
    return 0 if all(fine) else 1


if __name__ == "__main__":
    raise SystemExit(main())
