"""The open document with its undo history, its file, its dirty state, and which level of it is open. Shows nothing and asks nothing.

Every edit goes through `push`; nothing else writes the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.graph import disk, text
from engine.graph.document import Change, Document
from engine.graph.model import Snapshot
from engine.graph.ops import WHOLE, MoveNodes, Op, SetFrame, SetParams, SetRecipe
from gui.level import Level, level_at

Stamp = tuple[int, int] | None  # mtime in ns and size of a file, or None where there is none


class Edit(QUndoCommand):
    """One step of the history: the ops and their inverse. The first redo is skipped, since `push` has already applied them.

    `place` is the level on which it was done (None: on none in particular), and where undoing it leads.
    """

    def __init__(self, document: Document, *, label: str, ops: list[Op], inverse: list[Op], merge: str, place: str | None = None) -> None:
        super().__init__(label)
        self.document = document
        self.place = place
        self.ops = ops
        self.inverse = inverse
        self.merge = merge
        self.applied = True

    def redo(self) -> None:
        if not self.applied:
            self.document.apply(self.ops)
        self.applied = True

    def undo(self) -> None:
        self.document.apply(self.inverse)
        self.applied = False

    def id(self) -> int:
        return 1 if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Swallows the next step when it belongs to the same gesture (a scrub, a drag, typing in one field)."""
        if not isinstance(other, Edit) or other.merge != self.merge:
            return False
        if same_target(self.ops, other.ops):
            self.ops = other.ops
        else:
            self.ops = self.ops + other.ops
            self.inverse = other.inverse + self.inverse
        return True


def same_target(first: list[Op], second: list[Op]) -> bool:
    """Whether `second` overwrites all that `first` wrote, so that a merged step need not remember the way between."""
    if len(first) != 1 or len(second) != 1 or type(first[0]) is not type(second[0]):
        return False
    one, two = first[0], second[0]
    if isinstance(one, MoveNodes) and isinstance(two, MoveNodes):
        return one.positions.keys() == two.positions.keys()
    if isinstance(one, SetRecipe) and isinstance(two, SetRecipe):
        return one.changes.keys() == two.changes.keys()
    if isinstance(one, SetParams | SetFrame) and isinstance(two, SetParams | SetFrame):
        return one.id == two.id and one.changes.keys() == two.changes.keys()
    return False


class Project(QObject):
    """A document, its history and where it lives. `lesson` is the id it came from when it has no file of its own."""

    changed = Signal(object)  # Change, after every edit, undo and redo
    replaced = Signal()  # another document is open now
    levelChanging = Signal()  # the level that is open is about to be left: what is half typed belongs to it
    levelChanged = Signal()  # another level of the same document is open now
    stepped = Signal(object)  # Edit, after it was undone or redone
    dirtyChanged = Signal(bool)
    pathChanged = Signal()

    def __init__(self, snapshot: Snapshot | None = None, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self.stack.cleanChanged.connect(self.tell_dirty)
        self.path: Path | None = None
        self.lesson = ""
        self.stamp: Stamp = None
        self.round = 0
        self.restored = False
        self.was_dirty = False
        self.document = Document(snapshot or Snapshot())
        self.level = Level(self.document)
        self.unsubscribe = self.document.subscribe(self.tell)

    # -- reading -----------------------------------------------------------------------------------------------------
    def snapshot(self) -> Snapshot:
        """A frozen picture of the document."""
        return self.document.snapshot()

    @property
    def title(self) -> str:
        """What the window calls it: the file's name, else the lesson's id, else the document's own title."""
        return self.path.stem if self.path else self.lesson or self.document.about.title or "untitled"

    @property
    def dirty(self) -> bool:
        """Whether there are edits that are in no file."""
        return self.restored or not self.stack.isClean()

    # -- levels ------------------------------------------------------------------------------------------------------
    def go(self, path: str) -> None:
        """Opens the level at `path` ("": the document itself), or the nearest one outside it that there is."""
        if path != self.level.path:
            self.levelChanging.emit()
        self.take_level(level_at(self.document, path))

    def take_level(self, level: Level) -> None:
        """Another level is open, if it is another one."""
        if (level.path, level.inside) != (self.level.path, self.level.inside):
            self.settle()
            self.level = level
            self.levelChanged.emit()

    # -- editing -----------------------------------------------------------------------------------------------------
    def push(self, label: str, ops: Iterable[Op], merge: str = "", place: str | None = None) -> None:
        """Carries out `ops` as one undo step called `label`; consecutive pushes with the same `merge` key become one.

        `place` is the level they were made for, "" by default if any of them is for the nodes of the document itself.
        EditError when the document refuses them; then nothing has changed.
        """
        steps = list(ops)
        if not steps:
            return
        where = place if place is not None or all(isinstance(op, WHOLE) for op in steps) else ""
        inverse = self.document.apply(steps)
        key = f"{merge}#{self.round}" if merge else ""
        self.stack.push(Edit(self.document, label=label, ops=steps, inverse=inverse, merge=key, place=where))

    def edit(self, label: str, ops: Iterable[Op], merge: str = "", level: Level | None = None) -> None:
        """The same for ops that were made for a level (default: the one that is open)."""
        level, here = level or self.level, self.level.path
        around = not level.path or f"{here}/".startswith(f"{level.path}/")  # what lies around the open level is undone from here as well
        self.push(label, level.ops(ops), merge=merge, place=here if around else level.path)

    def settle(self) -> None:
        """Ends a gesture: the next push with the same merge key is a step of its own."""
        self.round += 1

    def undo(self) -> None:
        """Takes the last step back, on the level where it was done."""
        self.walk(self.stack.command(self.stack.index() - 1) if self.stack.canUndo() else None, self.stack.undo)

    def redo(self) -> None:
        """Does the next step again, on the level where it was done."""
        self.walk(self.stack.command(self.stack.index()) if self.stack.canRedo() else None, self.stack.redo)

    def walk(self, step: QUndoCommand | None, move: Callable[[], None]) -> None:
        self.settle()
        if isinstance(step, Edit) and step.place is not None:
            self.go(step.place)
        move()
        if isinstance(step, Edit):
            self.stepped.emit(step)

    # -- files -------------------------------------------------------------------------------------------------------
    @text.uncollected()
    def replace(self, snapshot: Snapshot, *, path: Path | None = None, lesson: str = "", restored: bool = False) -> None:
        """Opens another document; the history starts anew. `restored` says that it holds edits that no file has."""
        self.unsubscribe()
        self.stack.clear()
        self.document = Document(snapshot)
        self.level = Level(self.document)
        self.unsubscribe = self.document.subscribe(self.tell)
        self.path, self.lesson, self.restored = path, lesson, restored
        self.stamp = stamp_of(path)
        self.replaced.emit()
        self.pathChanged.emit()
        self.tell_dirty()

    def open(self, path: Path) -> None:
        """Opens a project file; TextError when it cannot be read, and then the old document stays."""
        self.replace(text.open_file(path), path=path.absolute())
        disk.sweep(path.absolute().parent, text.SUFFIX)

    def save(self, path: Path | None = None) -> None:
        """Writes the project to `path`, or where it lives. TextError when the disk refuses; nothing is lost then."""
        target = path or self.path
        if target is None:
            raise text.TextError("This project has no file yet. Choose where to save it.")
        target = Path(target).absolute()
        text.save(target, self.snapshot())
        moved = target != self.path
        self.path, self.lesson, self.restored = target, "" if moved else self.lesson, False
        self.stamp = stamp_of(target)
        self.stack.setClean()
        if moved:
            self.pathChanged.emit()
        self.tell_dirty()

    def changed_outside(self) -> bool:
        """Whether someone else wrote or removed the file since it was opened or saved here."""
        return self.path is not None and stamp_of(self.path) != self.stamp

    def accept_outside(self) -> None:
        """Keeps this version although the file differs; it counts as unsaved."""
        self.stamp = stamp_of(self.path)
        self.restored = True
        self.tell_dirty()

    def close(self) -> None:
        """Lets go of the document; no signal comes afterwards."""
        self.unsubscribe()
        self.stack.cleanChanged.disconnect(self.tell_dirty)
        self.stack.clear()

    # -- telling -----------------------------------------------------------------------------------------------------
    def tell(self, change: Change) -> None:
        if self.level.path:
            self.take_level(level_at(self.document, self.level.path, change))  # the instance may be gone, or called otherwise
        self.changed.emit(change)

    def tell_dirty(self) -> None:
        if self.dirty != self.was_dirty:
            self.was_dirty = self.dirty
            self.dirtyChanged.emit(self.dirty)


def stamp_of(path: Path | None) -> Stamp:
    """What tells whether a file was written: its modification time and size."""
    if path is None:
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
