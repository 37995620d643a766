"""torch is loaded beside a living window: the stall is measured in a fresh process with a 60 Hz heartbeat in the main thread."""

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
late, ready, end = [], None, time.perf_counter() + 60
session.warm()
while ready is None and time.perf_counter() < end:
    due = time.perf_counter() + 1 / 60
    time.sleep(1 / 60)
    late.append(time.perf_counter() - due)
    ready = next((event for event in session.poll() if isinstance(event, EngineReady)), None)
assert ready is not None and "torch" in sys.modules
print(json.dumps({"worst": max(late), "beats": len(late), "devices": ready.devices, "label": ready.label}))
assert session.close()
"""
FROZEN_LIMIT = 0.100  # seconds; what the window may stand still
TRIES = 3  # the machine may be busy with something else: the best of them counts


def test_loading_torch_never_freezes_the_window_for_100_ms() -> None:
    results = []
    for _ in range(TRIES):
        done = subprocess.run([sys.executable, "-c", HEARTBEAT], check=True, cwd=ROOT, timeout=100, capture_output=True, text=True)
        results.append(json.loads(done.stdout))
        if results[-1]["worst"] <= FROZEN_LIMIT:
            break
    assert min(result["worst"] for result in results) <= FROZEN_LIMIT, results
    assert results[-1]["beats"] > 10 and "cpu" in results[-1]["devices"]
    assert "thread" in results[-1]["label"] or "cuda" in results[-1]["devices"]


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
