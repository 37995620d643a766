"""Tells screen readers what happened: refusals, results, messages. Shows nothing itself."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, sentence: str, *, urgent: bool = False) -> None:
    """Has `sentence` read out in the name of `widget`; what is `urgent` interrupts what is being read."""
    if not sentence:
        return
    event = QAccessibleAnnouncementEvent(widget, sentence)
    polite = QAccessible.AnnouncementPoliteness
    event.setPoliteness(polite.Assertive if urgent else polite.Polite)
    QAccessible.updateAccessibility(event)
