"""The 24 px status bar: problems, nodes, parameters and MACs at the left; probe cost, seed and saving at the right. Counts nothing itself."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStatusBar, QWidget

from gui import theme
from gui.announce import announce
from gui.phrases import plural

HEIGHT = 24
EDGE, GAP = 12, 18  # px
MESSAGE = 6_000  # ms that a message stays
Words = list[tuple[str, bool]]  # (text, is a number)


class Fact(QWidget):
    """An optional icon, then words and numbers."""

    clicked = Signal()
    grown = Signal()  # it needs another width

    def __init__(self, parent: QWidget, *, live: bool = False) -> None:
        super().__init__(parent)
        self.live = live  # its numbers change all the time
        self.icon, self.tone, self.words = "", "t2", []
        self.widest = 0  # px that its words have needed since it was last empty
        self.bounds = 0  # px that it may take; 0: as many as it needs
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT - 1)
        theme.notifier().changed.connect(self.update)

    def set_words(self, words: Words, *, icon: str = "", tone: str = "t2") -> None:
        """Takes other words, numbers in mono; the bar hides it while there are none."""
        if (words, icon, tone) == (self.words, self.icon, self.tone):
            return
        self.words, self.icon, self.tone = words, icon, tone
        self.setAccessibleName("".join(text for text, _ in words))
        self.fit()
        self.update()

    def fit(self) -> None:
        """Takes the room that the words need. Live numbers keep what they once had: each change would lay out the whole window."""
        fonts = {False: theme.font(11), True: theme.mono(11)}
        width = round(sum(QFontMetricsF(fonts[number]).horizontalAdvance(text) for text, number in self.words) + 1) + (20 if self.icon else 0)
        if not self.live or not self.words or width > self.widest:
            self.widest = width
            self.updateGeometry()
            self.grown.emit()

    def bound(self, width: int) -> None:
        """Takes at most `width` px: longer words are cut, and whole in the tooltip."""
        self.bounds = width
        self.setToolTip("".join(text for text, _ in self.words) if self.widest > width else "")
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(min(self.widest, self.bounds or self.widest), HEIGHT - 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        fonts = {False: theme.font(11), True: theme.mono(11)}
        painter = QPainter(self)
        x = 0.0
        if self.icon:
            tint = {"ok": "ok", "error": "err", "warning": "warn", "info": "info"}.get(self.icon, "t2")
            painter.drawPixmap(QPointF(0, (self.height() - 14) / 2), t.pixmap(self.icon, tint, 14, self.devicePixelRatioF()))
            x = 20.0
        painter.setPen(t.color(self.tone))
        for text, number in self.words:
            painter.setFont(fonts[number])
            metrics = QFontMetricsF(fonts[number])
            width = metrics.horizontalAdvance(text)
            if self.bounds and x + width > self.width():
                text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width() - x)
            painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width
        painter.end()


class StatusHolder(QStatusBar):
    """The main window wants a QStatusBar, whose own layout keeps margins: the facts fill it all the same."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setFixedHeight(HEIGHT)
        self.layout().setEnabled(False)  # what it holds may change its width without a new layout of the window and all docks
        self.facts = StatusBar(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.facts.setGeometry(self.rect())


class StatusBar(QWidget):
    """`problemsWanted` is a click on the problems. A message takes the left side's place for a few seconds."""

    problemsWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.problems, self.warnings, self.nodes, self.parameters, self.macs = (Fact(self) for _ in range(5))
        self.message = Fact(self)
        self.speed, self.probes = Fact(self, live=True), Fact(self, live=True)
        self.seed, self.saved = Fact(self), Fact(self)
        self.left = (self.problems, self.warnings, self.nodes, self.parameters, self.macs)
        self.right = (self.speed, self.probes, self.seed, self.saved)
        self.thrift = (self.seed, self.probes, self.macs, self.nodes, self.saved, self.parameters, self.speed)  # the first one goes first
        for fact in self.right:
            fact.grown.connect(self.arrange)
        for fact in (self.problems, self.warnings):
            fact.setCursor(Qt.CursorShape.PointingHandCursor)
            fact.setToolTip("Show the problems")
            fact.clicked.connect(self.problemsWanted)
        self.nodes.setToolTip("Layers, data and losses on the canvas")
        self.parameters.setToolTip("Numbers that training changes")
        self.macs.setToolTip("Multiply-accumulates of one forward pass for one sample")
        self.probes.setToolTip("The pictures' share of the training time, kept at 5 % at most")
        row = QHBoxLayout(self)
        row.setContentsMargins(EDGE, 1, EDGE, 0)
        row.setSpacing(GAP)
        for fact in (*self.left, self.message):
            row.addWidget(fact)
        row.addStretch(1)
        for fact in self.right:
            row.addWidget(fact)
        self.message.hide()
        self.timer = QTimer(self, singleShot=True, interval=MESSAGE)
        self.timer.timeout.connect(self.clear_message)

    def set_unchecked(self, sentence: str) -> None:
        """Nobody knows yet whether there are problems; `sentence` says why."""
        self.problems.set_words([(sentence, False)])
        self.warnings.set_words([])
        self.arrange()

    def set_problems(self, errors: int, warnings: int) -> None:
        """How many problems there are."""
        if errors:
            self.problems.set_words([(plural(errors, "error"), False)], icon="error", tone="err")
        else:
            self.problems.set_words([("No problems" if not warnings else "No errors", False)], icon="ok")
        self.warnings.set_words([(plural(warnings, "warning"), False)] if warnings else [], icon="warning")
        self.arrange()

    def set_counts(self, nodes: int, parameters: int | None, macs: str) -> None:
        """The network's size; `macs` as written for people. None and empty: unknown."""
        self.nodes.set_words([(f"{nodes:,}", True), (" node" if nodes == 1 else " nodes", False)])
        self.parameters.set_words([] if parameters is None else [(f"{parameters:,}", True), (" parameters", False)])
        self.macs.set_words([(macs, True), (" MACs", False)] if macs else [])
        self.arrange()

    def set_probes(self, share: float | None) -> None:
        """The pictures' share of training time, or None without a run."""
        self.probes.set_words([] if share is None else [("Probes ", False), (f"{100 * share:.1f} %", True), (" of step", False)])

    def set_speed(self, words: Words) -> None:
        """Samples per second and the time left; nothing without a run."""
        self.speed.set_words(words)

    def set_seed(self, seed: int) -> None:
        self.seed.set_words([("Seed ", False), (str(seed), True)])

    def set_saved(self, words: Words) -> None:
        """When the project was saved, or that it was not."""
        self.saved.set_words(words)

    def say(self, sentence: str, icon: str = "info") -> None:
        """Shows a sentence for a few seconds."""
        self.message.set_words([(sentence, False)], icon=icon, tone="t1")
        announce(self, sentence, urgent=icon in ("warning", "error"))
        self.timer.start()
        self.arrange()

    def clear_message(self) -> None:
        self.timer.stop()
        self.message.set_words([])
        self.arrange()

    def arrange(self) -> None:
        """A message takes the left facts' place; where the bar is too short, the least needed facts go, and come back with the room."""
        room = self.width() - 2 * EDGE
        told = {fact: bool(fact.words) and not (self.message.words and fact in self.left) for fact in (*self.left, *self.right)}
        self.message.bound(room)
        self.message.setVisible(bool(self.message.words))
        taken = (self.message.sizeHint().width() + GAP) * bool(self.message.words)
        taken += sum(fact.sizeHint().width() + GAP for fact, shown in told.items() if shown)
        for fact in self.thrift:
            if taken <= room + GAP:
                break
            taken -= (fact.sizeHint().width() + GAP) * told[fact]
            told[fact] = False
        for fact, shown in told.items():
            fact.setVisible(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("bar"))
        painter.fillRect(0, 0, self.width(), 1, t.color("line"))
        painter.end()
