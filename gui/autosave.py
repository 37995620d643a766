"""Keeps unsaved edits in the user's state folder and finds those of a session that was killed. Never writes a project file.

Each session has a folder with a lock (its process id), the document as text and where it came from.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from engine.graph import text
from engine.graph.model import Snapshot
from gui import places
from gui.project import Project

AFTER_EDIT = 2_000  # ms
AT_LEAST_EVERY = 20_000  # ms while edits keep coming
DOCUMENT, ORIGIN, LOCK = "document.chainrule", "origin.json", "lock"


@dataclass(frozen=True, slots=True)
class Lost:
    """Unsaved edits of a session that did not end: the document, its file or lesson, and when it was kept."""

    folder: Path
    snapshot: Snapshot
    path: Path | None
    lesson: str
    title: str
    when: float


class Autosave(QObject):
    """Writes the project's unsaved edits two seconds after one, and at least every twenty seconds while they go on."""

    failed = Signal(str)  # edits cannot be kept; said once per reason
    kept = Signal()

    def __init__(self, project: Project, folder: Path | None = None) -> None:
        super().__init__(project)
        self.project = project
        self.folder = (folder or places.sessions()) / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
        self.lock: QLockFile | None = None
        self.said = ""
        self.closed = False
        self.soon = QTimer(self, singleShot=True, interval=AFTER_EDIT)
        self.latest = QTimer(self, singleShot=True, interval=AT_LEAST_EVERY)
        self.soon.timeout.connect(self.write)
        self.latest.timeout.connect(self.write)
        project.changed.connect(self.schedule)
        project.dirtyChanged.connect(self.follow_dirty)

    def schedule(self) -> None:
        """An edit came: keep it soon."""
        self.soon.start()
        if not self.latest.isActive():
            self.latest.start()

    def follow_dirty(self, dirty: bool) -> None:
        """A clean project needs no copy; a restored one needs its copy at once."""
        if dirty:
            self.schedule()
        else:
            self.drop()

    def write(self) -> None:
        """Keeps the document now, if it holds unsaved edits."""
        self.soon.stop()
        self.latest.stop()
        if not self.project.dirty:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.lock is None:
                self.lock = locked(self.folder)
            origin = {"path": str(self.project.path or ""), "lesson": self.project.lesson, "title": self.project.title}
            text.write_atomic(self.folder / ORIGIN, json.dumps(origin).encode())
            text.save(self.folder / DOCUMENT, self.project.snapshot())
        except (OSError, text.TextError) as error:
            self.tell(f"Unsaved edits cannot be kept in {self.folder.parent}: {error} Save the project to be safe.")
            return
        self.said = ""
        self.kept.emit()

    def tell(self, sentence: str) -> None:
        if sentence != self.said:
            self.said = sentence
            self.failed.emit(sentence)

    def drop(self) -> None:
        """Forgets the copy: its edits are in a file, or nobody wants them."""
        self.soon.stop()
        self.latest.stop()
        if self.lock is not None:
            self.lock.unlock()
            self.lock = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """The session ends in order: nothing is kept, no timer runs on."""
        if not self.closed:
            self.closed = True
            self.project.changed.disconnect(self.schedule)
            self.project.dirtyChanged.disconnect(self.follow_dirty)
            self.drop()


def locked(folder: Path) -> QLockFile | None:
    """The lock of a session folder, or None when a living process holds it."""
    lock = QLockFile(str(folder / LOCK))
    lock.setStaleLockTime(0)  # stale only when its process is gone, however long ago that was
    return lock if lock.tryLock(0) else None


def find_lost(folder: Path | None = None) -> list[Lost]:
    """The unsaved edits of sessions whose process is gone, newest first. Empty leftovers are swept, unreadable ones stay."""
    lost = []
    root = folder or places.sessions()
    for session in sorted(root.iterdir(), reverse=True) if root.is_dir() else []:
        if not session.is_dir() or (lock := locked(session)) is None:
            continue
        lock.unlock()
        if (found := read_lost(session)) is not None:
            lost.append(found)
        elif not (session / DOCUMENT).exists():
            discard(session)
    return sorted(lost, key=lambda item: -item.when)


def read_lost(session: Path) -> Lost | None:
    """What a session folder holds, or None when that cannot be read."""
    document = session / DOCUMENT
    try:
        snapshot, when = text.open_file(document), document.stat().st_mtime
    except (OSError, text.TextError):
        return None
    origin: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError):  # without it the edits are still there, only their place is unknown
        raw = json.loads((session / ORIGIN).read_text(encoding="utf-8"))
        origin = {key: str(value) for key, value in raw.items()} if isinstance(raw, dict) else {}
    path = Path(origin["path"]) if origin.get("path") else None
    return Lost(session, snapshot, path, origin.get("lesson", ""), origin.get("title") or snapshot.about.title, when)


def discard(session: Path) -> None:
    """Removes a session folder."""
    shutil.rmtree(session, ignore_errors=True)
