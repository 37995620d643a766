"""Where a file goes: the real dialogs, driven by keys. No file is replaced without a question, whatever ending was typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QMessageBox, QPushButton, QWidget

from gui.dialogs import ask

PROJECTS = "Chainrule projects (*.chainrule)"


@pytest.fixture
def parent(show) -> QWidget:
    return show(QWidget())


class Typist:
    """Answers the dialogs that come up: types `name`, chooses the kind `down` rows below, and presses `button` in questions."""

    def __init__(self, name: str, *, down: int = 0, button: str = "") -> None:
        self.name, self.down, self.button = name, down, button
        self.offered: list[str] = []
        self.asked: list[str] = []
        self.timer = QTimer(interval=20)
        self.timer.timeout.connect(self.look)
        self.typed = False

    def during(self, call: Callable[[], object]) -> object:
        self.timer.start()
        try:
            return call()
        finally:
            self.timer.stop()

    def look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QMessageBox):
            self.asked.append(dialog.text())
            wanted = self.button or "Cancel"
            next(b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") in (wanted, {"Cancel": "No"}.get(wanted, "Yes"))).click()
        elif isinstance(dialog, QFileDialog) and not self.typed:
            self.typed = True
            QTimer.singleShot(0, lambda: self.answer(dialog))  # from here a question would wait for this very timer
        elif isinstance(dialog, QFileDialog):
            dialog.reject()  # a question was denied, and the dialog is back

    def answer(self, dialog: QFileDialog) -> None:
        kinds = dialog.findChild(QComboBox, "fileTypeCombo")
        self.offered = [kinds.itemText(row) for row in range(kinds.count())]
        kinds.setFocus()
        for _ in range(self.down):
            QTest.keyClick(kinds, Qt.Key.Key_Down)
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        field.setText(self.name)
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("typed", "written"), [("net", "net.chainrule"), ("net.chainrule", "net.chainrule"), ("net.v2", "net.v2.chainrule"), ("Net.CHAINRULE", "Net.CHAINRULE")]
)
def test_the_ending_is_added_where_it_lacks(parent, tmp_path: Path, typed: str, written: str):
    path = Typist(typed).during(lambda: ask.save_path(parent, "Save", PROJECTS, tmp_path / "untitled.chainrule"))
    assert path == tmp_path / written


@pytest.mark.parametrize("typed", ["net", "net.chainrule", "net.v2"])
@pytest.mark.parametrize(("button", "wanted"), [("Replace it", True), ("Cancel", False)])
def test_a_file_that_is_there_is_asked_about_whatever_was_typed(parent, tmp_path: Path, typed: str, button: str, wanted: bool):
    there = tmp_path / ("net.v2.chainrule" if typed == "net.v2" else "net.chainrule")
    there.write_text("mine")
    typist = Typist(typed, button=button)
    path = typist.during(lambda: ask.save_path(parent, "Save", PROJECTS, tmp_path / "untitled.chainrule"))
    assert path == (there if wanted else None)
    assert len(typist.asked) == 1 and there.name in typist.asked[0]


@pytest.mark.parametrize(
    ("typed", "down", "written", "paper"),
    [
        ("net", 0, "net.png", True),
        ("net", 1, "net.svg", True),
        ("net", 3, "net.svg", False),
        ("net.svg", 0, "net.svg", True),
        ("net.v2", 2, "net.v2.png", False),
    ],
)
def test_a_figure_is_for_paper_unless_the_screen_is_chosen_and_a_typed_ending_wins(parent, tmp_path: Path, typed: str, down: int, written: str, paper: bool):
    typist = Typist(typed, down=down)
    answer = typist.during(lambda: ask.figure_path(parent, "Export figure", tmp_path / "lenet.png"))
    assert answer == (tmp_path / written, paper)
    assert typist.offered[0] == "PNG on white, for print (*.png)" and len(typist.offered) == 4


def test_nothing_is_written_when_she_thinks_better_of_it(parent, tmp_path: Path):
    timer = QTimer(interval=20)
    timer.timeout.connect(lambda: isinstance(dialog := QApplication.activeModalWidget(), QFileDialog) and dialog.reject())
    timer.start()
    assert ask.figure_path(parent, "Export figure", tmp_path / "lenet.png") is None
    assert ask.save_path(parent, "Save", PROJECTS, tmp_path / "lenet.chainrule") is None
    timer.stop()
