"""torch is loaded beside a living window, in a fresh process that beats 60 times a second. benchmarks/start.py measures how long it stalls."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

from engine.warm import calm_import

ROOT = Path(__file__).parents[3]
HEARTBEAT = """
import json, sys, time
import numpy  # the window has it already
from engine.events import EngineReady
from engine.session import Session
session = Session()
beats, ready, end = 0, None, time.perf_counter() + 60
session.warm()
while ready is None and time.perf_counter() < end:
    time.sleep(1 / 60)
    beats += 1
    ready = next((event for event in session.poll() if isinstance(event, EngineReady)), None)
assert ready is not None and "torch" in sys.modules
print(json.dumps({"beats": beats, "devices": ready.devices, "label": ready.label}))
assert session.close()
"""


def test_torch_is_loaded_while_the_window_goes_on() -> None:
    done = subprocess.run([sys.executable, "-c", HEARTBEAT], check=True, cwd=ROOT, timeout=100, capture_output=True, text=True)
    result = json.loads(done.stdout)
    assert result["beats"] > 10 and "cpu" in result["devices"]
    assert "thread" in result["label"] or "cuda" in result["devices"]


def test_a_calm_import_leaves_the_interpreter_as_it_was() -> None:
    interval = sys.getswitchinterval()
    assert gc.isenabled()
    with calm_import(fresh=False):
        assert not gc.isenabled() and sys.getswitchinterval() < interval
    assert gc.isenabled() and abs(sys.getswitchinterval() - interval) < 1e-6


def test_training_steps_back_behind_the_window() -> None:
    code = "import os, sys, threading\nfrom engine.train.worker import NICE, SWITCH, give_way\n"
    code += "before = os.getpriority(os.PRIO_PROCESS, 0)\nseen = []\n"
    code += "def body():\n    give_way()\n    seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))\n"
    code += "thread = threading.Thread(target=body)\nthread.start()\nthread.join()\n"
    code += "assert seen == [max(NICE, before)] and os.getpriority(os.PRIO_PROCESS, 0) == before\n"
    code += "assert abs(sys.getswitchinterval() - SWITCH) < 1e-6\n"
    if sys.platform == "linux":
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=100)
