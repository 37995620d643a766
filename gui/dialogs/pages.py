"""Small windows that only show something: the shortcuts, and what this program is. They change nothing."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui import theme
from gui.actions import MENUS, Record
from gui.controls import ActionButton, Caption, Chip

GESTURES = (
    ("Tab, or double-click on empty canvas", "Add a layer by name"),
    ("Drag from a port", "Draw a wire; on empty canvas it offers what fits"),
    ("Drop it on a full merge", "Give the merge one more input"),
    ("Drag a wire off an input", "Connect it elsewhere; on empty canvas it goes"),
    ("Ctrl and drag from an output", "Move all its wires"),
    ("Ctrl and right-drag", "Cut wires"),
    ("Double-click on a wire", "A knot to lead it round things"),
    ("Drag a node onto a wire", "Put it into the wire; Alt does not"),
    ("Wheel", "Zoom at the pointer"),
    ("Middle button, or Space and drag", "Move the view"),
    ("Drag on empty canvas", "Select with a box; Shift adds, Ctrl toggles"),
    ("Arrow keys", "Walk along the wires"),
)


class Shortcuts(QDialog):
    """Every shortcut by menu, and the gestures of the canvas."""

    def __init__(self, records: Iterable[Record], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setMinimumSize(QSize(780, 700))
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(20, 16, 20, 16)
        columns.setSpacing(40)
        grids = [QGridLayout(), QGridLayout()]
        for grid in grids:
            grid.setHorizontalSpacing(16)
            grid.setVerticalSpacing(6)
            grid.setColumnStretch(0, 1)
            side = QVBoxLayout()
            side.addLayout(grid)
            side.addStretch(1)
            columns.addLayout(side, 1)
        shown = [record for record in records if record.keys]
        for menu in MENUS:
            if lines := told([record for record in shown if record.menu.partition("/")[0] == menu]):
                fill(grids[0 if menu in ("File", "Edit") else 1], menu, lines)
        fill(grids[0], "On the canvas", list(GESTURES))
        area = QScrollArea(self)
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)


def told(records: list[Record]) -> list[tuple[str, str]]:
    """Keys and title of each; of commands that differ by a number only, one line for all."""
    series: dict[str, list[Record]] = {}
    for record in records:
        series.setdefault(record.id.rstrip("0123456789"), []).append(record)
    return [
        (native(each[0].keys), each[0].title.rstrip("…")) if len(each) == 1 else (f"{native(each[0].keys)} … {len(each)}", f"{each[0].title} … {len(each)}")
        for each in series.values()
    ]


def native(keys: tuple[str, ...]) -> str:
    """Keys as this system writes them."""
    return "  or  ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def fill(grid: QGridLayout, heading: str, rows: list[tuple[str, str]]) -> None:
    """A heading and its rows below what the grid holds."""
    top = grid.rowCount()
    head = Caption(heading, "t1", px=12, weight=600)
    head.setContentsMargins(0, 8 if top > 1 else 0, 0, 2)
    grid.addWidget(head, top, 0, 1, 2)
    for index, (keys, title) in enumerate(rows, start=top + 1):
        what = Caption(title, "t2", px=12)
        what.setWordWrap(True)
        grid.addWidget(what, index, 0)
        cap = Chip(keys, "t1")
        cap.set_key_cap()
        grid.addWidget(cap, index, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)


class About(QDialog):
    """Name, version, what it stands on."""

    def __init__(self, version: str, engine: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Chainrule")
        mark = QLabel(self)
        mark.setPixmap(theme.app_icon().pixmap(64, 64))
        head = Caption("Chainrule", "t1", px=20, weight=600, parent=self)
        lines = (
            f"Version {version}",
            "Draw neural networks, train them, and watch them learn.",
            engine,
            "MIT licence. Inter and JetBrains Mono under the SIL Open Font License.",
        )
        text = QVBoxLayout()
        text.setSpacing(4)
        text.addWidget(head)
        for line in lines:
            text.addWidget(Caption(line, "t2", px=12, parent=self))
        text.addSpacing(12)
        close = ActionButton("Close", parent=self, small=False)
        close.clicked.connect(self.accept)
        text.addWidget(close, alignment=Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 16)
        row.setSpacing(20)
        row.addWidget(mark, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(text)
