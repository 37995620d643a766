"""A section of the recipe panel that is one choice and the settings that come with it: the optimizer, the schedule. Writes no document."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.layers.optimizers import OptimizerType
from engine.layers.params import Param
from engine.layers.schedules import Schedule
from gui.controls import Caption, Combo
from gui.inspector.fields import WIDTH
from gui.inspector.rows import INSET, FormRow, Section


class ChoiceSection(Section):
    """`chosen` carries the id that the user picked. The rows of the settings are made by `make_row` and replaced with the choice."""

    chosen = Signal(str)

    def __init__(self, title: str, offers: Sequence[OptimizerType | Schedule], parent: QWidget, *, make_row: Callable[[Param, QWidget], FormRow]) -> None:
        super().__init__(title, parent)
        self.offers, self.make_row = tuple(offers), make_row
        self.combo = Combo([offer.title for offer in offers], self)
        self.combo.setFixedWidth(WIDTH)
        self.combo.activated.connect(lambda index: self.chosen.emit(self.offers[index].id))
        self.doc = Caption("", "t3", px=11, parent=self)
        self.doc.setWordWrap(True)
        self.doc.setContentsMargins(INSET, 2, INSET, 6)
        self.add(FormRow(title, self.combo, self))
        self.add(self.doc)
        self.own: dict[str, FormRow] = {}
        self.shown = ""

    def show_choice(self, wanted: str) -> bool:
        """Shows the settings of the offer called `wanted`; whether rows were replaced. An unknown one leaves all as it is."""
        offer = next((offer for offer in self.offers if offer.id == wanted), None)
        if offer is None or wanted == self.shown:
            return False
        self.shown = wanted
        self.combo.setCurrentIndex(self.offers.index(offer))
        self.doc.setText(offer.doc)
        for row in self.own.values():
            row.hide()
            row.deleteLater()
        self.own = {param.name: self.make_row(param, self) for param in offer.params}
        for row in self.own.values():
            self.add(row)
        return True
