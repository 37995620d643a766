"""The welcome page: what it offers, how mouse and keys reach it, and that neither it nor the empty canvas gets in the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from engine import library
from engine.graph import text
from gui import theme
from gui.app import open_first
from gui.dialogs import ask
from gui.phrases import ago
from gui.recents import DATA, RecentList
from gui.settings import Settings
from gui.shell import SMALLEST
from gui.welcome import grid
from gui.welcome.page import WelcomePage
from gui.window import Window

KEY, LEFT = Qt.Key, Qt.MouseButton.LeftButton


def opened(window: Window) -> WelcomePage:
    """The page, opened as a user opens it."""
    window.activateWindow()
    QTest.keyClick(window.canvas, KEY.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    QApplication.processEvents()
    page = window.help.opening.page
    assert page.isVisible() and page.field.hasFocus()
    return page


@pytest.fixture
def projects(window: Window, tmp_path: Path) -> list[Path]:
    """Three projects that were open, the newest first; the one in the middle is gone."""
    made = [tmp_path / f"{name}.chainrule" for name in ("third", "second", "first")]
    for path in reversed(made):
        text.save(path, library.read("lenet-mnist"))
        window.settings.add_recent(path)
    made[1].unlink()
    return made


def click_row(view: RecentList, row: int, *, cross: bool = False) -> None:
    rect = view.visualItemRect(view.item(row))
    QTest.mouseClick(view.viewport(), LEFT, pos=view.cross_of(rect).center() if cross else QPoint(rect.left() + 30, rect.center().y()))


# -- what it offers --------------------------------------------------------------------------------------------------


def test_the_first_start_skips_it_and_opens_the_first_lesson(window: Window):
    open_first(window, "")
    assert window.help.opening is None and window.project.lesson == library.FIRST_LESSON
    assert window.acts["train"].isEnabled() and window.canvas.isVisible()


def test_every_lesson_and_template_has_a_card_under_its_part(window: Window):
    page = opened(window)
    cards = page.cards.shown
    assert {card.entry.id for card in cards} == {entry.id for entry in library.entries()} and len(cards) == len(library.entries())
    assert [head.text() for head, _ in page.cards.sections] == [*(name for name, _ in library.PARTS), grid.TEMPLATES]
    for head, own in page.cards.sections:
        assert own and head.y() < min(card.y() for card in own)
        assert all((card.entry.kind == "template") == (head.text() == grid.TEMPLATES) for card in own)
    assert not any(a.geometry().intersects(b.geometry()) for i, a in enumerate(cards) for b in cards[:i])
    assert {len(row) for row in page.cards.rows} <= {1, 2, 3} and (cards[0].width(), cards[0].height()) == (220, 132)
    assert page.heading.font().pixelSize() == 20 and page.heading.font().weight() == 600


@pytest.mark.parametrize(
    ("items", "name"), [((1,), "Introduction"), ((24, 30, 45), "Introduction"), ((30,), "ConvNets"), ((89,), "Tricks and tips"), ((104,), "Modern networks")]
)
def test_a_lesson_belongs_to_the_part_in_which_it_begins(items: tuple[int, ...], name: str):
    assert library.part(replace(library.entries()[0], lecture_items=items)) == name


def test_search_and_parts_leave_what_fits(window: Window):
    page = opened(window)
    QTest.keyClicks(page.field, "resnet-18")
    assert [card.entry.id for card in page.cards.shown] == ["plain18", "resnet18"] and page.cards.best().entry.id == "resnet18"
    assert [head.text() for head, _ in page.cards.sections if head.isVisible()] == [grid.TEMPLATES]
    QTest.mouseClick(page.parts, LEFT, pos=page.parts.segment_rect(1).center().toPoint())
    assert page.cards.shown == [] and page.cards.nothing.isVisible()
    QTest.keyClick(page.field, KEY.Key_Escape)  # the first Escape empties the field
    assert page.isVisible() and {library.part(card.entry) for card in page.cards.shown} == {"Introduction"}
    QTest.keyClick(page.field, KEY.Key_Return)
    assert page.isVisible()  # nothing was asked for


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("size", [(1600, 1000), (1024, 640), SMALLEST])
def test_nothing_is_cut_or_overlaps_in_any_size(window: Window, projects: list[Path], size: tuple[int, int], name: str):
    theme.use(name)
    window.resize(*size)
    page = opened(window)
    bar = window.run_bar.mapTo(window, QPoint(0, window.run_bar.height())).y()
    assert (page.x(), page.y(), page.width()) == (0, bar, size[0]) and page.geometry().bottom() < window.statusBar().y()
    assert window.childAt(size[0] // 2, bar + 200) is not None and page.isAncestorOf(window.childAt(size[0] // 2, bar + 200))
    widgets = [page.heading, page.new, page.open, page.cross, page.side, page.field, page.parts, page.cards]
    assert all(widget.width() >= widget.sizeHint().width() for widget in (page.heading, page.new, page.open, page.parts))
    boxes = [QRect(widget.mapTo(page, QPoint(0, 0)), widget.size()) for widget in widgets]
    assert all(page.rect().contains(box) for box in boxes)
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert page.field.width() >= 150 and all(card.geometry().right() < page.cards.viewport().width() for card in page.cards.shown)


# -- opening and leaving ---------------------------------------------------------------------------------------------


def test_a_click_on_a_card_opens_the_lesson_and_the_page_is_gone(window: Window):
    page = opened(window)
    card = page.cards.shown[3]
    QTest.mouseClick(card, LEFT, pos=QPoint(40, 40))
    assert window.project.lesson == card.entry.id and not page.isVisible() and window.canvas.hasFocus()


def test_new_and_open_are_the_actions_of_the_file_menu(window: Window, projects: list[Path], monkeypatch: pytest.MonkeyPatch):
    window.files.open_lesson("lenet-mnist")
    page = opened(window)
    QTest.mouseClick(page.new, LEFT)
    assert not window.project.document.nodes and not page.isVisible()
    page = opened(window)
    monkeypatch.setattr(ask, "open_path", lambda *_: projects[0])
    QTest.mouseClick(page.open, LEFT)
    assert window.project.path == projects[0] and not page.isVisible()
    assert not page.new.property("primary") and not page.open.property("primary")  # Train is the one primary button


def test_unsaved_edits_that_are_kept_keep_the_page(window: Window, monkeypatch: pytest.MonkeyPatch):
    window.edit.add_type("linear")
    page = opened(window)
    monkeypatch.setattr(ask, "unsaved", lambda *_: "cancel")
    QTest.mouseClick(page.cards.shown[0], LEFT, pos=QPoint(40, 40))
    assert page.isVisible() and window.project.document.nodes


def test_escape_the_cross_and_the_action_close_it(window: Window):
    page = opened(window)
    QTest.keyClick(page.field, KEY.Key_Escape)
    assert not page.isVisible() and window.canvas.hasFocus()
    opened(window)
    QTest.mouseClick(page.cross, LEFT)
    assert not page.isVisible()
    opened(window)
    window.acts["welcome"].trigger()
    assert not page.isVisible()
    assert window.acts["welcome"] in window.menus["File"].actions()


def test_it_stays_in_front_and_covers_a_window_that_grows(window: Window):
    page = opened(window)
    window.resize(1300, 800)
    QApplication.processEvents()
    window.strip_keeper.order()  # lays the grips of the seams over the docks anew
    assert page.width() == 1300
    for x in range(5, 1300, 43):
        there = window.childAt(x, 500)
        assert there is page or page.isAncestorOf(there), there


# -- keys ------------------------------------------------------------------------------------------------------------


def test_tab_goes_round_the_page_and_not_under_it(window: Window, projects: list[Path]):
    page = opened(window)
    seen = []
    for _ in range(9):
        seen.append(QApplication.focusWidget())
        QTest.keyClick(seen[-1], KEY.Key_Tab)
    assert seen[:8] == [page.field, page.parts, page.cards.shown[0], page.recents, page.clear, page.new, page.open, page.cross]
    assert seen[8] is page.field
    QTest.keyClick(page.parts, KEY.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    assert page.field.hasFocus()


def test_arrows_walk_over_the_cards_and_enter_opens_one(window: Window):
    page = opened(window)
    QTest.keyClick(page.field, KEY.Key_Down)
    rows = page.cards.rows

    def press(key: Qt.Key) -> QWidget:
        QTest.keyClick(QApplication.focusWidget(), key)
        return QApplication.focusWidget()

    assert QApplication.focusWidget() is rows[0][0]
    assert press(KEY.Key_Right) is rows[0][1]
    assert press(KEY.Key_Down) is rows[1][1]
    assert press(KEY.Key_Left) is rows[1][0] and press(KEY.Key_Left) is rows[0][-1]
    for _ in range(len(rows)):
        last = press(KEY.Key_Down)
    assert last in rows[-1]
    at = last.mapTo(page.cards.viewport(), QPoint(0, 0)).y()
    assert 0 <= at <= page.cards.viewport().height() - last.height()  # scrolled into view
    press(KEY.Key_Return)
    assert window.project.lesson == last.entry.id


def test_up_from_the_first_row_goes_back_to_the_search(window: Window):
    page = opened(window)
    QTest.keyClick(page.field, KEY.Key_Down)
    QTest.keyClick(QApplication.focusWidget(), KEY.Key_Up)
    assert page.field.hasFocus()
    QTest.keyClicks(page.field, "alexnet of 2012")
    QTest.keyClick(page.field, KEY.Key_Return)
    assert window.project.lesson == "alexnet-2012"


# -- recent projects -------------------------------------------------------------------------------------------------


def test_recent_projects_say_folder_time_and_what_is_gone(window: Window, projects: list[Path]):
    page = opened(window)
    view = page.recents
    assert [view.item(row).text() for row in range(view.count())] == ["third", "second", "first"]
    assert [view.item(row).data(DATA)[1:] for row in range(3)] == [("just now", False), ("moved or removed", True), ("just now", False)]
    assert view.visualItemRect(view.item(0)).height() == 22 and view.height() == 66
    spoken = QAccessible.queryAccessibleInterface(view).child(1).text(QAccessible.Text.Name)
    assert spoken.startswith("second, in ") and spoken.endswith("moved or removed")


def test_a_click_opens_a_project_and_a_lost_one_says_why(window: Window, projects: list[Path]):
    page = opened(window)
    click_row(page.recents, 1)
    assert page.isVisible() and "second.chainrule cannot be opened: moved or removed" in window.status.message.words[0][0]
    click_row(page.recents, 2)
    assert window.project.path == projects[2] and not page.isVisible()
    assert [recent.path for recent in window.settings.recents()] == [projects[2], projects[0], projects[1]]  # it is the newest now


def test_projects_are_taken_from_the_list_by_cross_key_and_button(window: Window, projects: list[Path]):
    page = opened(window)
    click_row(page.recents, 1, cross=True)
    assert [recent.path for recent in window.settings.recents()] == [projects[0], projects[2]] and page.isVisible()
    page.recents.setFocus()
    page.recents.setCurrentRow(0)
    QTest.keyClick(page.recents, KEY.Key_Delete)
    assert [recent.path for recent in window.settings.recents()] == [projects[2]] and page.recents.currentRow() == 0
    QTest.mouseClick(page.clear, LEFT)
    assert window.settings.recents() == [] and page.bare.isVisible() and not page.recents.isVisible() and not page.clear.isVisible()


def test_keys_open_a_recent_project(window: Window, projects: list[Path]):
    page = opened(window)
    page.recents.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.recents, KEY.Key_Down)
    QTest.keyClick(page.recents, KEY.Key_Down)
    QTest.keyClick(page.recents, KEY.Key_Return)
    assert window.project.path == projects[2]


def test_the_menu_greys_what_is_gone(window: Window, projects: list[Path]):
    menu = window.menus["Open recent"]
    menu.aboutToShow.emit()
    assert [action.isEnabled() for action in menu.actions()[:3]] == [True, False, True]
    assert "moved or removed" in menu.actions()[1].toolTip()


def test_times_survive_and_any_content_is_tolerated(home: Path, tmp_path: Path, app):
    path = tmp_path / "a.chainrule"
    path.write_text("{}", encoding="utf-8")
    settings = Settings(home / "r.ini")
    settings.add_recent(path)
    again = Settings(home / "r.ini")
    settings.sync()
    assert again.recents()[0].minute > 28_000_000 and again.recents() == settings.recents()
    settings.store.setValue("recent", [str(path), str(tmp_path), str(tmp_path / "no" / "b.chainrule"), "", 3])
    settings.store.setValue("recent-minutes", "nonsense")
    settings.store.remove("recent-minutes")
    assert [(recent.minute, recent.lack()) for recent in settings.recents()] == [(0, ""), (0, "a folder now"), (0, "its folder is not there")]
    assert settings.recent() == [path]


@pytest.mark.parametrize(("before", "words"), [(0, "just now"), (1, "1 min ago"), (59, "59 min ago")])
def test_a_short_time_ago(before: int, words: str):
    assert ago(30_000_000 - before, 30_000_000) == words


def test_a_long_time_ago():
    noon = 30_260_000  # in July
    said = [ago(noon - minutes, noon) for minutes in (60, 24 * 60, 40 * 24 * 60, 800 * 24 * 60)]
    assert said[0][-3] == ":" or said[0] == "yesterday"
    assert said[1] == "yesterday" and len(said[2].split()) == 2 and said[3].split()[2].isdigit()


# -- the empty canvas ------------------------------------------------------------------------------------------------


def test_an_empty_canvas_offers_recent_projects_and_the_page(window: Window, projects: list[Path]):
    window.files.open_lesson("lenet-mnist")
    hint = window.canvas.empty
    assert not hint.list.isVisible() and not hint.every.isVisible()
    window.files.new()
    QApplication.processEvents()
    assert hint.list.isVisible() and hint.list.count() == 3
    others = [hint.words.geometry(), hint.every.geometry(), *(card.geometry() for card in hint.cards if card.isVisible())]
    assert not any(hint.list.geometry().intersects(box) for box in others) and window.canvas.rect().contains(hint.list.geometry())
    click_row(hint.list, 1, cross=True)
    assert hint.list.count() == 2 and [recent.path for recent in window.settings.recents()] == [projects[0], projects[2]]
    QTest.mouseClick(hint.every, LEFT)
    assert window.help.opening.page.isVisible()
    window.help.opening.close()
    click_row(hint.list, 1)
    assert window.project.path == projects[2] and not hint.list.isVisible()


def test_keys_reach_the_recent_projects_of_an_empty_canvas(window: Window, projects: list[Path]):
    window.files.new()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, KEY.Key_Down)
    QTest.keyClick(QApplication.focusWidget(), KEY.Key_Left)
    assert window.canvas.empty.list.hasFocus()
    QTest.keyClick(window.canvas.empty.list, KEY.Key_Escape)
    assert window.canvas.hasFocus()
    QTest.keyClick(window.canvas, KEY.Key_Tab)  # drawing goes on as ever
    QTest.keyClicks(window.canvas.chooser.field, "linear")
    QTest.keyClick(window.canvas.chooser.field, KEY.Key_Return)
    assert window.project.document.nodes and not window.canvas.empty.list.isVisible()


def test_a_narrow_canvas_keeps_its_gestures_and_lets_the_projects_go(window: Window, projects: list[Path]):
    window.resize(1024, 640)
    window.files.new()
    QApplication.processEvents()
    assert window.canvas.empty.words.isVisible() and not window.canvas.empty.list.isVisible()


def test_the_list_is_not_looked_up_before_the_window_is_shown(home: Path, app, monkeypatch: pytest.MonkeyPatch):
    from gui.app import finish

    asked: list[None] = []
    monkeypatch.setattr(Settings, "recents", lambda self: asked.append(None) or [])
    made = Window(Settings(home / "s.ini"))
    made.after_first_paint = lambda: None
    made.furnish()
    assert asked == []
    made.show()
    QApplication.processEvents()
    assert asked
    finish(made)
