"""Every panel of the window as one record. Imports no panel: each is made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from PySide6.QtWidgets import QWidget

LEFT, RIGHT, BOTTOM = "left", "right", "bottom"


@dataclass(frozen=True, slots=True)
class Panel:
    """`group`: panels of one group share a tab strip, the first one is in front. `make` is "module:Class"; `gui.wiring` connects it.

    `eager` panels come with the first document, the others right after it. `wide` is the group's first width or height in px.
    """

    id: str
    title: str
    icon: str
    area: str
    group: str
    make: str
    wide: int
    eager: bool = False

    @property
    def module(self) -> str:
        """Where its class is; importing that is what takes time."""
        return self.make.partition(":")[0]


PANELS: tuple[Panel, ...] = (
    Panel("palette", "Palette", "plus", LEFT, "palette", "gui.panels.palette:Palette", 210, eager=True),
    Panel("outline", "Outline", "runs", LEFT, "palette", "gui.panels.outline:OutlinePanel", 210),
    Panel("lessons", "Lessons", "lesson", LEFT, "palette", "gui.panels.lessons:LessonsPanel", 210),
    Panel("inspector", "Inspector", "formula", RIGHT, "inspector", "gui.inspector.inspector:Inspector", 300, eager=True),
    Panel("lesson", "Lesson", "book", RIGHT, "inspector", "gui.panels.lesson:LessonPanel", 300),
    Panel("recipe", "Recipe", "dice", RIGHT, "inspector", "gui.panels.recipe:RecipePanel", 300),
    Panel("curves", "Curves", "curves", BOTTOM, "curves", "gui.panels.curves:CurvesPanel", 636),
    Panel("code", "Code", "code", BOTTOM, "curves", "gui.panels.code:CodePanel", 636),
    Panel("problems", "Problems", "problems", BOTTOM, "curves", "gui.panels.problems:ProblemsPanel", 636),
    Panel("filters", "Filters", "filters", BOTTOM, "filters", "gui.panels.filters:FiltersPanel", 431),
    Panel("evaluation", "Evaluation", "grid", BOTTOM, "filters", "gui.panels.evaluation:EvaluationPanel", 431),
    Panel("activations", "Activations", "activations", BOTTOM, "activations", "gui.panels.activations:ActivationsPanel", 533),
    Panel("attention", "Attention", "attention", BOTTOM, "activations", "gui.panels.attention:AttentionPanel", 533),
    Panel("segmentation", "Segmentation", "segmentation", BOTTOM, "activations", "gui.panels.segmentation:SegmentationPanel", 533),
    Panel("views", "Views", "multi-view", BOTTOM, "activations", "gui.panels.views:ViewsPanel", 533),
)
BOTTOM_HEIGHT = 280
NARROW = {"filters": "activations"}  # in a narrow window, groups that share the strip of another one


def find(panel_id: str) -> Panel | None:
    """The panel with this id, or None."""
    return next((panel for panel in PANELS if panel.id == panel_id), None)


def groups(*, narrow: bool = False) -> list[list[Panel]]:
    """Panels by tab strip, in order."""
    table: dict[str, list[Panel]] = {}
    for panel in PANELS:
        table.setdefault(NARROW.get(panel.group, panel.group) if narrow else panel.group, []).append(panel)
    return list(table.values())


def factory(panel: Panel) -> Callable[..., QWidget]:
    """The class of `panel`."""
    return getattr(import_module(panel.module), panel.make.partition(":")[2])
