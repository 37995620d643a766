"""Nothing is told of a document that nobody has looked at yet: no counts, no "no problems", and never the source of another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import library
from gui.dialogs import ask
from gui.panels.code import AWAITED, UNWIRED
from gui.window import Window


def told(window: Window) -> list[str]:
    status = window.status
    return [fact.accessibleName() for fact in (status.problems, status.parameters, status.macs)]


def test_before_the_engine_is_there_nothing_is_claimed(window: Window):
    window.files.open_lesson("lenet-mnist")
    assert told(window) == ["Loading PyTorch…", "", ""] and window.status.nodes.accessibleName() == "12 nodes"
    assert window.panel("code").empty.sentence.text() == AWAITED
    assert window.panel("problems").empty.sentence.text() == "The network has not been checked yet."


def test_what_was_known_of_another_document_is_forgotten(window: Window, wait):
    window.bridge.start()
    window.files.open_lesson("lenet-mnist")
    wait(lambda: window.bridge.current, 60)
    assert window.panel("problems").empty.sentence.text() == "No problems."
    assert told(window)[:2] == ["No problems", "110,578 parameters"] and window.acts["export-code"].isEnabled()
    assert "conv2" in window.panel("code").source.text
    window.files.open_lesson("mlp-mnist")
    assert told(window) == ["Checking…", "", ""] and not window.acts["export-code"].isEnabled()
    assert window.panel("code").source.text == window.bridge.source.text == ""
    wait(lambda: window.bridge.current, 60)
    assert told(window)[0] == "No problems" and "conv2" not in window.panel("code").source.text
    window.files.new()
    wait(lambda: window.bridge.current, 60)
    assert window.panel("code").empty.sentence.text() == UNWIRED
    window.files.open_lesson("lenet-mnist")
    assert window.panel("code").empty.sentence.text() == AWAITED


def test_code_that_is_exported_right_after_an_edit_has_the_edit(window: Window, wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    window.bridge.start()
    window.project.replace(library.read("lenet-mnist"))
    window.fresh_document()
    wait(lambda: window.bridge.current, 60)
    monkeypatch.setattr(ask, "save_path", lambda *_: tmp_path / "net.py")
    window.edit.set_param("conv1", "out_channels", 24)
    assert not window.bridge.current
    window.files.export_code()
    assert not (tmp_path / "net.py").exists()
    wait((tmp_path / "net.py").exists, 30)
    assert "nn.Conv2d(1, 24, 5, padding=2)" in (tmp_path / "net.py").read_text(encoding="utf-8")
