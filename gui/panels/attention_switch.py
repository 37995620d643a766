"""Chooses which attention of a network is looked at: node by node, or block and instance where they are in blocks. Shows what it is given."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.controls import Caption, Combo, NumberField, Segments
from gui.panels import attention_paths as paths
from gui.panels.attention_paths import Look

FEW = 6  # nodes up to which the switch has a segment for each


class NodeSwitch(QWidget):
    """1 2 3 by order, or by name where nodes are many; in blocks `Encoder ‹ 3 › of 12`."""

    nodeChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.looks: tuple[Look, ...] = ()
        self.current = ""
        self.choice: Segments | Combo | Caption | None = None  # of nodes, or of blocks
        self.number = NumberField(1, low=1, high=1, arrows=True)
        self.number.setFixedWidth(58)
        self.number.setAccessibleName("Which of them")
        self.count = Caption("", "t3", px=11)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(5)
        self.row.addWidget(self.number)
        self.row.addWidget(self.count)
        self.number.valueEdited.connect(self.take_number)

    @property
    def nested(self) -> bool:
        """Whether instances are chosen by number."""
        return any("/" in look.path for look in self.looks)

    def set_looks(self, looks: tuple[Look, ...], current: str) -> None:
        """Offers `looks` and shows which is looked at."""
        self.current = current
        if looks != self.looks:
            self.looks = looks
            self.rebuild()
        found = paths.place(looks, current)
        if isinstance(self.choice, Segments):
            self.choice.set_current(current)
        elif self.choice is not None:
            self.choice.setText(self.caption(current)) if isinstance(self.choice, Caption) else self.choice.setCurrentText(self.caption(current))
        several = self.nested and found is not None and found[2] > 1
        for widget in (self.number, self.count):
            widget.setVisible(several)
        if several:
            self.number.high = found[2]
            self.number.set_value(found[1])
            self.count.setText(f"of {found[2]}")
        self.setToolTip(f"Which attention node: {current}")

    def caption(self, path: str) -> str:
        """What a look's node or group is called."""
        return paths.name_of(self.looks, path).rpartition(" · ")[0] if self.numbered(path) else paths.name_of(self.looks, path)

    def numbered(self, path: str) -> bool:
        found = paths.place(self.looks, path)
        return found is not None and found[2] > 1 and "/" in path

    def rebuild(self) -> None:
        if self.choice is not None:
            self.row.removeWidget(self.choice)
            self.choice.hide()
            self.choice.deleteLater()
            self.choice = None
        self.setVisible(len(self.looks) > 1)
        if len(self.looks) < 2:
            return
        if self.nested:
            captions = list(dict.fromkeys(self.caption(look.path) for look in self.looks))
            self.choice = Combo(captions) if len(captions) > 1 else Caption(captions[0], "t1", px=11, weight=600)
            if isinstance(self.choice, Combo):
                self.choice.textActivated.connect(self.take_caption)
        elif len(self.looks) <= FEW:
            self.choice = Segments([(look.path, str(index + 1)) for index, look in enumerate(self.looks)])
            self.choice.currentChanged.connect(self.nodeChosen)
        else:
            self.choice = Combo([look.path for look in self.looks])
            self.choice.textActivated.connect(self.nodeChosen)
        if not self.nested:
            self.choice.setToolTip("Which attention node: " + ", ".join(f"{index + 1} {look.path}" for index, look in enumerate(self.looks)))
        self.row.insertWidget(0, self.choice)

    def take_caption(self, caption: str) -> None:
        """Another block: its instance of the same number where there is one."""
        group = [look.path for look in self.looks if self.caption(look.path) == caption]
        now = paths.place(self.looks, self.current)
        if group:
            self.nodeChosen.emit(group[min((now[1] if now else 1) - 1, len(group) - 1)])

    def take_number(self, value: float) -> None:
        """Another instance of the same block."""
        now = paths.place(self.looks, self.current)
        if now is not None:
            group = [look.path for look in self.looks if look.group == now[0].group]
            self.nodeChosen.emit(group[min(max(int(value), 1), len(group)) - 1])
