"""How torch's threads are told to wait for each other: before it is loaded, and never against the user's own word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("given", "told"), [(None, "1000"), ("77", "77")])
def test_threads_sleep_after_a_short_spin_unless_the_user_says_otherwise(given: str | None, told: str):
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"} | ({"GOMP_SPINCOUNT": given} if given else {})
    code = "import sys, engine.session, os; assert 'torch' not in sys.modules; print(os.environ['GOMP_SPINCOUNT'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == told
