"""The entropy of each head of each attention node against the most it can be, ln N. Shows what it is given."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme

NUMBER = 34  # px at the right
GAP = 8.0  # px between nodes
Row = tuple[str, float, tuple[float, ...]]  # node, ln N, entropy of each head


class EntropyBars(QWidget):
    """Bars of the chosen node in the accent. A click on another node's bars asks for it."""

    nodeClicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()
        self.labels: Mapping[str, str] = {}
        self.node = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, 120)

    def set_rows(self, rows: tuple[Row, ...], node: str, labels: Mapping[str, str] | None = None) -> None:
        """(node, ln N, entropies) of every attention node; `node` is the one that is looked at. `labels` are other words for nodes."""
        self.rows, self.node, self.labels = rows, node, labels or {}
        self.setAccessibleName("; ".join(f"{name}: " + ", ".join(f"{value:.2f}" for value in values) for name, _, values in rows))
        self.update()

    def bars_of(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """A bar for each head; only their mean where so many would not be told apart."""
        return (sum(values) / len(values),) if self.crowded() and values else values

    def crowded(self) -> bool:
        count = sum(len(values) for _, _, values in self.rows)
        return 3 * count + GAP * max(len(self.rows) - 1, 0) > self.height() and any(len(values) > 1 for _, _, values in self.rows)

    def gap(self) -> float:
        return 1.0 if self.crowded() else GAP

    def bar_height(self) -> float:
        """px of one bar with its gap, so that all fit."""
        count = sum(len(self.bars_of(values)) for _, _, values in self.rows)
        return min(11.0, max(2.0, (self.height() - self.gap() * max(len(self.rows) - 1, 0)) / max(count, 1)))

    def needed(self) -> int:
        """px that all bars take at their full height."""
        return round(sum(len(values) for _, _, values in self.rows) * 11 + GAP * max(len(self.rows) - 1, 0))

    def boxes(self) -> dict[str, QRectF]:
        """Where the bars of each node are."""
        found, top, pitch = {}, 0.0, self.bar_height()
        for name, _, values in self.rows:
            found[name] = QRectF(0, top, self.width(), pitch * len(self.bars_of(values)))
            top += pitch * len(self.bars_of(values)) + self.gap()
        return found

    def label_width(self) -> float:
        metrics = QFontMetricsF(theme.font(10.5, 500))
        return min(max((metrics.horizontalAdvance(self.labels.get(name, name)) for name, _, _ in self.rows), default=0.0) + 8, self.width() * 0.4)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme.current(), QPainter(self)
        left, pitch, boxes = self.label_width(), self.bar_height(), self.boxes()
        for name, most, values in self.rows:
            mine, box = name == self.node, boxes[name]
            painter.setFont(theme.font(10.5, 600 if mine else 500))
            painter.setPen(look.color("t1" if mine else "t2"))
            label = QFontMetricsF(painter.font()).elidedText(self.labels.get(name, name), Qt.TextElideMode.ElideRight, left - 4)
            if box.height() >= 8 or mine:
                painter.drawText(QRectF(0, box.center().y() - 8, left, 16), Qt.AlignmentFlag.AlignVCenter, label)
            painter.setFont(theme.mono(10))
            for index, value in enumerate(self.bars_of(values)):
                track = QRectF(left, box.top() + index * pitch + 1, self.width() - left - NUMBER, max(pitch - 3, 1))
                painter.fillRect(track, look.color("field"))
                share = min(max(value / most, 0.0), 1.0) if most > 0 else 0.0
                painter.fillRect(QRectF(track.left(), track.top(), track.width() * share, track.height()), look.color("accent" if mine else "ctl3"))
                if pitch >= 9:
                    painter.setPen(look.color("t2" if mine else "t3"))
                    painter.drawText(QPointF(self.width() - NUMBER + 8, track.bottom()), f"{value:.2f}")
        painter.end()

    def node_at(self, point: QPointF) -> str:
        """The node whose bars are at a point."""
        return next((name for name, box in self.boxes().items() if box.contains(point)), "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if name := self.node_at(event.position()):
            self.nodeClicked.emit(name)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = next((row for row in self.rows if row[0] == self.node_at(QPointF(event.pos()))), None)
            if row is not None:
                listed = "\n".join(f"head {index + 1}: {value:.3f}" for index, value in enumerate(row[2]))
                QToolTip.showText(event.globalPos(), f"{row[0]}, mean entropy of its rows\n{listed}\nthe most it can be: {row[1]:.3f}", self)
                return True
        return super().event(event)
