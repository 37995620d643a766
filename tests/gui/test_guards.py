"""Tests of the guards themselves: each of them can fail."""

from __future__ import annotations

import gc

from PySide6.QtCore import QTimer, qWarning
from PySide6.QtWidgets import QWidget


def test_running_timers_sees_a_timer(app):
    from leftovers import running_timers

    timer = QTimer()
    timer.start(1000)
    assert timer in running_timers()
    timer.stop()
    assert timer not in running_timers()


def test_top_levels_sees_a_hidden_widget(app):
    from leftovers import tidy_up, top_levels

    widget = QWidget()
    assert widget in top_levels()
    del widget
    tidy_up()
    gc.collect()


def test_qt_warnings_are_noticed(app, monkeypatch):
    from PySide6.QtCore import qInstallMessageHandler

    seen: list[str] = []
    old = qInstallMessageHandler(lambda level, _, message: seen.append(message))
    qWarning("hello")
    qInstallMessageHandler(old)
    assert seen == ["hello"]
