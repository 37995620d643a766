"""pyqtgraph takes a fifth of a second to load: nothing that the first paint needs may ask for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CODE = """
import sys
import gui.app, gui.furnish
from gui.panels.registry import PANELS, factory
for panel in PANELS:
    if panel.eager:
        factory(panel)
early = "pyqtgraph" in sys.modules
hook = sys.excepthook
import gui.panels.curves
print(early, "pyqtgraph" in sys.modules, sys.excepthook is hook)
"""


def test_the_window_and_its_eager_panels_load_no_plots():
    done = subprocess.run([sys.executable, "-W", "error", "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "True", "True"]
