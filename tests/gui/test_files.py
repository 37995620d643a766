"""What the window asks and tells about files: unsaved edits, broken and changed files, recovery, and what is dropped on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl

from engine.graph import edits, text
from engine.graph.model import Snapshot
from gui import autosave
from gui.dialogs import ask
from gui.project import Project
from gui.window import Window


def add(window: Window, type_id: str = "linear") -> None:
    window.edit.add_type(type_id)


def drop(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


# -- what it asks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "left"), [("cancel", False), ("discard", True), ("save", True)])
def test_unsaved_edits_are_asked_about(window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str, left: bool):
    add(window)
    asked: list[str] = []
    monkeypatch.setattr(ask, "unsaved", lambda parent, title: asked.append(title) or answer)
    monkeypatch.setattr(ask, "save_path", lambda *_: tmp_path / "kept.chainrule")
    window.files.new()
    assert asked == ["untitled"]
    assert bool(window.project.document.nodes) is not left
    assert (tmp_path / "kept.chainrule").exists() is (answer == "save")


def test_closing_may_be_cancelled(window: Window, monkeypatch: pytest.MonkeyPatch):
    add(window)
    monkeypatch.setattr(ask, "unsaved", lambda *_: "cancel")
    assert not window.close()
    assert window.isVisible()
    monkeypatch.setattr(ask, "unsaved", lambda *_: "discard")
    assert window.close()
    assert window.ending


def test_closing_while_a_run_trains_is_asked_about(window: Window, monkeypatch: pytest.MonkeyPatch):
    window.training.state = "running"
    monkeypatch.setattr(ask, "running", lambda *_: False)
    assert not window.close()
    monkeypatch.setattr(ask, "running", lambda *_: True)
    assert window.close()


def test_save_reopen_and_recent(window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    add(window)
    monkeypatch.setattr(ask, "save_path", lambda *_: tmp_path / "net.chainrule")
    window.acts["save"].trigger()
    kept = window.project.snapshot()
    assert window.status.saved.words[0][0] == "Saved "
    window.files.new()
    assert not window.project.document.nodes
    assert window.files.open_path(tmp_path / "net.chainrule")
    assert window.project.snapshot() == kept
    assert window.settings.recent() == [tmp_path / "net.chainrule"]
    window.menus["Open recent"].aboutToShow.emit()
    assert window.menus["Open recent"].actions()[0].text() == str(tmp_path / "net.chainrule")


def test_a_broken_file_is_told_and_changes_nothing(window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    said: list[str] = []
    monkeypatch.setattr(ask, "tell", lambda parent, sentence: said.append(sentence))
    bad = tmp_path / "bad.chainrule"
    bad.write_text("{", encoding="utf-8")
    before = window.project.snapshot()
    assert not window.files.open_path(bad)
    assert window.project.snapshot() == before
    assert said[0].startswith("bad.chainrule: ")


def test_a_file_changed_outside_is_offered(window: Window, tmp_path: Path):
    path = tmp_path / "net.chainrule"
    text.save(path, window.project.snapshot())
    window.files.open_path(path)
    other = Project()
    other.open(path)
    other.push("Add", edits.add_node(other.snapshot(), "conv2d", (0.0, 0.0))[0])
    other.save()
    other.close()
    window.files.check_outside()
    notice = window.notices.notices["outside"]
    assert "changed by another program" in notice.sentence.text()
    notice.buttons[0].click()
    assert list(window.project.document.nodes) == ["conv1"]
    assert not window.notices.notices


def test_recovery_is_offered_and_restores(window: Window, home: Path):
    session = home / "state" / "sessions" / "dead"
    session.mkdir(parents=True)
    snapshot = edits_of("conv2d")
    text.save(session / autosave.DOCUMENT, snapshot)
    window.files.offer_recovery()
    notice = window.notices.notices["lost0"]
    notice.buttons[0].click()
    assert window.project.snapshot() == snapshot
    assert window.project.dirty
    assert not session.exists()
    assert (window.autosave.folder / autosave.DOCUMENT).exists()  # it is safe again at once


def edits_of(type_id: str) -> Snapshot:
    project = Project()
    project.push("Add", edits.add_node(project.snapshot(), type_id, (0.0, 0.0))[0])
    snapshot = project.snapshot()
    project.close()
    return snapshot


# -- what is dropped on it -------------------------------------------------------------------------------------------


def test_dropping_a_project_opens_it(window: Window, tmp_path: Path):
    path = tmp_path / "net.chainrule"
    text.save(path, edits_of("relu"))
    assert window.files.drops.accepts(drop(path))
    window.files.drops.drop(drop(path), None)
    assert window.project.path == path


def test_dropping_a_folder_makes_a_dataset_in_one_step(window: Window, tmp_path: Path):
    folder = tmp_path / "pets"
    (folder / "cats").mkdir(parents=True)
    window.files.drops.drop(drop(folder), (40.0, 60.0))
    node = next(iter(window.project.document.nodes.values()))
    box = window.canvas.network.nodes[node.id].rect()
    assert node.type == "image_folder"
    assert box.left() < 40 < box.right() and abs(node.pos[1] + 14 - 60) <= 10  # its title lies under the pointer
    assert str(folder) in node.params.values()
    window.undo()
    assert not window.project.document.nodes


def test_a_dropped_folder_covers_no_other_node(window: Window, tmp_path: Path):
    (tmp_path / "pets" / "cats").mkdir(parents=True)
    window.files.open_lesson("lenet-mnist")
    at = window.canvas.network.nodes["conv1"].rect().center().toTuple()
    window.files.drops.drop(drop(tmp_path / "pets"), at)
    boxes = {name: item.rect() for name, item in window.canvas.network.nodes.items()}
    new = boxes.pop("images1")
    assert not any(new.intersects(box) for box in boxes.values())


def test_dropping_something_else_says_what_fits(window: Window, tmp_path: Path):
    path = tmp_path / "song.mp3"
    path.touch()
    window.files.drops.drop(drop(path), None)
    assert ".chainrule" in window.status.message.words[0][0]
