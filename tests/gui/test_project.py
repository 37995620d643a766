"""The open project: undo history, merging, dirty state, saving, and what survives a killed session."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.graph import edits, text
from engine.graph.document import Change, EditError
from engine.graph.model import Node, Snapshot
from engine.graph.ops import AddNode, MoveNodes, SetParams
from gui import autosave
from gui.project import Project

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def project():
    project = Project()
    yield project
    project.close()


def add(project: Project, type_id: str = "linear") -> str:
    ops, name = edits.add_node(project.snapshot(), type_id, (0.0, 0.0))
    project.push(f"Add {name}", ops)
    return name


def test_push_undo_redo(project: Project):
    before = project.snapshot()
    name = add(project)
    after = project.snapshot()
    project.undo()
    assert project.snapshot() == before
    project.redo()
    assert project.snapshot() == after
    assert project.stack.undoText() == f"Add {name}"


def test_a_refused_edit_leaves_nothing_behind(project: Project):
    add(project)
    count, before = project.stack.count(), project.snapshot()
    with pytest.raises(EditError):
        project.push("Twice", [AddNode(Node("other", "linear")), AddNode(Node("other", "linear"))])
    assert (project.stack.count(), project.snapshot()) == (count, before)


def test_a_scrub_is_one_step_and_the_next_scrub_another(project: Project):
    name = add(project)
    for value in (3, 4, 5):
        project.push("Set", edits.set_param(project.snapshot(), name, "out_features", value=value), merge="scrub")
    project.settle()
    project.push("Set", edits.set_param(project.snapshot(), name, "out_features", value=9), merge="scrub")
    assert project.stack.count() == 3
    project.undo()
    assert project.document.node(name).params["out_features"] == 5
    project.undo()
    assert "out_features" not in project.document.node(name).params


def test_merged_steps_do_not_grow(project: Project):
    name = add(project)
    for x in range(200):
        project.push("Move", [MoveNodes({name: (float(x), 0.0)})], merge="drag")
    assert project.stack.count() == 2
    assert len(project.stack.command(1).ops) == 1
    project.undo()
    assert project.document.node(name).pos == (0.0, 0.0)


def test_merging_different_targets_keeps_both(project: Project):
    one, two = add(project), add(project)
    project.push("Set", [SetParams(one, {"out_features": 7})], merge="both")
    project.push("Set", [SetParams(two, {"out_features": 8})], merge="both")
    project.undo()
    assert not project.document.node(one).params
    assert not project.document.node(two).params
    project.redo()
    assert project.document.node(one).params["out_features"] == 7
    assert project.document.node(two).params["out_features"] == 8


def test_signals(project: Project):
    seen: list[object] = []
    project.changed.connect(seen.append)
    project.dirtyChanged.connect(seen.append)
    add(project)
    project.undo()
    assert [type(thing) for thing in seen] == [Change, bool, Change, bool]
    assert [thing for thing in seen if isinstance(thing, bool)] == [True, False]


def test_save_open_is_identity(project: Project, tmp_path: Path):
    add(project)
    path = tmp_path / "net.chainrule"
    project.save(path)
    assert (project.dirty, project.title) == (False, "net")
    other = Project()
    other.open(path)
    assert other.snapshot() == project.snapshot()
    other.close()


def test_dirty_follows_undo_over_a_save(project: Project, tmp_path: Path):
    add(project)
    project.save(tmp_path / "net.chainrule")
    add(project)
    assert project.dirty
    project.undo()
    assert not project.dirty
    project.undo()
    assert project.dirty


def test_a_broken_file_leaves_the_document(project: Project, tmp_path: Path):
    add(project)
    before = project.snapshot()
    bad = tmp_path / "bad.chainrule"
    bad.write_text("{", encoding="utf-8")
    with pytest.raises(text.TextError, match=r"bad\.chainrule"):
        project.open(bad)
    assert project.snapshot() == before
    assert project.dirty


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said_and_nothing_is_lost(project: Project, tmp_path: Path):
    add(project)
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(text.TextError, match="was not saved"):
        project.save(folder / "net.chainrule")
    assert project.dirty


def test_a_full_disk_is_said_and_the_old_file_stays(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "net.chainrule"
    add(project)
    project.save(path)
    before = path.read_bytes()
    add(project)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(text.TextError, match="No space left"):
        project.save()
    assert path.read_bytes() == before
    assert project.dirty
    assert sorted(tmp_path.iterdir()) == [path, *([tmp_path / "home"] if (tmp_path / "home").exists() else [])]


def test_a_file_changed_outside_is_noticed(project: Project, tmp_path: Path):
    path = tmp_path / "net.chainrule"
    project.save(path)
    assert not project.changed_outside()
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert project.changed_outside()
    project.accept_outside()
    assert (project.changed_outside(), project.dirty) == (False, True)
    path.unlink()
    assert project.changed_outside()


# -- autosave --------------------------------------------------------------------------------------------------------


def test_autosave_keeps_edits_and_forgets_them_when_saved(project: Project, tmp_path: Path):
    keeper = autosave.Autosave(project, tmp_path / "sessions")
    add(project)
    assert keeper.soon.isActive()
    assert keeper.latest.isActive()
    keeper.write()
    assert text.open_file(keeper.folder / autosave.DOCUMENT) == project.snapshot()
    assert autosave.find_lost(tmp_path / "sessions") == []  # its process lives
    project.save(tmp_path / "net.chainrule")
    assert not keeper.folder.exists()
    keeper.close()


def test_autosave_comes_by_itself(project: Project, tmp_path: Path, wait, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(autosave, "AFTER_EDIT", 30)
    keeper = autosave.Autosave(project, tmp_path / "sessions")
    add(project)
    wait(lambda: (keeper.folder / autosave.DOCUMENT).exists(), 5)
    keeper.close()
    assert not keeper.folder.exists()


def test_autosave_says_once_when_it_cannot(project: Project, tmp_path: Path):
    (tmp_path / "sessions").write_text("a file where a folder should be", encoding="utf-8")
    keeper = autosave.Autosave(project, tmp_path / "sessions")
    said: list[str] = []
    keeper.failed.connect(said.append)
    add(project)
    keeper.write()
    keeper.write()
    assert len(said) == 1
    assert "Save the project" in said[0]
    keeper.close()


VICTIM = """
import sys, time
sys.path.insert(0, {root!r})
from PySide6.QtCore import QCoreApplication
from pathlib import Path
from engine.graph import edits
from gui.autosave import Autosave
from gui.project import Project
app = QCoreApplication([])
project = Project()
keeper = Autosave(project, Path({folder!r}))
ops, name = edits.add_node(project.snapshot(), "conv2d", (0.0, 0.0))
project.push("Add", ops)
keeper.write()
print("kept", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_edits_come_back_after_kill_9(tmp_path: Path, app):
    code = VICTIM.format(root=str(ROOT), folder=str(tmp_path / "sessions"))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout.readline() == "kept\n"
        assert autosave.find_lost(tmp_path / "sessions") == []  # it lives: hands off
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    lost = autosave.find_lost(tmp_path / "sessions")
    assert [node.type for node in lost[0].snapshot.nodes] == ["conv2d"]
    assert lost[0].path is None
    autosave.discard(lost[0].folder)
    assert autosave.find_lost(tmp_path / "sessions") == []


SAVER = """
import sys
sys.path.insert(0, {root!r})
from engine.graph import text
from engine.graph.model import Node, Snapshot
print("go", flush=True)
number = 0
while True:
    number += 1
    nodes = tuple(Node(f"linear{{i}}", "linear", {{"out_features": number % 1000 + 1}}) for i in range(1, 200))
    text.save({path!r}, Snapshot(nodes=nodes))
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_kill_9_while_saving_never_damages_the_file(tmp_path: Path, app):
    path = tmp_path / "net.chainrule"
    text.save(path, Snapshot())
    for trial in range(5):
        with subprocess.Popen([sys.executable, "-c", SAVER.format(root=str(ROOT), path=str(path))], stdout=subprocess.PIPE, text=True) as saver:
            saver.stdout.readline()
            time.sleep(0.05 + 0.03 * trial)
            saver.kill()
            saver.wait()
        assert len(text.open_file(path).nodes) in (0, 199)
    project = Project()
    project.open(path)
    assert list(tmp_path.glob(".*.part")) == []  # strays of dead processes are swept
    project.close()


def test_find_lost_survives_rubbish(tmp_path: Path, app):
    root = tmp_path / "sessions"
    (root / "empty").mkdir(parents=True)
    (root / "broken").mkdir()
    (root / "broken" / autosave.DOCUMENT).write_text("{", encoding="utf-8")
    (root / "file").write_text("x", encoding="utf-8")
    assert autosave.find_lost(root) == []
    assert not (root / "empty").exists()
    assert (root / "broken" / autosave.DOCUMENT).exists()
    assert autosave.find_lost(tmp_path / "nowhere") == []
