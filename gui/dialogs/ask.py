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
    """A file to write, or None. Its name ends as `pattern` does, and whether it may replace one that is there has been asked."""
    answer = to_write(parent, title, [pattern], proposal)
    return answer[0] if answer else None


PAPER, SCREEN = "on white, for print", "as on the screen"


def figure_path(parent: QWidget, title: str, proposal: Path, formats: Sequence[str] = ("PNG", "SVG")) -> tuple[Path, bool] | None:
    """A picture to write, and whether it is for white paper; None. Its name ends as one of `formats` does."""
    patterns = [f"{kind} {look} (*.{kind.lower()})" for look in (PAPER, SCREEN) for kind in formats]
    answer = to_write(parent, title, patterns, proposal)
    return (answer[0], SCREEN not in answer[1]) if answer else None


def to_write(parent: QWidget, title: str, patterns: Sequence[str], proposal: Path) -> tuple[Path, str] | None:
    """A file to write with the pattern that was chosen. An ending of another of the `patterns` counts; without any, the chosen one's is added."""
    dialog = QFileDialog(parent, title, str(proposal.parent), ";;".join(patterns))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(ending(patterns[0]))  # the dialog adds it before it asks whether to replace a file
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(ending(chosen)))
    dialog.selectFile(proposal.name)
    accepted = dialog.exec()
    chosen, pattern = Path(dialog.selectedFiles()[0]) if accepted else None, dialog.selectedNameFilter() or patterns[0]
    dialog.deleteLater()
    if chosen is None:
        return None
    if chosen.suffix.lower() in map(ending, patterns):
        return chosen, pattern
    path = chosen.with_name(chosen.name + ending(pattern))  # "net.v2" has an ending, but none of ours
    return (path, pattern) if not path.exists() or may_replace(parent, path) else None


def ending(pattern: str) -> str:
    """The ending in a pattern of a file dialog: .png of "PNG (*.png)"."""
    return pattern.rpartition("*")[2].rstrip(")")


def may_replace(parent: QWidget, path: Path) -> bool:
    """Whether a file that is there already may be replaced."""
    return choose(parent, f"{path.name} is there already.", "Replacing it cannot be undone.", no="Replace it", cancel="Cancel") == "no"


def folder(parent: QWidget, title: str, start: Path) -> Path | None:
    """A folder, or None."""
    chosen = QFileDialog.getExistingDirectory(parent, title, str(start))
    return Path(chosen) if chosen else None


def count(parent: QWidget, sentence: str, usual: int, most: int) -> int | None:
    """A whole number from 1 to `most`, or None."""
    number, fine = QInputDialog.getInt(parent, "Chainrule", sentence, usual, 1, most)
    return number if fine else None
