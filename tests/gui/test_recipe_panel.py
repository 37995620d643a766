"""The recipe panel and the inspector's learning rows: what they show, what they tell, and the drawn schedule."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtTest import QTest

from engine.graph.document import Document
from engine.graph.model import Node, Recipe, Snapshot
from engine.layers.optimizers import OPTIMIZERS
from engine.layers.recipe import GENERAL, rescheduled, switched
from engine.layers.schedules import SCHEDULES
from gui.inspector.inspector import Inspector
from gui.panels.recipe import RecipePanel


@pytest.fixture
def panel(app):
    panel = RecipePanel()
    panel.resize(300, 900)
    panel.show()
    yield panel
    panel.close()
    panel.deleteLater()


@pytest.mark.parametrize("row", OPTIMIZERS, ids=lambda row: row.id)
def test_each_optimizer_brings_its_own_rows(panel: RecipePanel, row):
    panel.set_recipe(replace(Recipe(), **switched(Recipe(optimizer=""), row.id)))
    assert list(panel.rows) == [*(p.name for p in row.params), *(p.name for p in GENERAL)]
    assert not any(panel.rows[p.name].changed_from_default for p in row.params)
    assert panel.optimizer.combo.currentText() == row.title and panel.optimizer.doc.text() == row.doc


@pytest.mark.parametrize("row", SCHEDULES, ids=lambda row: row.id)
def test_each_schedule_brings_its_rows_and_is_drawn(panel: RecipePanel, row):
    panel.set_recipe(Recipe(schedule=row.id))
    assert list(panel.schedule.own) == [p.name for p in row.params]
    line = panel.preview.line(QRectF(0, 0, 100, 50))
    assert (line.first().x(), line.last().x()) == (0, 100) and min(point.y() for point in line) == 0
    assert "0.05" in panel.preview.words()


def test_choosing_and_editing_tell_the_fields_of_the_recipe(panel: RecipePanel):
    told: list[tuple[dict, str]] = []
    panel.edited.connect(lambda changes, merge: told.append((changes, merge)))
    panel.schedule.combo.setFocus()
    QTest.keyClick(panel.schedule.combo, Qt.Key.Key_Down)
    assert told == [(rescheduled(Recipe(), "step"), "")]
    panel.set_recipe(Recipe(schedule="step"))
    field = panel.rows["step_epochs"].field.number
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "3")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert told[-1] == ({"step_epochs": 3}, "recipe.step_epochs")


def test_only_the_rate_can_change_while_a_run_is_active(panel: RecipePanel):
    panel.set_running(True)
    assert not panel.schedule.combo.isEnabled() and not panel.optimizer.combo.isEnabled()
    assert [name for name, row in panel.rows.items() if row.field.isEnabled()] == ["learning_rate"]


def test_a_recipe_out_of_bounds_is_shown_without_a_curve(panel: RecipePanel):
    for recipe in (Recipe(schedule="sawtooth"), Recipe(schedule="step", step_epochs=0), Recipe(learning_rate=-1.0), Recipe(optimizer="lion")):
        panel.set_recipe(recipe)
        assert panel.preview.rates == []
        panel.preview.grab()


def test_the_longest_run_is_drawn_at_once(panel: RecipePanel):
    panel.set_recipe(Recipe(schedule="cosine", epochs=100_000))
    assert len(panel.preview.rates) < 10_000


class Still:
    def __init__(self, snapshot: Snapshot) -> None:
        self.document = Document(snapshot)

    def snapshot(self) -> Snapshot:
        return self.document.snapshot()


def test_the_inspector_offers_the_weights_of_equal_layers_and_a_factor(app):
    nodes = (Node("conv1", "conv2d"), Node("conv2", "conv2d", shares="conv1"), Node("conv3", "conv2d", lr_factor=0.5), Node("relu1", "relu"))
    inspector = Inspector(Still(Snapshot(nodes=nodes)))
    inspector.resize(300, 900)
    inspector.show()
    told: list[tuple[str, dict]] = []
    inspector.nodeEdited.connect(lambda node, changes: told.append((node, changes)))
    inspector.show_nodes(["conv3"])
    rows = inspector.page.learning
    assert [rows.shares.itemText(i) for i in range(rows.shares.count())] == ["its own", "those of conv1"]
    assert rows.factor.value() == 0.5 and rows.factor_row.changed_from_default
    rows.shares.setFocus()
    QTest.keyClick(rows.shares, Qt.Key.Key_Down)
    rows.factor_row.reset.click()
    assert told == [("conv3", {"shares": "conv1"}), ("conv3", {"lr_factor": 1.0})]
    inspector.show_nodes(["conv2"])
    rows = inspector.page.learning
    assert rows.shares.currentText() == "those of conv1" and rows.factor_row.isHidden()
    inspector.show_nodes(["relu1"])
    assert inspector.page.learning.factor_row.isHidden() and inspector.page.learning.shares_row.isHidden()
    inspector.close()
    inspector.deleteLater()
