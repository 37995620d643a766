"""Project files: what is refused, in which words, and that a failed save never harms the old file."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine.graph import disk, text
from engine.graph.document import Document
from engine.graph.model import Node, Recipe, Snapshot
from engine.graph.schema import RecipeRecord
from engine.graph.text import TextError

LESSONS = sorted((Path(__file__).parents[3] / "resources" / "lessons").glob("*.chainrule"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lessons_are_in_canonical_form(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert text.dump(text.load(content)) == content


def project(**more: object) -> str:
    return json.dumps({"chainrule": 1, **more})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ('{"chainrule": 1, "nodes": [', "cut off"),
        ("[1, 2]", "no Chainrule project"),
        ('{"layers": []}', "no Chainrule project"),
        ('{"chainrule": 99}', "newer Chainrule"),
        ('{"chainrule": true}', "whole number"),
        ("[" * 10_000, "nested too deeply"),
        ('{"chainrule": 1, "x": ' + "[" * 10_000 + "]" * 10_000 + "}", "nested too deeply"),
        ('{"chainrule": 1, "recipe": {"learning_rate": NaN}}', "NaN"),
        ('{"chainrule": 1, "chainrule": 1}', "twice"),
        (project(recipe={"batch_size": 0}), "batch_size"),
        (project(recipe={"learning_rate": 1e30}), "learning_rate"),
        (project(recipe={"device": "__import__('os')"}), "device"),
        (project(surprise=1), "surprise"),
        (project(nodes=[{"id": "a b", "type": "relu"}]), "nodes → 0 → id: a name starts with a letter"),
        (project(nodes=[{"id": "lambda", "type": "relu"}]), "cannot name a node"),
        (project(nodes=[{"id": "a", "type": "relu"}, {"id": "a", "type": "relu"}]), "already"),
        (project(nodes=[{"id": "a", "type": "relu", "pos": [1e99, 0]}]), "pos"),
        (project(wires=[["a", "out", "b", "x"]]), "no node 'a'"),
        (project(nodes=[{"id": "a", "type": "relu"}, {"id": "b", "type": "relu"}], wires=[["a", "out", "b", "x"], ["b", "out", "a", "x"]]), "loop"),
    ],
)
def test_bad_texts_are_refused_in_one_clear_sentence(content: str, words: str) -> None:
    with pytest.raises(TextError, match=words) as caught:
        text.load(content)
    assert len(str(caught.value)) < 600


def test_an_unknown_type_is_kept_with_all_its_values() -> None:
    content = project(nodes=[{"id": "a", "type": "hologram", "params": {"beams": [1, 2], "deep": {"x": 1.5}}}])
    snapshot = text.load(content)
    again = text.load(text.dump(snapshot))
    assert again == snapshot
    assert dict(again.node("a").params) == {"beams": (1, 2), "deep": {"x": 1.5}}


def test_an_impossible_parameter_does_not_lose_the_project() -> None:
    snapshot = text.load(project(nodes=[{"id": "c", "type": "conv2d", "params": {"out_channels": -3}}]))
    assert snapshot.node("c").params["out_channels"] == -3


def test_a_binary_file_and_a_missing_file_are_named(tmp_path: Path) -> None:
    binary = tmp_path / "photo.chainrule"
    binary.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(TextError, match=r"photo\.chainrule is no text file"):
        text.open_file(binary)
    with pytest.raises(TextError, match=r"gone\.chainrule cannot be read"):
        text.open_file(tmp_path / "gone.chainrule")


def test_a_full_disk_leaves_the_old_file_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.chainrule"
    text.save(path, Snapshot())
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TextError, match="No space left"):
        text.save(path, Document(text.open_file(LESSONS[0])).snapshot())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_sweep_removes_only_what_a_dead_process_left(tmp_path: Path) -> None:
    dead = tmp_path / ".net.chainrule.999999999.part"
    mine = tmp_path / f".net.chainrule.{os.getpid()}.part"
    for stray in (dead, mine):
        stray.write_text("{")
    disk.sweep(tmp_path, text.SUFFIX)
    assert not dead.exists()
    assert mine.exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows makes links for administrators only")
def test_saving_through_a_link_writes_its_target(tmp_path: Path) -> None:
    target, link = tmp_path / "shared" / "net.chainrule", tmp_path / "net.chainrule"
    target.parent.mkdir()
    link.symlink_to(target)
    for number in (1, 2):  # the target is not there yet, then it is
        snapshot = Snapshot(nodes=tuple(Node(f"relu{i}", "relu") for i in range(number)))
        text.save(link, snapshot)
        assert link.is_symlink() and text.open_file(target) == snapshot
    assert [path.name for path in target.parent.iterdir()] == ["net.chainrule"]


@pytest.mark.skipif(os.name != "posix", reason="rights of other kinds")
def test_a_file_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "net.chainrule"
    text.save(path, Snapshot())
    path.chmod(0o640)
    text.save(path, Snapshot(nodes=(Node("relu1", "relu"),)))
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_write_protected_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.chainrule"
    text.save(path, Snapshot())
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
    with pytest.raises(text.TextError, match=r"net\.chainrule was not saved: The file is write-protected\."):
        text.save(path, Snapshot(nodes=(Node("relu1", "relu"),)))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_every_field_of_recipe_and_node_has_its_place_in_a_file() -> None:
    """Another value of each field survives, and what is left out means the same to both."""
    assert RecipeRecord().model_dump() == asdict(Recipe())
    odd = {"optimizer": "adagrad", "schedule": "cosine", "device": "cpu", "init": "he_normal", "init_fan": "fan_out", "bias_init": "0", "combine": "vote"}
    odd |= {"weights_from": "plain-18", "precision": "bfloat16"}
    for name, value in asdict(Recipe()).items():
        number = 0 if isinstance(value, str) else value
        other = odd.get(name, (not value) if isinstance(value, bool) else number + 1 if isinstance(value, int) else number / 2 + 0.25)
        snapshot = Snapshot(recipe=replace(Recipe(), **{name: other}))
        assert text.load(text.dump(snapshot)) == snapshot and text.dump(snapshot).count(f'"{name}"') == 1, name
    node = Node("conv1", "conv2d", title="A", bypassed=True, frozen=True, lr_factor=0.5, shares="conv2")
    assert text.load(text.dump(Snapshot(nodes=(node,)))).nodes == (node,)
    plain = text.dump(Snapshot(nodes=(Node("conv1", "conv2d"),)))
    assert "lr_factor" not in plain and "shares" not in plain


@pytest.mark.parametrize(
    ("entry", "words"),
    [('"recipe": {"beta1": 1.0}', "beta1"), ('"recipe": {"accumulate": 0}', "accumulate"), ('"recipe": {"warmup_epochs": -1}', "warmup_epochs")]
    + [(f'"nodes": [{{"id": "a", "type": "conv2d", {more}}}]', words) for more, words in (('"shares": "a b"', "shares"), ('"lr_factor": -1', "lr_factor"))],
)
def test_settings_out_of_bounds_are_refused_with_their_place(entry: str, words: str) -> None:
    with pytest.raises(text.TextError, match=words):
        text.load(f'{{"chainrule": 1, {entry}}}')


def test_a_folder_and_an_empty_file_are_no_projects(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="is a folder, no project"):
        text.open_file(tmp_path)
    empty = tmp_path / "empty.chainrule"
    empty.write_text("\n")
    with pytest.raises(TextError, match=r"empty\.chainrule: This file is empty\."):
        text.open_file(empty)
