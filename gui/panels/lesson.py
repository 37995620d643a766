"""The lesson panel: the document's own text, Markdown in our type. Never loads anything, local or remote."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QStackedLayout, QTextBrowser, QWidget

from engine.graph.model import About
from gui import theme
from gui.controls import EmptyState

HEADINGS = {1: 15, 2: 13, 3: 12}  # level -> px


class Page(QTextBrowser):
    """A browser that shows only the text that it is given."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        return None

    def doSetSource(self, name: QUrl, kind: QTextDocument.ResourceType = QTextDocument.ResourceType.UnknownResource) -> None:
        """A link never replaces the text."""


class LessonPanel(QWidget):
    """Shows About.text; an empty text says so."""

    linkClicked = Signal(str)  # where a link of the text points; nothing is opened here

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self.page = Page(self)
        self.page.setOpenLinks(False)
        self.page.setOpenExternalLinks(False)
        self.page.setUndoRedoEnabled(False)
        self.page.setAccessibleName("Lesson text")
        self.page.document().setDocumentMargin(14)
        self.page.anchorClicked.connect(lambda url: self.linkClicked.emit(url.toString()))
        self.empty = EmptyState("lesson", "This project has no text.", parent=self)
        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.page)
        self.stack.addWidget(self.empty)
        self.stack.setCurrentWidget(self.empty)
        theme.notifier().changed.connect(self.redraw)

    def set_about(self, about: About) -> None:
        """Shows the text of a document."""
        if about.text == self.text:
            return
        self.text = about.text
        self.redraw()
        self.page.verticalScrollBar().setValue(0)

    def redraw(self) -> None:
        """Sets the text again in the fonts and colours of the theme."""
        self.stack.setCurrentWidget(self.page if self.text.strip() else self.empty)
        document = self.page.document()
        scrolled = self.page.verticalScrollBar().value()
        document.setDefaultFont(theme.font(12))
        document.setIndentWidth(18)
        # Raw HTML in a document's Markdown is shown as text, never interpreted.
        document.setMarkdown(self.text, QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML)
        self.style_text(document)
        self.page.moveCursor(QTextCursor.MoveOperation.Start)  # the new text has left it at the end, where the first show would scroll to
        self.page.verticalScrollBar().setValue(scrolled)

    def style_text(self, document: QTextDocument) -> None:
        t = theme.current()
        block = document.begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            spacing = QTextBlockFormat()
            spacing.setLineHeight(135, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            spacing.setTopMargin(10 if level else 2)
            spacing.setBottomMargin(4)
            cursor = QTextCursor(block)
            cursor.mergeBlockFormat(spacing)
            fragments = block.begin()
            while not fragments.atEnd():
                fragment = fragments.fragment()
                fragments += 1
                cursor.setPosition(fragment.position())
                cursor.setPosition(fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(self.restyled(fragment.charFormat(), level, theme_now=t))
            block = block.next()

    def restyled(self, old: QTextCharFormat, level: int, *, theme_now: theme.Theme) -> QTextCharFormat:
        """The format of a piece of text in our type: headings, code, links, bold."""
        code = old.fontFixedPitch() or "mono" in "".join(old.fontFamilies() or []).lower()
        strong = old.fontWeight() > QFont.Weight.Normal
        if level:
            font = theme.font(HEADINGS.get(level, 12), 600)
        elif code:
            font = theme.mono(11)
        else:
            font = theme.font(12, 600 if strong else 400)
        font.setItalic(old.fontItalic())
        style = QTextCharFormat()
        style.setFont(font)
        if old.isAnchor():
            style.setAnchor(True)
            style.setAnchorHref(old.anchorHref())
            style.setForeground(theme_now.color("accent"))
        else:
            style.setForeground(theme_now.color("t1" if level or strong or code else "t2"))
        return style
