"""The list of recent projects: name, folder and when each was last open; grey with the reason where it is gone. Opens and forgets nothing itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui import theme
from gui.phrases import ago
from gui.settings import Recent

ROW, INSET, CROSS = 22, 8, 12  # px
LEAST = 60  # px in which a cut text still says something
DATA = Qt.ItemDataRole.UserRole  # (recent, what is said at the right, whether it is gone)


class RecentList(QListWidget):
    """`pathChosen` is a click or Enter, `forgetWanted` the cross of a row or Delete; `gone(name, reason)` was chosen and cannot be opened."""

    pathChosen = Signal(Path)
    forgetWanted = Signal(Path)
    gone = Signal(str, str)
    left = Signal()
    stepWanted = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recent projects")
        self.setItemDelegate(RecentPainter(self))
        self.setProperty("bare", True)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme.notifier().changed.connect(self.viewport().update)

    def set_recents(self, recents: Sequence[Recent]) -> None:
        """Shows `recents`; the row that was current stays it, or the one that took its place."""
        row, now = self.currentRow(), int(time.time()) // 60
        self.clear()
        for recent in recents:
            lack = recent.lack()
            note = lack or (ago(recent.minute, now) if recent.minute else "")
            item = QListWidgetItem(recent.path.stem)
            item.setData(DATA, (recent, note, bool(lack)))
            item.setToolTip(f"{recent.path}: {lack}. Delete takes it from the list." if lack else str(recent.path))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in (recent.path.stem, f"in {folder_of(recent)}", note) if part))
            self.addItem(item)
        if row >= 0 and self.count():
            self.setCurrentRow(min(row, self.count() - 1))

    def choose(self, item: QListWidgetItem) -> None:
        recent, note, lacking = item.data(DATA)
        if lacking:
            self.gone.emit(recent.path.name, note)
        else:
            self.pathChosen.emit(recent.path)

    def cross_of(self, row: QRect) -> QRect:
        """Where the cross of a row is."""
        return QRect(row.right() - ROW + 1, row.top(), ROW, row.height())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        at = event.position().toPoint()
        item = self.itemAt(at)
        if item is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.cross_of(self.visualItemRect(item)).contains(at):
            self.forgetWanted.emit(item.data(DATA)[0].path)
        else:
            self.choose(item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, item = event.key(), self.currentItem()
        at_edge = self.currentRow() <= 0 if key == Qt.Key.Key_Up else self.currentRow() == self.count() - 1
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and item is not None:
            self.forgetWanted.emit(item.data(DATA)[0].path)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and item is not None:
            self.choose(item)
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepWanted.emit(1 if key == Qt.Key.Key_Right else -1, 0)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and at_edge:
            self.stepWanted.emit(0, 1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: object) -> None:
        if self.currentRow() < 0 and self.count():
            self.setCurrentRow(0)
        super().focusInEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(280, self.count() * ROW)


class RecentPainter(QStyledItemDelegate):
    """One row: the name, its folder, and at the right when it was open, or why it cannot be; a cross under the pointer or at the current row."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        t, (recent, note, lacking) = theme.current(), index.data(DATA)
        box, view = QRectF(option.rect), self.parent()
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        current = isinstance(view, RecentList) and view.hasFocus() and view.currentRow() == index.row()
        if current or over:
            painter.fillRect(box, t.color("accentwash" if current else "hover"))
        if current:
            painter.fillRect(QRectF(box.left(), box.top(), 2, box.height()), t.color("accent"))
        right = box.right() - INSET
        if (current or over) and isinstance(view, RecentList):
            cross = view.cross_of(option.rect)
            corner = QPoint((CROSS - ROW) // 2, (CROSS - cross.height()) // 2)
            painter.drawPixmap(QPointF(cross.topLeft() - corner), t.pixmap("close", "t2", CROSS, view.devicePixelRatioF()))
            right = cross.left() - 2.0
        right = self.write(painter, note, token="t3", px=10.5, left=box.left(), right=right, middle=box.center().y(), at_right=True) - 10
        left, name = box.left() + INSET, theme.font(12)
        width = min(QFontMetricsF(name).horizontalAdvance(recent.path.stem) + 2, max(right - left, 20))
        self.write(painter, recent.path.stem, token="t3" if lacking else "t1", px=12, left=left, right=left + width, middle=box.center().y())
        self.write(painter, folder_of(recent), token="t3", px=10.5, left=left + width + 8, right=right, middle=box.center().y())

    def write(self, painter: QPainter, text: str, *, token: str, px: float, left: float, right: float, middle: float, at_right: bool = False) -> float:
        """A text between `left` and `right`, cut in its middle where it is too long; returns where it begins."""
        font = theme.font(px)
        metrics = QFontMetricsF(font)
        if metrics.horizontalAdvance(text) > right - left < LEAST:
            return right
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, right - left)
        begin = right - metrics.horizontalAdvance(shown) if at_right else left
        painter.setFont(font)
        painter.setPen(theme.current().color(token))
        painter.drawText(QRectF(begin, middle - ROW / 2, right - begin + 2, ROW), Qt.AlignmentFlag.AlignVCenter, shown)
        return begin

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(60, ROW)


def folder_of(recent: Recent) -> str:
    """Its folder as people write it: the home as a tilde."""
    folder, home = recent.path.parent, Path.home()
    return f"~/{folder.relative_to(home).as_posix()}".removesuffix("/.") if folder.is_relative_to(home) else str(folder)
