"""The questions that the window asks, most of them about files. Each function returns the answer and does nothing else.

They are called through this module (`ask.unsaved(...)`), so that tests can answer in the user's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QGridLayout, QInputDialog, QMessageBox, QPushButton, QSizePolicy, QSpacerItem, QWidget

from gui import theme

WIDTH = 420  # px at least, so that a sentence is no column of words
ROLES = {"yes": QMessageBox.ButtonRole.AcceptRole, "no": QMessageBox.ButtonRole.DestructiveRole, "cancel": QMessageBox.ButtonRole.RejectRole}


def unsaved(parent: QWidget, title: str) -> str:
    """What shall become of unsaved edits: save, discard or cancel."""
    answer = choose(parent, f"“{title}” has unsaved edits.", "They are lost if you do not save them.", yes="Save", no="Don't save", cancel="Cancel")
    return {"yes": "save", "no": "discard"}.get(answer, "cancel")


def overwrite(parent: QWidget, path: Path) -> bool:
    """Whether to replace a file that someone else has written since it was opened."""
    detail = "Saving replaces that version with yours. Save as keeps both."
    return choose(parent, f"{path.name} was changed by another program since you opened it.", detail, no="Replace it", cancel="Cancel") == "no"


def running(parent: QWidget) -> bool:
    """Whether to end although a run is training."""
    detail = "It is stopped with a checkpoint and can be resumed from its folder."
    return choose(parent, "A run is training.", detail, yes="Stop and quit", cancel="Cancel") == "yes"


def tell(parent: QWidget, sentence: str) -> None:
    """Says what went wrong, and waits until that is read."""
    choose(parent, sentence, "", yes="OK")


def choose(parent: QWidget, sentence: str, detail: str, **buttons: str) -> str:
    """Asks, and returns the name of the pressed button: yes, no or cancel. Escape is cancel."""
    box = QMessageBox(parent)
    box.setWindowTitle("Chainrule")
    box.setTextFormat(Qt.TextFormat.PlainText)  # file names are no markup
    box.setText(sentence)
    box.setInformativeText(detail)
    box.setFont(theme.font(12))
    made = {}
    for name, words in buttons.items():
        button = QPushButton(words)
        button.setProperty("primary", name == "yes")
        box.addButton(button, ROLES[name])
        made[button] = name
    grid = box.layout()
    if isinstance(grid, QGridLayout):
        grid.addItem(QSpacerItem(WIDTH, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum), grid.rowCount(), 0, 1, grid.columnCount())
    box.exec()
    answer = made.get(box.clickedButton(), "cancel")
    box.deleteLater()
    return answer


def open_path(parent: QWidget, title: str, pattern: str, folder: Path) -> Path | None:
    """A file to open, or None."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, str(folder), pattern)
    return Path(chosen) if chosen else None


def save_path(parent: QWidget, title: str, pattern: str, proposal: Path) -> Path | None:
    """A file to write, or None."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, str(proposal), pattern)
    return Path(chosen) if chosen else None


PAPER, SCREEN = "on white, for print", "as on the screen"


def figure_path(parent: QWidget, title: str, proposal: Path, formats: Sequence[str] = ("PNG", "SVG")) -> tuple[Path, bool] | None:
    """A picture to write, and whether it is for white paper; None. Its name ends as one of `formats` does."""
    kinds = [f"{kind} {look} (*.{kind.lower()})" for look in (PAPER, SCREEN) for kind in formats]
    chosen, kind = QFileDialog.getSaveFileName(parent, title, str(proposal), ";;".join(kinds))
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix[1:].upper() not in formats:
        path = path.with_name(f"{path.name}.{(kind.split(' ')[0] or formats[0]).lower()}")
    return path, SCREEN not in kind


def folder(parent: QWidget, title: str, start: Path) -> Path | None:
    """A folder, or None."""
    chosen = QFileDialog.getExistingDirectory(parent, title, str(start))
    return Path(chosen) if chosen else None


def count(parent: QWidget, sentence: str, usual: int, most: int) -> int | None:
    """A whole number from 1 to `most`, or None."""
    number, fine = QInputDialog.getInt(parent, "Chainrule", sentence, usual, 1, most)
    return number if fine else None
