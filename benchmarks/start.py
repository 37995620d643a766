"""How soon the window is painted, and whether loading torch freezes it. Prints medians against their limits; exit status 1 when one is missed.

    python benchmarks/start.py [--rounds 7]

Each round is a fresh process with a fresh home: from its first instruction until all widgets of the window are painted, and until the first lesson is
drawn on its canvas; the longest gap of a 5 ms timer from the first paint until the engine is ready. The floor is the same for a bare QMainWindow.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAINT_LIMIT, STALL_LIMIT = 0.7, 0.1  # seconds

APP = """
import time
begin = time.perf_counter()
import gc
import json
import sys
gc.disable()  # as main.py does
sys.path.insert(0, {root!r})
from PySide6.QtCore import QTimer
from gui import start
from gui.settings import Settings
seen, stalls, last = {{}}, [], [0.0]
settings = Settings()
application = start.make_application("dark")
from gui import app as app_module
window = app_module.Window(settings)
def note(name):
    seen.setdefault(name, time.perf_counter() - begin)
first_paint = window.after_first_paint  # comes with the first round of events after it, so all widgets are painted
def painted():
    note("window")
    seen["torch"] = "torch" in sys.modules
    first_paint()
window.after_first_paint = painted
def opened():
    app_module.open_first(window, "")
    draw = window.canvas.paintEvent
    def drawn(event):
        draw(event)
        if window.canvas.network.nodes:
            QTimer.singleShot(0, lambda: note("lesson"))
    window.canvas.paintEvent = drawn
window.movedIn.connect(opened)
def beat():
    now = time.perf_counter()
    if "window" in seen and last[0]:
        stalls.append(now - last[0] - 0.005)
    last[0] = now
    if window.furnished and window.bridge.ready:
        note("ready")
        application.quit()
timer = QTimer()
timer.timeout.connect(beat)
timer.start(5)
QTimer.singleShot(60000, application.quit)
window.show()
application.exec()
timer.stop()
print(json.dumps({{"lesson": None, "ready": None, **seen, "stall": max(stalls)}}), flush=True)
app_module.finish(window)
"""

BARE = """
import time
begin = time.perf_counter()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
import json
application = QApplication([])
window = QMainWindow()
window.setCentralWidget(QLabel("bare"))
paint = window.paintEvent
def painted(event):
    paint(event)
    QTimer.singleShot(0, done)
def done():
    print(json.dumps({"paint": time.perf_counter() - begin}), flush=True)
    application.quit()
window.paintEvent = painted
window.show()
application.exec()
"""


def once(code: str, home: str) -> dict[str, float]:
    """One fresh process."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"), "CHAINRULE_HOME": home}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the first round leaves compiled modules to the others, as on any user's machine
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    ours, bare = [], []
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory() as home:
            app, floor = once(APP.format(root=str(ROOT)), home), once(BARE, home)
        if number:  # the first round only warms the disk's cache
            ours.append(app)
            bare.append(floor)
    window, lesson, ready, stall = (statistics.median(row[name] for row in ours) for name in ("window", "lesson", "ready", "stall"))
    floor = statistics.median(row["paint"] for row in bare)
    early = any(row["torch"] for row in ours)
    print(f"window painted       {window:.3f} s   limit {PAINT_LIMIT} s   {window / floor:.2f} x a bare window ({floor:.3f} s)")
    print(f"first lesson in it   {lesson:.3f} s                 {lesson / floor:.2f} x a bare window")
    print(f"engine ready         {ready:.2f} s")
    print(f"longest stall after  {1000 * stall:.0f} ms   limit {1000 * STALL_LIMIT:.0f} ms   (median of the rounds' longest)")
    print(f"torch imported before the first paint: {'yes' if early else 'no'}")
    return int(window > PAINT_LIMIT or stall > STALL_LIMIT or early)


if __name__ == "__main__":
    sys.exit(main())
