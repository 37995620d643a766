"""What the network says of the pinned sample: one box per class, filled as high as its probability. Shows what probes bring."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.events import ProbeRequest, ProbeResult
from gui import theme
from gui.controls import outline

LABEL = 14  # px under the boxes
GAP = 6.0
NOTHING = "No prediction yet"
SHORTEST, BESIDE = 4, 10.0  # letters to which a name may be cut, and px between two names where only two are written
NARROW = 15.0  # px per class; with more classes than fit, only the likeliest are shown


class PredictionBars(QWidget):
    """Right and wrong are told by a mark and words as well as by colour: the true class has an outline, a miss a cross."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sample = 0
        self.result: ProbeResult | None = None
        self.setAccessibleName(NOTHING)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(300, 44)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 36)

    # The probe

    def request(self) -> ProbeRequest:
        """The prediction for the pinned sample."""
        return ProbeRequest("prediction", sample=self.sample)

    def show_result(self, result: ProbeResult) -> None:
        """Shows scores over the classes, or why there are none; paints only what one can tell from before."""
        before = self.face()
        self.result = result
        if self.face() != before:
            self.setAccessibleName(self.sentence())
            self.update()

    def clear(self) -> None:
        """Nothing is known yet."""
        self.result = None
        self.setAccessibleName(NOTHING)
        self.update()

    @property
    def scores(self) -> np.ndarray:
        """The scores by class; empty without a result, and where none of them is a number."""
        scores = self.result.arrays.get("scores", np.zeros(0)) if self.result else np.zeros(0)
        return scores if np.isfinite(scores).any() else np.zeros(0)

    @property
    def label(self) -> int:
        """The true class; -1 when it is not known."""
        return int(self.result.info.get("label", -1)) if self.result else -1

    @property
    def predicted(self) -> int:
        """The class with the highest score; -1 without a result."""
        return int(self.result.info.get("predicted", int(np.argmax(self.scores)))) if len(self.scores) else -1

    def name(self, index: int) -> str:
        """What a class is called."""
        names = self.result.info.get("class_names", ()) if self.result else ()
        return str(names[index]) if index < len(names) else str(index)

    def shares(self) -> np.ndarray:
        """How full each box is, 0..1: the probability, or the score's share of the highest where scores are no probabilities."""
        scores = np.nan_to_num(self.scores)
        if self.result is not None and self.result.info.get("probabilities", True):
            return np.clip(scores, 0, 1)
        top = float(scores.max()) if len(scores) else 0.0
        return np.clip(scores / top, 0, 1) if top > 0 else np.zeros_like(scores)

    def sentence(self) -> str:
        """The prediction in words."""
        if self.result is None:
            return ""
        if not len(self.scores):
            return self.result.problem or "No prediction: the scores are not numbers (NaN), so the weights have grown out of all bounds."
        verdict = f"predicted {self.name(self.predicted)} ({self.score_text(self.predicted)})"
        return verdict if self.label < 0 else f"{verdict}, truly {self.name(self.label)}: {'right' if self.predicted == self.label else 'wrong'}"

    def score_text(self, index: int) -> str:
        """100 %, 87 %, <1 %; or the bare score."""
        value = float(self.scores[index])
        if math.isnan(value):
            return "NaN"
        if self.result is not None and not self.result.info.get("probabilities", True):
            return f"{value:.2g}".replace("-", "−")
        return "<1%" if 0 < value < 0.005 else ">99%" if 0.995 <= value < 0.9995 else f"{100 * value:.0f}%"

    # Drawing

    def face(self) -> tuple[object, ...]:
        """All that a painting depends on, to the pixel."""
        heights = np.rint(self.shares() * self.height()).tolist()
        texts = [(self.name(index), self.score_text(index)) for index in range(len(heights))]
        return self.sentence(), self.label, self.predicted, heights, texts

    def shown(self) -> list[int]:
        """The classes that have room, in class order; where not all have, the likeliest and the true one."""
        count, room = len(self.scores), max(1, int(self.width() / NARROW))
        if count <= room:
            return list(range(count))
        likely = list(np.argsort(-np.nan_to_num(self.scores), kind="stable")[:room])
        if self.label >= 0 and self.label not in likely:
            likely[-1] = self.label
        return sorted(int(i) for i in likely)

    def boxes(self) -> dict[int, QRectF]:
        """class -> its box."""
        shown = self.shown()
        pitch = (self.width() + GAP) / max(len(shown), 1)
        gap = GAP if pitch > 24 else 2.0
        pitch = min((self.width() + gap) / max(len(shown), 1), 96.0)
        return {index: QRectF(round(i * pitch), 1, round(pitch - gap), self.height() - LABEL - 2) for i, index in enumerate(shown)}

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        if not len(self.scores):
            painter.setFont(theme.font(11))
            painter.setPen(look.color("t3"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self.sentence())
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shares, boxes = self.shares(), self.boxes()
        crowded = self.crowded(boxes)
        for index, box in boxes.items():
            self._paint_box(painter, box, index=index, share=float(shares[index]))
            if not crowded:
                self._paint_label(painter, box, index)
        if crowded:
            self._paint_verdict(painter, boxes)
        painter.end()

    def crowded(self, boxes: dict[int, QRectF]) -> bool:
        """Whether the boxes are so narrow that names would be cut to nothing; then only the answer and the truth are written."""
        room = min((box.width() for box in boxes.values()), default=0.0) + GAP
        needed = QFontMetricsF(theme.mono(10.5)).horizontalAdvance("m" * SHORTEST)
        return needed > room and any(len(self.name(index)) >= SHORTEST for index in boxes)

    def _paint_box(self, painter: QPainter, box: QRectF, *, index: int, share: float) -> None:
        look = theme.current()
        true = index == self.label
        outline(painter, box, radius=4, pen=look.color("line2"), fill=look.color("field"))
        height = (box.height() - 2) * share
        if height >= 0.5:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("ok" if true or self.label < 0 else "err"))
            filled = QRectF(box.left() + 1, box.bottom() - 1 - height, box.width() - 2, height)
            painter.drawRoundedRect(filled, min(3, height / 2), min(3, height / 2))
        if true:
            outline(painter, box, radius=4, pen=look.color("t1"), width=1.5)
        if index == self.predicted and self.label >= 0 and box.width() >= 14 and box.height() >= 14:
            inside = height >= 15  # the mark stands at the bottom of the fill, or on top of a low one
            mark = look.pixmap("ok" if true else "close", "badgetext" if inside else ("ok" if true else "err"), 14, self.devicePixelRatioF())
            top = box.bottom() - 1 - min(height, box.height() - 2) / 2 - 7 if inside else max(box.bottom() - height - 15, box.top())
            painter.drawPixmap(QPointF(round(box.center().x() - 7), round(top)), mark)

    def _paint_label(self, painter: QPainter, box: QRectF, index: int) -> None:
        look = theme.current()
        strong = index in (self.predicted, self.label)
        font = theme.mono(10.5, 600 if strong else 400)
        metrics = QFontMetricsF(font)
        name, score = self.name(index), f" {self.score_text(index)}"
        text = name + score if self.scores[index] >= 0.01 or index == self.predicted else name
        if metrics.horizontalAdvance(text) > box.width() + GAP:
            text = name
        room = QRectF(box.left() - GAP / 2, box.bottom() + 1, box.width() + GAP, LABEL)
        painter.setFont(font)
        painter.setPen(look.color("t1" if strong else "t3"))
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width()) if text == name and len(name) > 3 else text
        if metrics.horizontalAdvance(text) <= room.width() + 4:
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextDontClip, text)
        if index == self.label:
            width = metrics.horizontalAdvance(name)
            whole = min(metrics.horizontalAdvance(text), room.width())
            left = room.center().x() - whole / 2
            painter.setPen(QPen(look.color("t1"), 1))
            painter.drawLine(QPointF(left, self.height() - 1.0), QPointF(left + min(width, whole), self.height() - 1.0))

    def _paint_verdict(self, painter: QPainter, boxes: dict[int, QRectF]) -> None:
        """The answer and the truth in full, each near its box and beside the other."""
        painter.setFont(theme.mono(10.5, 600))
        painter.setPen(QPen(theme.current().color("t1"), 1))
        metrics = QFontMetricsF(painter.font())
        for index, (left, text) in self.verdict(boxes, metrics).items():
            painter.drawText(QPointF(left, self.height() - LABEL + metrics.ascent()), text)
            if index == self.label:
                painter.drawLine(QPointF(left, self.height() - 1.0), QPointF(left + metrics.horizontalAdvance(self.name(index)), self.height() - 1.0))

    def verdict(self, boxes: dict[int, QRectF], metrics: QFontMetricsF) -> dict[int, tuple[float, str]]:
        """class -> where its words begin, and the words: of the answer, and of the truth where that is another class and finds room."""
        found: dict[int, tuple[float, str]] = {}
        taken: list[tuple[float, float]] = []
        for index in dict.fromkeys(index for index in (self.predicted, self.label) if index in boxes):
            text = metrics.elidedText(f"{self.name(index)} {self.score_text(index)}", Qt.TextElideMode.ElideMiddle, self.width())
            wide = metrics.horizontalAdvance(text)
            tries = [boxes[index].center().x() - wide / 2, *(place for start, end in taken for place in (start - BESIDE - wide, end + BESIDE))]
            tries = [min(max(left, 0.0), self.width() - wide) for left in tries]
            left = next((left for left in tries if all(left + wide + BESIDE <= start + 1 or left >= end + BESIDE - 1 for start, end in taken)), None)
            if left is not None:
                found[index] = (left, text)
                taken.append((left, left + wide))
        return found

    def helpEvent(self, event: QHelpEvent) -> bool:
        """The tooltip: the class under the pointer and its exact score."""
        for index, box in self.boxes().items():
            if box.adjusted(-2, 0, 2, LABEL).contains(QPointF(event.pos())):
                true = " · the true class" if index == self.label else ""
                origin = str(self.result.info.get("origin", "")) if self.result else ""
                QToolTip.showText(event.globalPos(), f"{self.name(index)}: {float(self.scores[index]):.4g}{true}\n{origin}".strip(), self)
                return True
        QToolTip.hideText()
        return True

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            return self.helpEvent(event)
        return super().event(event)
