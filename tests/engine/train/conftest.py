"""Trains with one thread in these tests: beside other busy programs several threads wait for each other, and nothing here needs speed."""

from __future__ import annotations

import pytest

from engine.train import setup


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "threads_for", lambda macs: 1)
