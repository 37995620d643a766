"""A confusion matrix with its counts, and a bar for each class beside its row, as one pyqtgraph view. Shows an evaluation; decides nothing."""

from __future__ import annotations

import math

import numpy as np
import shiboken6
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QToolTip, QWidget

from engine.events import Evaluation
from gui import theme
from gui.plots import colormap, numbers
from gui.plots.colormap import Scale
from gui.plots.pg import pg

FONT = 10
FONTS = (11, 10, 9, 8)  # of the counts, the first that fits
ROOM = 1.5  # px beside a count
BARS_WIDE = 96  # px
FOOT = 34  # px below the matrix: class names and what the axis is
LONGEST = 14  # letters of a class name beside the matrix
SHARES = Scale(0.0, 1.0)
WHOLE = 1.06  # how far the bars' axis reaches
BARS = {"accuracy": ("found", "train"), "iou": ("IoU", "ok")}  # what the bars are called, and their colour


class Counts(pg.GraphicsObject):
    """The numbers in the cells, where there is room for the longest of them."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = np.zeros((0, 0), np.int64)
        self.dark = np.zeros((0, 0), bool)  # whether the cell behind is a dark one

    def show_counts(self, counts: np.ndarray, dark: np.ndarray) -> None:
        self.prepareGeometryChange()
        self.counts, self.dark = counts, dark
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self.counts.shape[1], self.counts.shape[0])

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        to_pixels = painter.worldTransform()
        cell = to_pixels.mapRect(QRectF(0, 0, 1, 1))
        font = self.fitting(cell)
        if font is None:
            return
        painter.save()
        painter.resetTransform()
        painter.setFont(font)
        for row, column in zip(*np.nonzero(self.counts), strict=True):
            box = to_pixels.mapRect(QRectF(column, row, 1, 1))
            painter.setPen(Qt.GlobalColor.white if self.dark[row, column] else Qt.GlobalColor.black)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, short(int(self.counts[row, column])))
        painter.restore()

    def fitting(self, cell: QRectF) -> QFont | None:
        """The largest font in which every count fits into `cell`, in px; None where none does."""
        written = {short(int(count)) for count in np.unique(self.counts)}
        for size in FONTS:
            metrics = QFontMetricsF(theme.mono(size))
            if max(map(metrics.horizontalAdvance, written), default=0.0) + 2 * ROOM <= cell.width() and metrics.capHeight() + 4 <= cell.height():
                return theme.mono(size)
        return None


def short(count: int) -> str:
    """982, 12k, 3.4M: at most four letters."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if count >= size:
            unit = 1000 if letter == "k" else size
            return f"{count / unit:.1f}{letter}" if count < 10 * unit else f"{count / unit:.0f}{letter}"
    return str(count)


class ConfusionPlot(pg.GraphicsView):
    """`show_evaluation` fills it: rows the truth, columns the answer, colours the share of each row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.evaluation: Evaluation | None = None
        self.setAccessibleName("Which classes are confused: rows the truth, columns the answer")
        self.ci = pg.GraphicsLayout()
        self.setCentralItem(self.ci)
        self.ci.layout.setContentsMargins(0, 0, 4, 0)
        self.ci.layout.setHorizontalSpacing(14)
        self.matrix, self.bars = plain_plot(), plain_plot()
        self.ci.addItem(self.matrix, 0, 0)
        self.ci.addItem(self.bars, 0, 1)
        self.ci.layout.setColumnFixedWidth(1, BARS_WIDE)
        self.image, self.counts = pg.ImageItem(), Counts()
        for item in (self.image, self.counts):
            self.matrix.vb.addItem(item, ignoreBounds=True)
        self.strips: dict[str, pg.BarGraphItem] = {}
        self.bars.hideAxis("left")
        self.setMouseTracking(True)
        theme.notifier().changed.connect(self.redraw)

    def sizeHint(self) -> QSize:
        return QSize(420, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 110)

    def close(self) -> bool:
        """As any widget: pyqtgraph would take the scene apart, which goes with the widget that owns it."""
        return QWidget.close(self)

    def show_evaluation(self, evaluation: Evaluation | None) -> None:
        """One with classes; None shows nothing."""
        self.evaluation = evaluation
        self.redraw()

    def redraw(self) -> None:
        self.setBackground(theme.current().color("panel"))
        found = self.evaluation
        if found is None or found.confusion is None:
            return
        self._restyle()
        self._show_matrix(found)
        self._show_bars(found)
        rows = len(found.classes)
        for plot, right in ((self.matrix, rows), (self.bars, WHOLE)):
            plot.vb.setRange(xRange=(0, right), yRange=(0, rows), padding=0)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "strips"):  # pyqtgraph resizes while it is being made
            self.redraw()

    def _restyle(self) -> None:
        look = theme.current()
        for plot in (self.matrix, self.bars):
            for name in ("left", "bottom"):
                axis = plot.getAxis(name)
                axis.setPen(pg.mkPen(None))
                axis.setTickPen(pg.mkPen(None))
                axis.setTextPen(pg.mkPen(look.color("t3")))
                axis.setTickFont(theme.mono(FONT))
                axis.setStyle(hideOverlappingLabels=False)
            plot.getAxis("bottom").setHeight(FOOT)
        self.matrix.setLabel("bottom", "answer", **label_style())
        self.matrix.setLabel("left", "truth", **label_style())

    def _show_matrix(self, found: Evaluation) -> None:
        shares = row_shares(found.confusion)
        pixels = colormap.colours(shares[None], colormap.POSITIVE, [SHARES])[0]
        self.image.setImage(np.ascontiguousarray(pixels[..., [2, 1, 0, 3]]), levels=None, autoLevels=False)
        self.image.setRect(QRectF(0, 0, *shares.shape[::-1]))
        self.counts.show_counts(found.confusion, pixels[..., :3] @ (0.11, 0.59, 0.30) < 128)
        self._name_classes([name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in found.classes])

    def _name_classes(self, names: list[str]) -> None:
        """Beside the rows as many as there is room for; below the columns all of them, or numbers here and there, or none."""
        metrics, left, bottom = QFontMetricsF(theme.mono(FONT)), self.matrix.getAxis("left"), self.matrix.getAxis("bottom")
        widest = max(metrics.horizontalAdvance(name) for name in names)
        left.setWidth(round(widest) + 26)
        self.ci.layout.activate()
        every = max(1, math.ceil(metrics.height() * len(names) / max(self.height() - FOOT, 40)))
        across = math.ceil((widest + 6) * len(names) / max(self.width() - BARS_WIDE - widest - 44, 40))
        columns = range(0, len(names), max(across, 1)) if across <= 1 or all(name.isdigit() for name in names) else ()
        rows = range(every // 2, len(names), every)  # from within, so that the first name is not cut at the edge
        left.setTicks([[(row + 0.5, names[row]) for row in rows]])
        bottom.setTicks([[(column + 0.5, names[column]) for column in columns]])

    def _show_bars(self, found: Evaluation) -> None:
        wanted = [name for name in BARS if name in found.per_class]
        rows = np.arange(len(found.classes))
        thick = 0.7 / len(wanted)
        for name in {*self.strips} - {*wanted}:
            self.bars.vb.removeItem(self.strips.pop(name))
        for index, name in enumerate(wanted):
            values = np.nan_to_num(found.per_class[name], nan=0.0)
            color = theme.current().color(BARS[name][1])
            options = {"x0": np.zeros(len(rows)), "y": rows + 0.15 + thick * (index + 0.5), "width": values, "height": thick * 0.85}
            options |= {"brush": pg.mkBrush(color), "pen": pg.mkPen(None)}
            if name in self.strips:
                self.strips[name].setOpts(**options)
            else:
                self.strips[name] = pg.BarGraphItem(**options)
                self.bars.vb.addItem(self.strips[name], ignoreBounds=True)
        self.bars.getAxis("bottom").setTicks([[(0.04, "0"), (0.9, "100 %")]])
        words = (f'<span style="color: {theme.current().color(color).name()}">{word}</span>' for word, color in (BARS[name] for name in wanted))
        self.bars.setLabel("bottom", "&nbsp; ".join(words), **label_style())

    # The pointer

    def spot(self, position: QPointF) -> tuple[int, int] | None:
        """Row and column under a viewport pixel; the column is -1 over the bars."""
        if self.evaluation is None or self.evaluation.confusion is None:
            return None
        count = len(self.evaluation.classes)
        for plot, right in ((self.matrix, count), (self.bars, 1.0)):
            at = plot.vb.mapSceneToView(self.mapToScene(position.toPoint()))
            if 0 <= at.x() < right and 0 <= at.y() < count:
                return int(at.y()), int(at.x()) if plot is self.matrix else -1
        return None

    def words_at(self, position: QPointF) -> str:
        """What is there, in words; nothing beside matrix and bars."""
        place = self.spot(position)
        if place is None:
            return ""
        found, (row, column) = self.evaluation, place
        total = int(found.confusion[row].sum())
        if column >= 0:
            count = int(found.confusion[row, column])
            share = f" ({numbers.percent(count / total)})" if total else ""
            return f"{found.classes[row]} answered as {found.classes[column]}: {count:,} of {total:,}{share}"
        values = ((BARS[name][0], found.per_class[name][row]) for name in BARS if name in found.per_class)
        return f"{found.classes[row]}: " + ", ".join(f"{word} {numbers.percent(value) if math.isfinite(value) else 'none'}" for word, value in values)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        words = self.words_at(event.position())
        if words:
            QToolTip.showText(event.globalPosition().toPoint(), words, self)
        else:
            QToolTip.hideText()


def plain_plot() -> pg.PlotItem:
    """A plot that nobody can move, rows counted from the top, without pyqtgraph's own menus."""
    plot = pg.PlotItem(enableMenu=False)
    shiboken6.delete(plot.ctrlMenu)
    plot.ctrlMenu = None
    plot.hideButtons()
    plot.setMouseEnabled(False, False)
    plot.vb.disableAutoRange()
    plot.vb.invertY(True)
    return plot


def label_style() -> dict[str, str]:
    return {"color": theme.current().color("t3").name(), "font-size": f"{FONT}px"}


def row_shares(confusion: np.ndarray) -> np.ndarray:
    """Each row divided by its sum, float32; NaN for a class that does not occur."""
    total = confusion.sum(1, keepdims=True)
    return np.where(total > 0, confusion / np.maximum(total, 1), np.nan).astype(np.float32)
