"""The questions that the window asks about files. Each function returns the answer and does nothing else.

They are called through this module (`ask.unsaved(...)`), so that tests can answer in the user's place.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def unsaved(parent: QWidget, title: str) -> str:
    """What shall become of unsaved edits: save, discard or cancel."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Unsaved edits", f"“{title}” has unsaved edits.", parent=parent)
    box.setInformativeText("They are lost if you do not save them.")
    save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("Don't save", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(save)
    save.setProperty("primary", True)
    box.exec()
    chosen = box.clickedButton()
    box.deleteLater()
    return "save" if chosen is save else "discard" if chosen is discard else "cancel"


def overwrite(parent: QWidget, path: Path) -> bool:
    """Whether to replace a file that someone else has written since it was opened."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Changed outside", f"{path.name} was changed by another program since you opened it.", parent=parent)
    box.setInformativeText("Saving replaces that version with yours. Use Save as to keep both.")
    replace = box.addButton("Replace it", QMessageBox.ButtonRole.DestructiveRole)
    cancel = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(cancel)
    box.exec()
    chosen = box.clickedButton()
    box.deleteLater()
    return chosen is replace


def running(parent: QWidget) -> bool:
    """Whether to end although a run is training."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "A run is training", "A run is training.", parent=parent)
    box.setInformativeText("It is stopped with a checkpoint and can be resumed from its folder.")
    stop = box.addButton("Stop and quit", QMessageBox.ButtonRole.AcceptRole)
    box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stop)
    box.exec()
    chosen = box.clickedButton()
    box.deleteLater()
    return chosen is stop


def tell(parent: QWidget, sentence: str) -> None:
    """Says what went wrong, and waits until that is read."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Chainrule", sentence, parent=parent)
    box.addButton("OK", QMessageBox.ButtonRole.AcceptRole)
    box.exec()
    box.deleteLater()


def open_path(parent: QWidget, title: str, pattern: str, folder: Path) -> Path | None:
    """A file to open, or None."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, str(folder), pattern)
    return Path(chosen) if chosen else None


def save_path(parent: QWidget, title: str, pattern: str, proposal: Path) -> Path | None:
    """A file to write, or None."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, str(proposal), pattern)
    return Path(chosen) if chosen else None


def folder(parent: QWidget, title: str, start: Path) -> Path | None:
    """A folder, or None."""
    chosen = QFileDialog.getExistingDirectory(parent, title, str(start))
    return Path(chosen) if chosen else None
