"""The canvas's mouse, wheel, key and drop handlers: they choose tools and move the camera. A mixin; knows no document."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)

from gui import shelf
from gui.editor import command, hit, keyboard
from gui.editor.tools.choose import tool_for
from gui.editor.tools.pan import Pan
from gui.editor.tools.place import Place
from gui.editor.tools.tool import Pointer, Tool

MIME = "application/x-chainrule-layer"
BORDER, PERIOD, SPEED = 22, 16, 14.0  # auto-pan: px from the edge, ms, px per tick at most
ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
FOCUS_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class Events:
    """Event handlers of the canvas."""

    def begin_events(self) -> None:
        """State of gestures; called once by the canvas."""
        self.tool: Tool | None = None
        self.panning: Pan | None = None  # in the middle of another gesture
        self.space_held = False
        self.space_used = False
        self.menu_due = True  # whether the right press that was last asks for the context menu
        self.keyboard_focus = False
        self.here = QPointF(-1, -1)  # the pointer, viewport px
        self.modifiers = Qt.KeyboardModifier.NoModifier
        self.hovered = hit.Hit()
        self.chooser_act = lambda chosen: None
        self.chooser.chosen.connect(lambda chosen: self.chooser_act(chosen))
        self.chooser.closed.connect(self.overlay.clear)
        self.border_timer = QTimer(self)
        self.border_timer.setInterval(PERIOD)
        self.border_timer.timeout.connect(self.pan_at_border)

    # -- pointer -----------------------------------------------------------------------------------------------------
    def pointer(self, at: QPointF, modifiers: Qt.KeyboardModifier, button: Qt.MouseButton = Qt.MouseButton.NoButton) -> Pointer:
        self.here, self.modifiers = at, modifiers
        return Pointer(self.camera.scene_point(at), at, modifiers, button)

    def pointer_view(self) -> QPointF:
        """The pointer in the viewport, or the viewport's middle when it is elsewhere."""
        return self.here if self.viewport().rect().contains(self.here.toPoint()) else self.camera.middle()

    def pointer_place(self) -> QPointF:
        """The pointer in the scene."""
        return self.camera.scene_point(self.pointer_view())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.keyboard_focus = False
        self.hide_tip()
        pointer = self.pointer(event.position(), event.modifiers(), event.button())
        self.menu_due = self.tool is None and not pointer.ctrl
        if self.tool is not None:
            if self.tool.sticky and event.button() == Qt.MouseButton.LeftButton:
                return
            if self.tool.sticky and event.button() == Qt.MouseButton.MiddleButton:
                self.panning = Pan(self)
                self.panning.start(pointer)
                return
            self.stop_tool()
            return
        self.space_used = self.space_used or self.space_held
        tool = tool_for(self, pointer)
        if tool is not None:
            self.camera.glide.stop()
            self.stop_gliding()
            self.light(hit.Hit())
            self.tool = tool
            self.viewport().setCursor(tool.cursor)
            tool.start(pointer)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pointer = self.pointer(event.position(), event.modifiers())
        if self.tool is not None:
            if self.panning:
                self.panning.move(pointer)
                pointer = self.pointer(event.position(), event.modifiers())
            self.tool.move(pointer)
            if self.tool and self.tool.auto_pan and self.tool.dragging and self.at_border():
                self.border_timer.start() if not self.border_timer.isActive() else None
            return
        self.hover(pointer)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pointer = self.pointer(event.position(), event.modifiers(), event.button())
        tool = self.tool
        if tool is None:
            return
        if self.panning:
            self.panning = None
            return
        self.border_timer.stop()
        self.tool = None
        tool.finish(pointer)
        if not tool.dragging and event.button() == Qt.MouseButton.LeftButton and not (pointer.ctrl or pointer.shift):
            self.show_sign(pointer)
        if tool.sticky:
            self.tool = tool
        else:
            self.rest_cursor()
            self.hover(pointer)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pointer = self.pointer(event.position(), event.modifiers(), event.button())
        found = hit.at(self.network, pointer.scene, zoom=self.camera.zoom)
        if event.button() != Qt.MouseButton.LeftButton or found.port:
            self.mousePressEvent(event)
        elif found.node:
            self.activate(found.node)
        elif found.wire:
            command.reroute(self, found.wire, pointer.scene)
        elif found.frame:
            self.edit_frame(found.frame)
        else:
            self.network.selection.clear()
            self.quick_add(event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            if not self.menu_due:  # this press gave a gesture up, or cut wires
                return
            found = hit.at(self.network, self.camera.scene_point(QPointF(event.pos())), zoom=self.camera.zoom)
            chosen = self.network.selection
            if found.node and found.node not in chosen.nodes:
                chosen.set([found.node])
            elif found.wire and found.wire not in chosen.wires:
                chosen.set((), [found.wire])
            elif found.frame and found.frame not in chosen.frames:
                chosen.set((), (), [found.frame])
        self.menuRequested.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        self.hide_tip()
        self.light(hit.Hit())
        super().leaveEvent(event)

    def show_sign(self, pointer: Pointer) -> None:
        """A click on a problem's sign opens the card with its repairs."""
        found = hit.at(self.network, pointer.scene, zoom=self.camera.zoom)
        if found.part == "sign":
            self.show_fixes(found.node, wire=found.wire)

    def stop_tool(self) -> bool:
        """Cancels the gesture that runs, as if it had not begun; whether there was one."""
        if self.tool is None:
            return False
        tool, self.tool, self.panning = self.tool, None, None
        self.border_timer.stop()
        tool.cancel()
        self.rest_cursor()
        return True

    def rest_cursor(self) -> None:
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor if self.space_held else Qt.CursorShape.ArrowCursor)

    # -- panning at the border while dragging ------------------------------------------------------------------------
    def at_border(self) -> QPointF | None:
        """How far to pan per tick, or None away from the border."""
        rect = self.viewport().rect()
        dx = pull(self.here.x(), rect.width())
        dy = pull(self.here.y(), rect.height())
        return QPointF(dx, dy) if dx or dy else None

    def pan_at_border(self) -> None:
        way = self.at_border()
        if self.tool is None or way is None or not self.tool.dragging:
            self.border_timer.stop()
            return
        self.camera.pan(way.x(), way.y())
        self.tool.move(self.pointer(self.here, self.modifiers))

    # -- wheel and pinch ---------------------------------------------------------------------------------------------
    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms at the pointer; two fingers on a touchpad pan, with Ctrl they zoom."""
        touchpad = event.device() is not None and event.device().type() == QInputDevice.DeviceType.TouchPad
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        self.hide_tip()
        if touchpad and not ctrl and not event.pixelDelta().isNull():
            self.camera.pan(event.pixelDelta().x(), event.pixelDelta().y())
        elif event.angleDelta().y():
            self.camera.zoom_at(event.position(), 1.0015 ** event.angleDelta().y())
        elif event.angleDelta().x():
            self.camera.pan(event.angleDelta().x() / 2, 0)
        if self.tool is not None:
            self.tool.move(self.pointer(event.position(), event.modifiers()))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.camera.zoom_at(event.position(), 1.0 + event.value())
            return True
        if event.type() == QEvent.Type.Gesture:
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if pinch is not None:
                self.camera.zoom_at(QPointF(self.viewport().mapFromGlobal(pinch.hotSpot().toPoint())), pinch.scaleFactor() or 1.0)
                return True
        return super().viewportEvent(event)

    # -- keys --------------------------------------------------------------------------------------------------------
    def focusNextPrevChild(self, forward: bool) -> bool:
        return False  # Tab opens the search; Ctrl+Tab and the window's own keys leave the canvas

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self.tool is not None and self.tool.key(event):
            event.accept()
            return
        if key == Qt.Key.Key_Escape:
            self.stop_tool() if self.tool else self.network.selection.clear()
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.space_held, self.space_used = True, self.tool is not None
                self.rest_cursor()
        elif key == Qt.Key.Key_Tab and self.tool is None:
            self.quick_add()
        elif key in ARROWS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.walk(key)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.network.selection.current:
            self.activate(self.network.selection.current)
        elif key == Qt.Key.Key_Backspace and not self.network.selection and not event.modifiers():
            self.back_out()
        else:
            event.ignore()
            return
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            tapped = self.space_held and not self.space_used and self.tool is None
            self.space_held = False
            self.rest_cursor()
            if tapped:
                self.quick_add()
            event.accept()
            return
        event.ignore()

    def walk(self, key: Qt.Key) -> None:
        """Selects the neighbour and keeps it in view."""
        if self.empty.isVisible():
            self.empty.step(1)
        name = keyboard.step(self.network, key)
        if name:
            self.select([name])
            area = self.network.nodes[name].rect().adjusted(-20, -20, 20, 20)
            if not self.camera.shown().contains(area):
                self.camera.look_at(area.center(), self.camera.zoom)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.keyboard_focus = event.reason() in FOCUS_BY_KEY
        self.viewport().update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.keyboard_focus = self.space_held = False
        self.stop_tool()
        self.viewport().update()
        super().focusOutEvent(event)

    # -- layers from the palette -------------------------------------------------------------------------------------
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        type_id = bytes(event.mimeData().data(MIME)).decode("utf-8", "replace") if event.mimeData().hasFormat(MIME) else ""
        if shelf.row(type_id, self.network.document) is None:
            event.ignore()
            return
        self.stop_tool()
        self.empty.step_aside(True)
        self.tool = Place(self, type_id)
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if isinstance(self.tool, Place):
            self.tool.move(self.pointer(event.position(), event.modifiers()))
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.stop_tool()
        self.empty.step_aside(False)

    def dropEvent(self, event: QDropEvent) -> None:
        if not isinstance(self.tool, Place):
            event.ignore()
            return
        tool, self.tool = self.tool, None
        pointer = self.pointer(event.position(), event.modifiers())
        tool.move(pointer)
        tool.finish(pointer)
        event.acceptProposedAction()
        self.setFocus(Qt.FocusReason.OtherFocusReason)


def pull(at: float, length: float) -> float:
    """How fast to pan for a pointer at `at` in 0..length: positive shows more at the start."""
    if at < BORDER:
        return SPEED * min(1.0, (BORDER - at) / BORDER)
    if at > length - BORDER:
        return -SPEED * min(1.0, (at - length + BORDER) / BORDER)
    return 0.0
