"""A dataset in the place of a template's Input: wires, classes and shape follow in one step, and what fits is offered."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from engine import headless, library
from engine.compile.analyse import analyse
from engine.graph import edits, filling
from engine.graph.document import Document, EditError
from engine.graph.model import Node, Snapshot, Value, Wire, frozen
from engine.graph.problem import ERROR, Problem


def filled(entry_id: str, type_id: str, params: dict[str, Value] | None = None) -> Snapshot:
    snapshot = library.read(entry_id)
    known = filling.fitted(snapshot, "input1", type_id) if params is None else params
    document = Document(snapshot)
    inverse = document.apply(filling.fill(snapshot, "input1", type_id, params=known, classes=library.classes(type_id, known))[0])
    after = document.snapshot()
    document.apply(inverse)
    assert document.snapshot() == snapshot  # one step back is exactly what was there
    return after


def no_data(snapshot: Snapshot) -> Problem:
    (problem,) = [p for p in analyse(snapshot).problems if p.code == "dataset-note"]
    return problem


def test_the_last_layer_follows_the_classes_and_the_wires_move_over() -> None:
    after = filled("resnet18", "mnist5k")
    assert after.node("mnist1").pos == library.read("resnet18").node("input1").pos and "input1" not in after.by_id()
    assert {Wire("mnist1", "image", "conv1", "x"), Wire("mnist1", "label", "cross_entropy1", "target")} <= set(after.wires)
    assert after.node("fc1").params["out_features"] == 10
    analysis = analyse(after)
    assert not analysis.errors and analysis.nodes["conv1"].derived["in_channels"] == 1
    assert analysis.parameters == 11_689_512 - 2 * 64 * 49 - 990 * 513


def test_blocks_and_maps_follow_too() -> None:
    document = Document(library.read("mlp"))
    document.apply(filling.fill(document.snapshot(), "input1", "image_folder", classes=7)[0])
    assert document.node("mlp1").params["out_features"] == 7
    after = filled("unet-small", "scenes", {"classes": "every digit and animal"})
    assert after.node("scores1").params["out_channels"] == 22 and not analyse(after).errors


def test_a_dataset_of_free_size_takes_the_declared_one() -> None:
    assert dict(filled("unet", "scenes").node("scenes1").params) == {"size": 388}
    assert dict(filled("alexnet", "image_folder").node("images1").params) == {"size": 224}
    assert dict(filled("lenet5", "image_folder").node("images1").params) == {"size": 28, "colour": "grey"}
    assert dict(filled("resnet18", "shapes3d").node("shapes1").params) == {"size": 224, "samples": "single views"}
    assert not analyse(filled("unet", "scenes")).errors


def test_layers_that_counted_something_else_are_left_alone() -> None:
    document = Document(library.read("lenet-slide"))
    document.apply(edits.set_param(document.snapshot(), "fc2", "out_features", value=12))
    ops, _ = filling.fill(document.snapshot(), "input1", "mnist5k", classes=7)
    document.apply(ops)
    assert document.node("fc2").params["out_features"] == 12


def test_what_does_not_answer_the_same_question_is_refused() -> None:
    with pytest.raises(EditError, match="a class for each pixel, and this network answers with one for each sample"):
        filled("lenet5", "scenes")
    with pytest.raises(EditError, match="a label for each sample, and this network answers with a class for each pixel"):
        filled("unet", "mnist5k")
    for place, type_id in (("input1", "relu"), ("input1", "input"), ("conv1", "mnist5k")):
        with pytest.raises(EditError, match="Only a dataset can take the place"):
            filling.fill(library.read("lenet5"), place, type_id)


def test_an_input_that_declares_nothing_possible_says_so() -> None:
    broken = Snapshot((Node("input1", "input", frozen({"classes": 0})),))
    with pytest.raises(EditError, match="input1: Classes must be a whole number"):
        filling.fill(broken, "input1", "mnist5k", classes=10)


def test_a_new_wire_from_a_dataset_takes_over_all_of_the_input() -> None:
    snapshot = library.read("lenet5")
    document = Document(snapshot)
    document.apply([*edits.add_node(snapshot, "animal_shapes", (0.0, 300.0))[0], *edits.add_node(snapshot, "identity", (0.0, 500.0))[0]])
    snapshot, wire = document.snapshot(), Wire("animals1", "image", "conv1", "x")
    assert filling.pushed_out(snapshot, wire) == "input1"
    assert not filling.pushed_out(snapshot, Wire("identity1", "out", "conv1", "x")) and not filling.pushed_out(
        snapshot, Wire("animals1", "image", "identity1", "x")
    )
    document.apply(filling.hand_over(snapshot, "input1", "animals1", classes=3))
    assert "input1" not in document and {w.source for w in document.wires if w.target in ("conv1", "cross_entropy1")} == {"animals1", "fc3"}
    assert document.node("fc3").params["out_features"] == 3


def test_a_label_that_is_wired_already_counts_too() -> None:
    document = Document(library.read("resnet50"))
    document.apply(edits.add_node(document.snapshot(), "mnist5k", (0.0, 300.0))[0])
    document.apply(edits.connect(document.snapshot(), Wire("mnist1", "label", "cross_entropy1", "target")))
    document.apply(filling.hand_over(document.snapshot(), "input1", "mnist1", classes=10))
    assert document.node("fc1").params["out_features"] == 10 and not analyse(document.snapshot()).errors


@pytest.mark.parametrize(
    ("entry_id", "first", "own"),
    [
        ("lenet5", "mnist5k", "image_folder"),
        ("resnet20-cifar", "cifar10", "image_folder"),
        ("resnet50", "mnist5k", "image_folder"),
        ("alexnet", "shapes3d", "image_folder"),  # small pictures would be pooled to nothing
        ("unet", "scenes", "mask_folder"),
    ],
)
def test_datasets_that_fit_are_offered_and_then_the_network_has_no_errors(entry_id: str, first: str, own: str) -> None:
    snapshot = library.read(entry_id)
    problem = no_data(snapshot)
    assert (problem.remedies[0].type, problem.remedies[-1].type) == (first, own) and 2 <= len(problem.remedies) <= 4
    assert all(remedy.title.removeprefix("Use ") in problem.fix for remedy in problem.remedies)
    for index, remedy in enumerate(problem.remedies):
        document = Document(snapshot)
        document.apply(edits.remedy(snapshot, problem, index))
        errors = analyse(document.snapshot()).errors
        assert [p.code for p in errors] == (["dataset"] if remedy.type == own else []), remedy  # a folder is still to be chosen


def test_a_place_without_a_network_offers_nothing_that_would_not_work() -> None:
    alone = Snapshot((Node("input1", "input", frozen({"shape": (5,), "classes": 3})),))
    assert no_data(alone).remedies == () and "palette" in no_data(alone).fix


def test_training_a_template_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = StringIO()
    assert headless.train_command(library.read("lenet-slide"), name="lenet-slide", out=tmp_path, json=True, progress_stream=said) == 1
    out = capsys.readouterr().out
    assert '"severity": "error"' in out and "MNIST 5k" in out and '"steps": 0' in out
    assert "brings no data" in said.getvalue() and "Drop a dataset from the palette onto input1" in said.getvalue()
    assert not list(tmp_path.iterdir())


def test_a_filled_template_trains(tmp_path: Path) -> None:
    assert headless.train_command(filled("lenet-slide", "mnist5k"), name="lenet", out=tmp_path, steps=2, progress_stream=StringIO()) == 0


def test_the_problem_in_the_way_of_a_training_carries_the_same_fixes() -> None:
    from engine.train.config import Job, TrainingError
    from engine.train.control import Control
    from engine.train.setup import prepare

    snapshot = library.read("mlp")
    with pytest.raises(TrainingError) as caught:
        prepare(Job(snapshot=snapshot), Control())
    assert caught.value.problem.severity == ERROR and caught.value.problem.remedies == no_data(snapshot).remedies


def test_the_terminal_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import main

    assert main.main(["--no-setup", "train", "resnet18", "--steps", "1", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "brings no data" in said and "These fit: MNIST 5k" in said and "Open it with “main.py resnet18”" in said
