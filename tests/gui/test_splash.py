"""The splash: there before anything that takes long is imported, and out of the way of the window and of questions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from gui import theme
from gui.splash import MOTTO, SIGN, SIZE, Splash

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def splash(app):
    splash = Splash()
    splash.open()
    yield splash
    splash.close()
    splash.deleteLater()
    QApplication.processEvents()


def test_it_comes_before_numpy_networkx_and_the_editor():
    code = (
        "import sys; from gui import start; a = start.make_application('dark'); s = start.Splash(); s.open();"
        "print(s.isVisible(), sorted(m for m in ('numpy', 'networkx', 'torch', 'engine', 'gui.window') if m in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "True []", found.stderr


@pytest.mark.parametrize("name", theme.NAMES)
def test_what_it_says_fits(app, name):
    before = theme.current().name
    theme.use(name)
    try:
        splash = Splash()
        picture = splash.pixmap().toImage()
        corner = picture.pixelColor(5, 5)
        assert corner == theme.current().color("panel")
        assert QFontMetrics(theme.font(12)).horizontalAdvance(MOTTO) + 40 + SIGN + 24 + 24 <= SIZE[0]
        assert any(picture.pixelColor(x, 60) != corner for x in range(128, 300)), "the name is written"
        splash.deleteLater()
    finally:
        theme.use(before)


def test_it_ends_with_the_window(splash):
    window = QLabel("window")
    window.setGeometry(QRect(0, 0, 300, 200))
    assert splash.isVisible()
    window.show()
    splash.finish(window)
    assert window.isVisible() and not splash.isVisible()
    window.close()
    window.deleteLater()


def test_a_question_is_not_covered(splash):
    question = QLabel("question")
    question.show()
    question.activateWindow()
    QTest.qWait(20)
    assert not splash.isVisible()
    question.close()
    question.deleteLater()


def test_a_click_puts_it_away(splash):
    QTest.mouseClick(splash, Qt.MouseButton.LeftButton)
    assert not splash.isVisible()
