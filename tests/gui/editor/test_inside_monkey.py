"""Random keys, drags, wires and exposures in and out of blocks: the canvas shows what the document holds, and undo leads back to the start."""

from __future__ import annotations

import random

from nested import ALT, CTRL, NET, NONE, SHIFT
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.compile.analyse import analyse
from engine.graph.document import Document

K = Qt.Key
KEYS = [
    (K.Key_Return, NONE), (K.Key_Backspace, NONE), (K.Key_Up, ALT), (K.Key_Down, ALT), (K.Key_Delete, NONE), (K.Key_D, CTRL), (K.Key_G, CTRL),
    (K.Key_G, CTRL | SHIFT), (K.Key_Z, CTRL), (K.Key_Z, CTRL | SHIFT), (K.Key_C, CTRL), (K.Key_V, CTRL), (K.Key_X, CTRL), (K.Key_B, NONE), (K.Key_L, CTRL),
    (K.Key_Return, NONE), (K.Key_Backspace, CTRL), (K.Key_PageDown, CTRL), (K.Key_Z, CTRL),
]  # fmt: skip
TYPES = ["relu", "linear", "block_input", "block_output", "block:Inner", "library:mlp", "choose"]


def mirrors(canvas) -> None:
    """The scene holds exactly what the open level holds."""
    scene, level = canvas.network, canvas.project.level
    assert scene.document is level and set(scene.nodes) == set(level.nodes) and set(scene.wires) == set(level.wires)
    assert all(item.node is level.node(name) and item.pos().toTuple() == level.node(name).pos for name, item in scene.nodes.items())
    assert scene.selection.nodes <= set(scene.nodes)


def act(window, user, rnd: random.Random) -> None:
    """One random thing that a user can do."""
    canvas, what = window.canvas, rnd.random()
    nodes, ports = sorted(canvas.network.nodes), canvas.network.atlas.ports
    outs, ins = [port for port in ports if port.is_output], [port for port in ports if not port.is_output]
    if what < 0.45 or not nodes:
        user.key(*rnd.choice(KEYS))
    elif what < 0.7:
        canvas.select(rnd.sample(nodes, min(len(nodes), rnd.choice([1, 1, 2, 3]))))
    elif what < 0.8:
        name = rnd.choice(nodes)
        canvas.camera.look_at(canvas.network.nodes[name].rect().center(), 1.0, glide=False)
        at = user.title(name)
        user.drag(at, (at[0] + rnd.randint(-200, 200), at[1] + rnd.randint(-150, 150)))
    elif what < 0.88 and outs and ins:
        one, two = rnd.choice(outs), rnd.choice(ins)
        canvas.camera.frame(canvas.network.content(), glide=False)
        user.drag(user.port(one.node, one.port, True), user.port(two.node, two.port, False))
    elif what < 0.94:
        rows = [row for row in getattr(window.panel("inspector").page, "rows", {}).values() if row.exposure]
        rnd.choice(rows).exposeClicked.emit() if rows else None
    else:
        window.edit.add_type(rnd.choice(TYPES))


def test_random_actions_in_and_out_of_blocks(net, user):
    rnd, canvas = random.Random(7), net.canvas
    levels = set()
    net.project.go("wide1")
    for step in range(150):
        canvas.setFocus()
        act(net, user, rnd)
        if canvas.chooser.isVisible():
            QTest.keyClick(canvas.chooser.field, K.Key_Escape)
        if canvas.tool is not None:
            user.key(K.Key_Escape)
        mirrors(canvas)
        levels.add(net.project.level.path)
        if step % 30 == 0:
            snapshot = net.project.snapshot()
            assert Document(snapshot).snapshot() == snapshot
            net.bridge.take_analysis(analyse(snapshot, generation=net.bridge.generation))
    assert len(levels) > 2  # it has been inside
    end = net.project.snapshot()
    count = net.project.stack.index()
    while net.project.stack.canUndo():
        net.undo()
    assert net.project.snapshot() == NET
    for _ in range(count):
        net.project.redo()
    assert net.project.snapshot() == end
    mirrors(canvas)
