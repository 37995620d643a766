"""The canvas's painting, hovering and short motions. A mixin; draws what the scene holds and changes no document."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEasingCurve, QPointF, QRectF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QRegion, QResizeEvent, QShowEvent, QTransform
from PySide6.QtWidgets import QGraphicsView, QLineEdit, QWidget

from gui import theme
from gui.editor import command, explain, hit, ink, overview, standing
from gui.editor.detail import LOW, detail_of
from gui.editor.tools.tool import Pointer

LAYOUT_TIME, GLOW_TIME = 150, 600  # ms
EDGE = 2  # px by which a line on the screen may leave its course
MARK = 8  # px by which rings and signs leave what they belong to, however small that is painted


class TitleField(QLineEdit):
    """The title of a frame while it is edited. `ended` comes with Enter, with Escape (as it was), and when the focus goes."""

    ended = Signal()

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.before = title

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self.before)
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.parentWidget().setFocus(Qt.FocusReason.OtherFocusReason)  # which ends the editing
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.ended.emit()


class Painting:
    """Painting and motion of the canvas."""

    # -- painting ----------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.network.detail != LOW:
            QGraphicsView.paintEvent(self, event)
            return
        painter = QPainter(self.viewport())
        transform = self.viewportTransform()
        self.paint_far(painter, transform, event.region())
        painter.setTransform(transform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.overlay.draw(painter)
        painter.resetTransform()
        self.paint_focus(painter)
        painter.end()

    def paint_far(self, painter: QPainter, view: QTransform, region: QRegion) -> None:
        """The network in bulk. Who asks for all of the view has changed more than the place of what is dragged."""
        scene, port = self.network, self.viewport().rect()
        whole = region.boundingRect() == port
        if whole:
            scene.standing.forget()
        if standing.few_move(scene) and not whole:
            overview.paint_dragged(painter, scene, view=view, size=port.size(), ratio=self.devicePixelRatioF())
        else:
            overview.paint(painter, scene, view=view, region=region)

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        port = self.viewport()
        area = self.mapFromScene(rect).boundingRect().adjusted(-1, -1, 1, 1).intersected(port.rect())
        painter.save()
        painter.resetTransform()
        origin = self.camera.view_point(QPointF(0, 0))
        ratio = self.devicePixelRatioF()
        self.backdrop.paint(painter, area, zoom=self.camera.zoom, shift=origin, size=port.size(), detail=self.network.detail, ratio=ratio)
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        self.overlay.draw(painter)
        if self.keyboard_focus:
            painter.save()
            painter.resetTransform()
            self.paint_focus(painter)
            painter.restore()

    def paint_focus(self, painter: QPainter) -> None:
        """A ring inside the border while the canvas was reached by key."""
        if self.keyboard_focus:
            painter.setPen(ink.get().pen("accent", 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))

    def mark(self, area: QRectF | None = None) -> None:
        """Repaints `area` (scene px; empty: everything) when one layer paints the view; items mark themselves otherwise."""
        if self.network.detail != LOW:
            return
        self.network.standing.forget()
        if area is None or area.isEmpty():
            self.viewport().update()
        else:
            self.viewport().update(self.camera.view_rect(area).adjusted(-MARK, -MARK, MARK, MARK))

    def mark_areas(self, areas: Iterable[QRectF]) -> None:
        """Repaints these areas (scene px), of what a gesture draws: its lines have no rings and signs around them."""
        port = self.viewport()
        for area in areas:
            port.update(self.camera.view_rect(area).adjusted(-EDGE, -EDGE, EDGE, EDGE))

    def follow_zoom(self, zoom: float) -> None:
        """The level of detail, once per change of the view."""
        self.network.detail = detail_of(zoom)
        self.follow_screen()
        self.viewport().update()
        self.zoomChanged.emit(zoom)

    def follow_screen(self) -> None:
        """The resolution that pixmaps need on this screen at this zoom."""
        zoom = self.camera.zoom
        self.network.screen = self.devicePixelRatioF()
        self.network.ratio = self.network.screen * (1 if zoom <= 1.05 else 2 if zoom <= 2 else 3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.empty.settle()
        self.minimap.settle()
        self.heat.legend.settle()
        if self.unframed and self.isVisible():
            self.frame_all(glide=False)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.follow_screen()
        if self.unframed:
            self.frame_all(glide=False)
        self.network.gallery.catch_up()

    # -- hovering ----------------------------------------------------------------------------------------------------
    def hover(self, pointer: Pointer) -> None:
        """Lights what is under the pointer and counts down to its tooltip."""
        found = hit.at(self.network, pointer.scene, zoom=self.camera.zoom)
        if found != self.hovered:
            self.hide_tip()
            self.light(found)
            if found.node or found.wire or found.port:
                self.hover_timer.start()
        if not self.space_held:
            shapes = Qt.CursorShape
            over = {"sign": shapes.PointingHandCursor, "grip": shapes.SizeFDiagCursor}.get(found.part, shapes.ArrowCursor)
            self.viewport().setCursor(shapes.CrossCursor if found.port else over)

    def light(self, found: hit.Hit) -> None:
        self.hovered = found
        if self.network.detail == LOW:
            return
        self.network.light(node=found.node or (found.port.node if found.port else ""), wire=found.wire)

    def show_tip(self) -> None:
        """The tooltip of what is hovered, beside it."""
        found = self.hovered
        if self.tool is not None or self.chooser.isVisible() or self.fixing():
            return
        name = found.node or (found.port.node if found.port else "")
        if name in self.network.nodes:
            area = self.network.nodes[name].rect()
            box = QRectF(self.camera.view_point(area.topLeft()), self.camera.view_point(area.bottomRight()))
            self.tip.show_at(explain.of_node(self.network, name), self.here, avoid=box)
        elif found.wire in self.network.wires:
            self.tip.show_at(explain.of_wire(self.network, found.wire), self.here)

    def hide_tip(self) -> None:
        self.hover_timer.stop()
        self.tip.hide()

    def show_reason(self, words: str, at: QPointF, *, token: str = "err") -> None:
        """The reason of a refusal at the pointer, or in another colour what a gesture waits for; empty takes it away."""
        html = explain.in_color(words, token) if words else ""
        self.reason.show_at(html, at)

    # -- motion ------------------------------------------------------------------------------------------------------
    def glide_nodes(self, homes: dict[str, tuple[float, float]]) -> None:
        """Moves items from `homes` to where the document has them, in 150 ms. The document is there already."""
        if not (self.motion and self.isVisible()):
            return
        goals = {name: self.network.nodes[name].node.pos for name in homes if name in self.network.nodes}

        def step(share: float) -> None:
            places = {n: tuple(a + (b - a) * share for a, b in zip(homes[n], goals[n], strict=True)) for n in goals if n in self.network.nodes}
            self.network.preview(places)

        self.stop_gliding()
        self.gliding = QVariantAnimation(self)
        self.gliding.setDuration(LAYOUT_TIME)
        self.gliding.setStartValue(0.0)
        self.gliding.setEndValue(1.0)
        self.gliding.setEasingCurve(QEasingCurve.Type.InOutQuad)
        self.gliding.valueChanged.connect(step)
        self.gliding.finished.connect(self.stop_gliding)
        step(0.0)
        self.gliding.start()

    def stop_gliding(self) -> None:
        """Ends a motion at its goal."""
        if self.gliding is not None:
            motion, self.gliding = self.gliding, None
            motion.stop()
            motion.deleteLater()
            self.network.sync()

    def glow(self, node_id: str) -> None:
        """A ring that fades within 600 ms round the node that something points at."""
        item = self.network.nodes.get(node_id)
        if item is None or not (self.motion and self.isVisible()):
            return
        fade = QVariantAnimation(self)
        fade.setDuration(GLOW_TIME)
        fade.setStartValue(1.0)
        fade.setEndValue(0.0)
        fade.valueChanged.connect(lambda share: self.network.nodes[node_id].tell(glow=round(share, 1)) if node_id in self.network.nodes else None)
        fade.start(QVariantAnimation.DeletionPolicy.DeleteWhenStopped)

    # -- frames ------------------------------------------------------------------------------------------------------
    def edit_frame(self, name: str) -> None:
        """A line edit over the frame's title; Enter keeps, Escape drops."""
        item = self.network.frames[name]
        corner = self.camera.view_point(item.area.topLeft())
        field = TitleField(item.frame.title, self)
        field.setAccessibleName("Title of the frame")
        field.setFont(theme.font(11, 600))
        field.setGeometry(round(corner.x()) + 8, round(corner.y()) + 3, 200, 24)

        def keep() -> None:
            if field.text() != item.frame.title and name in self.network.frames:
                command.rename_frame(self, name, field.text())
            field.hide()
            field.deleteLater()

        field.ended.connect(keep)
        field.show()
        field.selectAll()
        field.setFocus(Qt.FocusReason.PopupFocusReason)
