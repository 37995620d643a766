"""The 48 px run bar: Train, Step, Stop, progress, and the recipe's everyday fields. Starts nothing itself: it tells the window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from engine.graph.model import Recipe
from engine.layers.optimizers import OPTIMIZERS
from engine.layers.recipe import FIXED, switched
from gui import theme
from gui.controls import Caption, Combo, NumberField, Rule
from gui.progress import ProgressBlock

if TYPE_CHECKING:
    from engine.events import EngineReady

HEIGHT = 48
LOWEST, HIGHEST = 1e-6, 10.0  # of the learning-rate slider; the field takes more
NOTCHES = 1000
ROOM = 240  # px that the progress block needs for its heading and the step
THRIFT = ("words", "slider", "device")  # what gives way where the bar is too short, in this order: Step and Stop keep their icons, the Recipe has the device


class RunButton(QPushButton):
    """A button of the run bar that mirrors an action: same enabledness, same reason when it is grey."""

    def __init__(self, action: QAction, icon: str, parent: QWidget, *, word: str = "", primary: bool = False) -> None:
        super().__init__(word or action.text(), parent)
        self.action, self.primary, self.drawing = action, primary, icon
        self.word = word or action.text()
        self.setProperty("primary", primary)
        self.setIconSize(QSize(20, 16))
        self.setFixedSize(88 if primary else 74, 28)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(action.trigger)
        action.changed.connect(self.mirror)
        theme.notifier().changed.connect(self.redraw)
        self.mirror()
        self.redraw()

    def mirror(self) -> None:
        self.setEnabled(self.action.isEnabled())
        keys = self.action.shortcut().toString()
        self.setToolTip(f"{self.action.toolTip()}  {keys}".strip())

    def set_terse(self, terse: bool) -> None:
        """Whether only the drawing is shown; the tooltip and the screen reader still say the word."""
        self.setAccessibleName(self.word)
        self.setText("" if terse else self.word)
        self.setProperty("flush", terse)
        self.setFixedWidth(34 if terse else 74)
        self.setIconSize(QSize(16 if terse else 20, 16))
        self.style().polish(self)

    def set_face(self, text: str, icon: str) -> None:
        """Another word and drawing in the same place and width."""
        if (text, icon) != (self.text(), self.drawing):
            self.setText(text)
            self.drawing = icon
            self.redraw()

    def redraw(self) -> None:
        self.setIcon(theme.current().icon(self.drawing, "onaccent" if self.primary else "t1", 16))


class RunBar(QWidget):
    """`recipeEdited(changes, merge key)` follows each change by the user, `recipeCommitted` ends one."""

    recipeEdited = Signal(object, str)
    recipeCommitted = Signal()

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.recipe = Recipe()
        self.train = RunButton(actions["train"], "train", self, primary=True)
        self.step = RunButton(actions["step"], "step", self, word="Step")
        self.stop = RunButton(actions["stop"], "stop", self)
        self.progress = ProgressBlock(self)
        self.optimizer = Combo([row.title for row in OPTIMIZERS], self)
        self.batch = NumberField(64, self, low=1, high=1_000_000)
        self.epochs = NumberField(12, self, low=1, high=100_000)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.rate = NumberField(0.05, self, low=0.0, high=1e12, integer=False, log=True, decimals=4)
        self.device = Combo((), self)
        self.set_devices(None)
        self.dress_fields()
        self.lay_out()
        self.connect_fields()
        self.empty()

    def dress_fields(self) -> None:
        """Sizes, ranges and tooltips."""
        for index, row in enumerate(OPTIMIZERS):
            self.optimizer.setItemData(index, row.doc, Qt.ItemDataRole.ToolTipRole)
        self.slider.setRange(0, NOTCHES)
        self.slider.setPageStep(50)
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for widget, width, name in (
            (self.optimizer, 166, "Optimizer"), (self.batch, 52, "Batch"), (self.epochs, 52, "Epochs"),
            (self.slider, 88, "Learning rate"), (self.rate, 72, "Learning rate"), (self.device, 132, "Device"),
        ):  # fmt: skip
            widget.setFixedWidth(width)
            widget.setFixedHeight(22)
            widget.setAccessibleName(name)
        self.locks = (self.optimizer, self.batch, self.epochs, self.device)
        self.hints = {
            self.optimizer: "How the weights follow their gradients.",
            self.batch: "Images per step. Drag, type, or use the arrow keys.",
            self.epochs: "How often the run sees the whole training set.",
            self.device: "Where the run computes.",
        }
        self.slider.setToolTip("Learning rate, logarithmic. It can change while the network trains; a schedule multiplies it.")

    def lay_out(self) -> None:
        self.heads: dict[str, Caption] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 1)
        row.setSpacing(8)
        for widget in (self.train, self.step, self.stop):
            row.addWidget(widget)
        row.addSpacing(8)
        row.addWidget(line(self))
        row.addSpacing(6)
        row.addWidget(self.progress, 1)
        row.addSpacing(6)
        row.addWidget(line(self))
        row.addSpacing(2)
        for caption, widgets in (
            ("Optimizer", (self.optimizer,)), ("Batch", (self.batch,)), ("Epochs", (self.epochs,)),
            ("Learning rate", (self.slider, self.rate)), ("Device", (self.device,)),
        ):  # fmt: skip
            column, head = labelled(caption, *widgets)
            row.addLayout(column)
            self.heads[caption] = head

    def minimumSizeHint(self) -> QSize:
        """As if everything that can give way had done so: the window may be narrower than the whole bar."""
        return QSize(600, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def fit(self) -> None:
        """Lets go of as little as possible, so that the progress block has room for its words and no field touches another."""
        for count in range(len(THRIFT) + 1):
            gone = THRIFT[:count]
            for button in (self.step, self.stop):
                button.set_terse("words" in gone)
            self.slider.setVisible("slider" not in gone)
            for widget in (self.device, self.heads["Device"]):
                widget.setVisible("device" not in gone)
            self.layout().activate()  # else the columns still count what was just hidden
            if self.layout().totalMinimumSize().width() - self.progress.minimumWidth() + ROOM <= self.width():
                break

    def connect_fields(self) -> None:
        self.optimizer.activated.connect(self.choose_optimizer)
        self.device.activated.connect(self.choose_device)
        self.batch.valueEdited.connect(lambda value: self.recipeEdited.emit({"batch_size": value}, "batch_size"))
        self.epochs.valueEdited.connect(lambda value: self.recipeEdited.emit({"epochs": value}, "epochs"))
        self.rate.valueEdited.connect(lambda value: self.recipeEdited.emit({"learning_rate": value}, "learning_rate"))
        self.slider.valueChanged.connect(lambda notch: self.recipeEdited.emit({"learning_rate": rate_at(notch)}, "learning_rate"))
        for field in (self.batch, self.epochs, self.rate):
            field.committed.connect(lambda _: self.recipeCommitted.emit())
        self.slider.sliderReleased.connect(self.recipeCommitted)

    def choose_optimizer(self, index: int) -> None:
        if changes := switched(self.recipe, OPTIMIZERS[index].id):
            self.recipeEdited.emit(changes, "")

    def choose_device(self, index: int) -> None:
        if (device := self.device.itemData(index)) != self.recipe.device:
            self.recipeEdited.emit({"device": device}, "")

    # -- showing -----------------------------------------------------------------------------------------------------
    def empty(self) -> None:
        """There is no document yet: no values, and nothing to press."""
        self.setEnabled(False)
        for box in (self.optimizer, self.device):
            box.setCurrentIndex(-1)
        for field in (self.batch, self.epochs, self.rate):
            field.clear()

    def set_recipe(self, recipe: Recipe) -> None:
        """Shows the document's recipe."""
        self.setEnabled(True)
        self.recipe = recipe
        for index, row in enumerate(OPTIMIZERS):
            self.optimizer.setItemText(index, row.title if row.id != recipe.optimizer else title_of(recipe))
            if row.id == recipe.optimizer:
                self.optimizer.setCurrentIndex(index)
        self.batch.set_value(recipe.batch_size)
        self.epochs.set_value(recipe.epochs)
        self.rate.set_value(recipe.learning_rate)
        blocker = QSignalBlocker(self.slider)
        if not math.isclose(rate_at(self.slider.value()), recipe.learning_rate, rel_tol=1e-9):
            self.slider.setValue(notch_of(recipe.learning_rate))
        blocker.unblock()
        self.device.setCurrentIndex(max(0, self.device.findData(recipe.device)))

    def set_devices(self, ready: EngineReady | None) -> None:
        """What can be chosen, once the engine knows."""
        self.device.clear()
        self.device.addItem(ready.label if ready else "Automatic", "auto")
        self.device.setItemData(0, "Automatic: the fastest device that is there.", Qt.ItemDataRole.ToolTipRole)
        for name in ready.devices if ready else ():
            self.device.addItem({"cpu": "CPU", "cuda": "GPU (CUDA)"}.get(name, name), name)
        self.device.setCurrentIndex(max(0, self.device.findData(self.recipe.device)))

    def set_locked(self, locked: bool) -> None:
        """Whether a run is active: what it began with is dashed then, and says why."""
        for widget in self.locks:
            widget.setEnabled(not locked)
            widget.setToolTip(FIXED if locked else self.hints[widget])

    def set_face(self, state: str) -> None:
        """The primary button's word: Train, Pause or Resume."""
        text, icon = {"running": ("Pause", "pause"), "paused": ("Resume", "train")}.get(state, ("Train", "train"))
        self.train.set_face(text, icon)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("panel"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, t.color("line"))
        painter.end()


def title_of(recipe: Recipe) -> str:
    """What the optimizer of `recipe` is called: SGD says its momentum."""
    title = next((row.title for row in OPTIMIZERS if row.id == recipe.optimizer), recipe.optimizer)
    if recipe.optimizer != "sgd" or not recipe.momentum:
        return title
    return f"{title} · {'Nesterov' if recipe.nesterov else 'momentum'} {recipe.momentum:g}".replace(" 0.", " .")


def rate_at(notch: int) -> float:
    """The learning rate at a notch of the slider, three digits."""
    return float(f"{LOWEST * (HIGHEST / LOWEST) ** (notch / NOTCHES):.3g}")


def notch_of(rate: float) -> int:
    """The nearest notch of a learning rate."""
    return round(NOTCHES * math.log(min(max(rate, LOWEST), HIGHEST) / LOWEST) / math.log(HIGHEST / LOWEST))


def line(parent: QWidget) -> Rule:
    rule = Rule(parent, vertical=True)
    rule.setFixedHeight(34)
    return rule


def labelled(caption: str, *widgets: QWidget) -> tuple[QVBoxLayout, Caption]:
    """A caption above its fields, and the caption."""
    column = QVBoxLayout()
    column.setContentsMargins(0, 3, 0, 4)
    column.setSpacing(1)
    head = Caption(caption, "t3", px=10.5)
    column.addWidget(head)
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    column.addLayout(row)
    return column, head
