"""What is dropped on the window: projects, run folders and weights, folders of images, the text of a network. Each edit is one undo step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QPointF
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from engine.graph import edits, text
from engine.graph.document import EditError
from gui.editor import command, fill

if TYPE_CHECKING:
    from gui.window import Window

WEIGHTS = ".safetensors"
UNSAFE = (".pt", ".pth", ".ckpt", ".bin", ".pkl")  # formats whose reading can run what somebody else wrote
CHECKPOINTS = "checkpoints"  # what every run folder has


class Drops(QObject):
    """`at` is a place on the canvas in scene px, or None beside it."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.project = window.project
        self.canvas = window.canvas
        self.menu: QMenu | None = None

    def accepts(self, data: QMimeData) -> bool:
        return any(url.isLocalFile() for url in data.urls()) or (not data.hasUrls() and data.text().lstrip().startswith("{"))

    def drop(self, data: QMimeData, at: tuple[float, float] | None) -> None:
        """Does with it what fits: opens, inserts, adds, or says what could be dropped instead."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if not data.hasUrls():
            command.paste(self.canvas, data.text(), QPointF(*at) if at else None)
        elif len(paths) != 1:
            self.window.say("Drop one file or folder at a time.", "warning")
        elif paths[0].suffix == WEIGHTS or (paths[0] / CHECKPOINTS).is_dir():
            self.take_weights(paths[0])
        elif paths[0].is_dir():
            self.add_images(paths[0], at)
        elif paths[0].suffix == text.SUFFIX:
            self.take_project(paths[0], at)
        elif paths[0].suffix in UNSAFE:
            sentence = (
                f"{paths[0].name} is not read: files of this kind can run code. Save the weights as {WEIGHTS}, for example with safetensors.torch.save_file."
            )
            self.window.say(sentence, "warning")
        else:
            self.window.say(f"Drop a project ({text.SUFFIX}), weights ({WEIGHTS}), or a folder with one subfolder of images per class.", "warning")

    # -- projects ----------------------------------------------------------------------------------------------------
    def take_project(self, path: Path, at: tuple[float, float] | None) -> None:
        """Opens it; where there is a network under the pointer already, asks whether to insert it there instead."""
        if at is None or not self.project.level.nodes:
            self.window.files.open_path(path)
            return
        self.menu = QMenu(self.window)
        self.menu.addAction(f"Open {path.stem}").triggered.connect(lambda: self.window.files.open_path(path))
        self.menu.addAction("Insert its network here").triggered.connect(lambda: self.insert(path, at))
        self.menu.aboutToHide.connect(self.menu.deleteLater)
        self.menu.popup(QCursor.pos())

    def insert(self, path: Path, at: tuple[float, float]) -> None:
        """Adds the nodes, wires, frames and blocks of a project with their upper left corner at `at`."""

        def add() -> None:
            ops, names = edits.merge_in(self.project.level.snapshot(), text.open_file(path), at)
            if self.canvas.push(f"Insert {path.stem}", ops):
                self.canvas.select(names)

        try:
            self.window.files.guard(add)
        except EditError as error:
            self.window.say(str(error), "warning")

    # -- weights -----------------------------------------------------------------------------------------------------
    def take_weights(self, path: Path) -> None:
        """The next run begins with these weights, by node name."""
        if self.window.training.active:
            self.window.say("Weights belong to how a run begins: stop the run first.", "warning")
            return
        name = self.window.bridge.named(path)
        if self.window.edit.attempt_whole(f"Take weights from {path.name}", lambda: edits.set_recipe(self.project.snapshot(), weights_from=name), place=""):
            self.window.say(f"The next run begins with the weights of {path.name}: nodes of the same name take them.", "ok")

    # -- images ------------------------------------------------------------------------------------------------------
    def add_images(self, folder: Path, at: tuple[float, float] | None) -> None:
        """A folder of images becomes a dataset node, or takes the place of the Input that it was dropped on."""
        if self.project.level.path:  # data stays outside blocks
            self.project.go("")
            at = None
        place = fill.place_under(self.canvas, "image_folder", QPointF(*at)) if at else ""
        if place:
            label = f"Put images of {folder.name} in the place of {place}"
            self.canvas.adopt(label, lambda: fill.filled(self.canvas, place, "image_folder", folder=str(folder)))
            return
        snapshot = self.project.snapshot()
        try:
            ops, node = edits.add_node(snapshot, "image_folder", self.canvas.free_place("image_folder", at), params={"folder": str(folder)})
            self.project.push(f"Add images of {folder.name}", ops)
        except EditError as error:
            self.window.say(str(error), "warning")
            return
        self.canvas.select([node])
