"""Lets the tests of lessons use the bench of benchmarks/effects, so that both open, change and train lessons in one way."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
