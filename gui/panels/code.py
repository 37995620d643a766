"""The code pane: the generated source, highlighted, with the selected node's lines marked. Generates and edits nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QSyntaxHighlighter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from engine.events import Source
from gui import theme
from gui.controls import EmptyState, IconButton
from gui.panels.heading import Heading

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LINE, GUTTER, MARGIN = 19, 44, 6
UNWIRED = "No source yet. Wire a dataset through layers to a loss to see the network as Python."
AWAITED = "The source is being written."
Span = tuple[int, int, str]  # start, length, colour token


@cache
def lexer() -> Lexer:
    """pygments' Python lexer, loaded when the first source is shown."""
    from pygments.lexers.python import PythonLexer

    return PythonLexer(stripnl=False, ensurenl=False)


def token_color(kind: object) -> str:
    """The colour token of a pygments token type; "t1" for plain text."""
    text = str(kind)
    for part, name in (
        ("Comment", "comment"),
        ("String", "string"),
        ("Number", "number"),
        ("Keyword", "keyword"),
        ("Operator.Word", "keyword"),
        ("Name.Function", "name"),
        ("Name.Class", "name"),
        ("Name.Decorator", "name"),
        ("Name.Builtin.Pseudo", "keyword"),
        ("Name.Builtin", "name"),
    ):
        if part in text:
            return name
    return "t1"


def spans(text: str) -> list[list[Span]]:
    """Per line: what is painted in which colour. Calls (a name before a bracket) take the colour of names too."""
    lines: list[list[Span]] = [[] for _ in range(text.count("\n") + 1)]
    line, column = 0, 0
    for kind, piece in lexer().get_tokens(text):
        color = token_color(kind)
        for index, part in enumerate(piece.split("\n")):
            if index:
                line, column = line + 1, 0
            if part and line < len(lines):
                if color == "t1" and part == "(" and lines[line] and lines[line][-1][2] == "t1?":
                    start, length, _ = lines[line].pop()
                    lines[line].append((start, length, "name"))
                named = color == "t1" and part.isidentifier()
                lines[line].append((column, len(part), "t1?" if named else color))
                column += len(part)
    return lines


class Highlighter(QSyntaxHighlighter):
    """Paints spans that were worked out for the whole text at once."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.lines: list[list[Span]] = []

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        t = theme.current()
        for start, length, color in self.lines[number] if number < len(self.lines) else ():
            style = QTextCharFormat()
            style.setForeground(t.color(color.rstrip("?")))
            self.setFormat(start, length, style)


class Gutter(QWidget):
    """Line numbers at the left of the text."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self.view = view

    def sizeHint(self) -> QSize:
        return QSize(GUTTER, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("field"))
        painter.setFont(theme.mono(10.5))
        for number in range(1, self.view.document().blockCount() + 1):
            rect = self.view.line_rect(number)
            if rect.bottom() < 0 or rect.top() > self.height():
                continue
            marked = number in self.view.marked
            if marked:
                painter.fillRect(0, rect.top(), GUTTER, rect.height(), t.color("accentwash"))
                painter.fillRect(0, rect.top(), 2, rect.height(), t.color("accent"))
            painter.setPen(t.color("t2" if marked else "t3"))
            painter.drawText(QRect(0, rect.top(), GUTTER - 12, rect.height()), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
        painter.end()


class CodeView(QTextEdit):
    """The text itself: read-only, selectable, lines of 19 px."""

    lineClicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setProperty("code", True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QTextEdit.LineWrapMode.NoWrap)
        self.setAcceptRichText(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.setAccessibleName("Source")
        self.setFont(theme.mono(11.5))
        self.document().setDocumentMargin(MARGIN)
        self.marked: set[int] = set()
        self.highlighter = Highlighter(self.document())
        self.gutter = Gutter(self)
        self.setViewportMargins(GUTTER, 0, 0, 0)
        self.verticalScrollBar().valueChanged.connect(self.gutter.update)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)

    def line_rect(self, number: int) -> QRect:
        """Where the 1-based line is, in viewport px."""
        return QRect(0, MARGIN + LINE * (number - 1) - self.verticalScrollBar().value(), self.viewport().width(), LINE)

    def set_text(self, text: str) -> None:
        """Shows another text where the old one was, scrolled as before."""
        across, down = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        self.highlighter.lines = spans(text) if text else []
        if self.replace_lines(text.split("\n")):
            return
        self.setPlainText(text)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        fixed = QTextBlockFormat()
        fixed.setLineHeight(LINE, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        cursor.mergeBlockFormat(fixed)
        self.horizontalScrollBar().setValue(across)
        self.verticalScrollBar().setValue(down)
        self.gutter.update()

    def replace_lines(self, lines: list[str]) -> bool:
        """Rewrites only the lines that differ; False when their number does."""
        if len(lines) != self.document().blockCount() or self.document().isEmpty():
            return False
        cursor = QTextCursor(self.document())
        for number, line in enumerate(lines):
            block = self.document().findBlockByNumber(number)
            if block.text() != line:
                cursor.setPosition(block.position())
                cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
                cursor.insertText(line)
        return True

    def mark(self, lines: Iterable[int], *, reveal: bool) -> None:
        """Washes these lines in the accent, and scrolls the first one into view."""
        self.marked = set(lines)
        self.viewport().update()
        self.gutter.update()
        if self.marked and reveal:
            first, last = self.line_rect(min(self.marked)), self.line_rect(max(self.marked))
            bar, height = self.verticalScrollBar(), self.viewport().height()
            if first.top() < 0 or (last.bottom() > height and first.top() > LINE):
                bar.setValue(bar.value() + first.top() - max(LINE, (height - (last.bottom() - first.top())) // 3))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        for number in self.marked:
            painter.fillRect(self.line_rect(number), theme.current().color("accentwash"))
        painter.end()
        super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inner = self.contentsRect()
        self.gutter.setGeometry(inner.left(), inner.top(), GUTTER, self.viewport().height())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            number = (round(event.position().y()) + self.verticalScrollBar().value() - MARGIN) // LINE + 1
            if 1 <= number <= self.document().blockCount():
                self.lineClicked.emit(number)


class CodePanel(QWidget):
    """The source of the document, in step with the canvas in both directions."""

    nodeClicked = Signal(str)
    innerClicked = Signal(str, str)  # block, node inside it
    exportRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = Source()
        self.shown = ""
        self.selected: list[str] = []
        self.inside = ""  # the block whose nodes are selected; empty: those of the document
        self.heading = Heading(self)
        self.copy = IconButton("copy", "Copy the source", self, size=14)
        self.export = IconButton("export", "Save the source as a Python file", self, size=14)
        self.view = CodeView(self)
        self.empty = EmptyState("code", UNWIRED, parent=self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.view)
        tools = QHBoxLayout()
        tools.setContentsMargins(12, 2, 6, 2)
        tools.setSpacing(2)
        tools.addWidget(self.heading)
        tools.addWidget(self.copy)
        tools.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(tools)
        layout.addWidget(self.stack)
        self.copied = QTimer(self)
        self.copied.setSingleShot(True)
        self.copied.setInterval(1500)
        self.copied.timeout.connect(lambda: self.copy.set_icon("copy"))
        self.copy.clicked.connect(self.copy_text)
        self.export.clicked.connect(self.exportRequested)
        self.view.lineClicked.connect(self.on_line)
        theme.notifier().changed.connect(self.view.highlighter.rehighlight)
        self.show_source()

    def set_source(self, source: Source, *, awaited: bool = False) -> None:
        """Shows `source`, now or as soon as the panel is seen; `awaited`: nobody knows yet what it will be."""
        self.source = source
        self.empty.set_sentence(AWAITED if awaited else UNWIRED)
        if self.isVisible():
            self.show_source()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_source()

    def show_source(self) -> None:
        """Brings the view up to date; nothing is laid out while nobody looks."""
        source = self.source
        if source.text != self.shown:
            self.shown = source.text
            self.view.set_text(source.text)
        self.stack.setCurrentWidget(self.view if source.text else self.empty)
        count = len(source.text.splitlines())
        self.heading.set_text("Source" if source.text else "", f" · {count:,} lines · the text that trains" if source.text else "")
        for button in (self.copy, self.export):
            button.setEnabled(bool(source.text))
        self.mark(reveal=bool(self.selected) and not self.view.marked)

    def set_selection(self, node_ids: Iterable[str], inside: str = "") -> None:
        """Marks the lines of these nodes of the document, or of a block."""
        chosen = list(node_ids)
        if (chosen, inside) != (self.selected, self.inside):
            self.selected, self.inside = chosen, inside
            self.mark(reveal=True)

    def mark(self, *, reveal: bool) -> None:
        lines = {line for node in self.selected for line in self.source.lines_of(node, self.inside)}
        if (lines != self.view.marked or reveal) and self.shown == self.source.text:
            self.view.mark(lines, reveal=reveal)

    def on_line(self, number: int) -> None:
        """A line was clicked: tells whose it is."""
        node = self.source.lines.get(number)
        if node:
            self.nodeClicked.emit(node)
        elif number in self.source.block_lines:
            self.innerClicked.emit(*self.source.block_lines[number])

    def copy_text(self) -> None:
        """Puts the whole source on the clipboard."""
        QGuiApplication.clipboard().setText(self.source.text)
        self.copy.set_icon("ok")
        self.copied.start()
