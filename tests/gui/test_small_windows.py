"""What the chrome does in small windows: it lets go of words in order, and nothing touches, overlaps or is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication, QTabBar, QWidget

from engine import library
from gui import theme
from gui.docks import Dock
from gui.shell import FIRST_SIZE, SMALLEST
from gui.window import Window

SIZES = [(1600, 1000), (1366, 768), (1280, 720), (1200, 700), (1100, 650), (1024, 640), SMALLEST]


def fit(window: Window, size: tuple[int, int]) -> None:
    window.resize(*size)
    QApplication.processEvents()
    assert window.size().toTuple() == size


def in_view(bar: QWidget, widgets: list[QWidget]) -> list[QRect]:
    """Where the widgets that are seen lie on the bar."""
    return [QRect(widget.mapTo(bar, QPoint(0, 0)), widget.size()) for widget in widgets if widget.isVisible()]


def apart(rects: list[QRect], width: int) -> bool:
    return all(one.right() < other.left() for one, other in pairwise(rects)) and rects[-1].right() < width


def test_the_run_bar_keeps_its_parts_apart_and_its_words_whole(window: Window):
    for size in SIZES:
        fit(window, size)
        bar = window.run_bar
        bar.progress.set_heading("Paused · epoch 12 of 120")
        fields = [bar.optimizer, bar.batch, bar.epochs, bar.slider, bar.rate, bar.device]
        assert apart(in_view(bar, [bar.train, bar.step, bar.stop, bar.progress, *fields]), size[0])
        assert apart(in_view(bar, list(bar.heads.values())), size[0])
        assert all(head.width() >= head.sizeHint().width() for head in bar.heads.values() if head.isVisible())
        assert bar.progress.width() > QFontMetricsF(theme.font(12, 600)).horizontalAdvance(bar.progress.heading) + 12
        for button in (bar.train, bar.step, bar.stop):
            assert QFontMetricsF(button.font()).horizontalAdvance(button.text()) + 20 < button.width()
            assert button.toolTip() and (button.text() or button.accessibleName())


def test_the_run_bar_lets_go_in_order_and_takes_it_back(window: Window):
    bar = window.run_bar
    seen = []
    for width in range(1600, SMALLEST[0] - 1, -20):
        fit(window, (width, 700))
        state = (bool(bar.step.text()), bar.slider.isVisible(), bar.device.isVisible())
        if state not in seen:
            seen.append(state)
    assert seen == [(True, True, True), (False, True, True), (False, False, True), (False, False, False)]
    assert bar.step.accessibleName() == "Step" and bar.stop.accessibleName() == "Stop"
    fit(window, (1600, 1000))
    assert (bar.step.text(), bar.stop.text(), bar.slider.isVisible(), bar.device.isVisible()) == ("Step", "Stop", True, True)


def test_the_title_bar_keeps_menus_name_and_field_apart(window: Window):
    for size in SIZES:
        bar = window.title_bar
        for name in ("net", "a document with quite a long name that somebody gave it"):
            bar.set_title(name, True)
            fit(window, size)
            assert apart(in_view(bar, [bar.menu_bar, bar.title, bar.field, bar.theme_button]), size[0])
            assert bar.menu_bar.width() >= bar.menu_bar.sizeHint().width()
            assert bar.title.width() >= min(bar.title.sizeHint().width(), 120)


def test_the_status_bar_drops_what_is_least_needed(window: Window):
    for size in SIZES:
        fit(window, size)
        bar = window.status
        bar.set_problems(12, 34)
        bar.set_counts(1234, 1_143_667_240, "1,234.5 G")
        bar.set_speed([("123,456", True), (" samples/s · ", False), ("12:34:56", True), (" left", False)])
        bar.set_probes(0.05)
        bar.set_saved([("Saved ", False), ("23:59", True)])
        QApplication.processEvents()
        facts = [*bar.left, bar.message, *bar.right]
        assert apart(in_view(bar, facts), size[0])
        assert all(fact.width() >= fact.widest for fact in facts if fact.isVisible())
        assert bar.problems.isVisible() and bar.warnings.isVisible() and bar.speed.isVisible()
        gone = [fact for fact in bar.thrift if not fact.isVisible()]
        assert gone == list(bar.thrift[: len(gone)])
        assert not gone if size[0] >= 1280 else gone or size[0] > 1024
        bar.set_speed([])
        bar.set_probes(None)
        bar.set_counts(3, 10, "1 k")
        fit(window, (1600, 1000))
        assert bar.seed.isVisible() and bar.macs.isVisible() and not bar.speed.isVisible()


def test_a_long_message_is_cut_and_whole_in_its_tooltip(window: Window):
    fit(window, SMALLEST)
    sentence = "Drop one file or folder at a time, since each of them becomes something else. " * 4
    window.say(sentence)
    QApplication.processEvents()
    bar = window.status
    assert bar.message.geometry().right() <= bar.width() - 12 and bar.message.toolTip() == sentence
    bar.clear_message()
    assert bar.nodes.isVisible()


def strips(window: Window) -> list[QTabBar]:
    return [bar for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly) if bar.isVisible() and bar.count()]


def test_every_tab_is_seen_whole_in_the_default_layout(window: Window, wait):
    for size in SIZES:
        fit(window, size)
        window.reset_layout()
        wait(lambda: strips(window), 5, "the tab bars")
        window.strip_keeper.order()
        QApplication.processEvents()
        bars = strips(window)
        assert len(bars) == (4 if size[0] < 1200 else 5)
        for bar in bars:
            last = bar.tabRect(bar.count() - 1)
            assert bar.tabRect(0).left() >= 0 and last.right() < bar.width(), [bar.tabText(index) for index in range(bar.count())]
        assert window.canvas.width() >= 360 and window.canvas.height() >= 150


def test_docks_take_their_places_in_the_size_in_which_the_window_is_first_shown(app, home, show):
    from gui.app import finish
    from gui.settings import Settings

    for width, together in ((1024, True), (1400, False)):
        made = Window(Settings(home / f"{width}.ini"))
        made.after_first_paint = lambda: None
        made.furnish()
        made.resize(width, 640)
        made.show()
        QApplication.processEvents()
        beside = [dock.objectName() for dock in made.tabifiedDockWidgets(made.docks["filters"]) if isinstance(dock, Dock)]
        assert ("activations" in beside) is together
        finish(made)


def test_the_first_window_is_no_larger_than_the_screen(window: Window, home):
    from gui.app import finish
    from gui.settings import Settings

    made = Window(Settings(home / "first.ini"))
    made.furnish()
    screen = made.screen().availableSize()
    assert made.width() <= max(SMALLEST[0], min(FIRST_SIZE[0], screen.width())) and made.height() <= max(SMALLEST[1], min(FIRST_SIZE[1], screen.height()))
    finish(made)


@pytest.mark.parametrize("lesson", ["lenet-mnist", "two-heads", "unet-scenes"])
def test_the_minimap_covers_no_node_while_all_are_in_view(window: Window, lesson: str):
    window.acts["motion-full"].trigger()
    window.project.replace(library.read(lesson), lesson=lesson)
    window.fresh_document()
    for size in SIZES:
        fit(window, size)
        canvas = window.canvas
        canvas.zoom_to(200)
        canvas.frame_all()
        canvas.camera.glide.setCurrentTime(canvas.camera.glide.duration())
        canvas.minimap.follow()
        assert canvas.minimap.shows_all()
        covered = QRectF(canvas.minimap.geometry())
        for item in canvas.network.nodes.values():
            corners = [canvas.camera.view_point(point) for point in (item.rect().topLeft(), item.rect().bottomRight())]
            assert not (canvas.minimap.isVisible() and covered.intersects(QRectF(*corners)))
