"""How a training ends when something is wrong: a problem that names the node and the way out, never an exception, never a damaged run."""

from __future__ import annotations

import errno
import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from train_tools import Notes, chain, forgetful, linear, only_run, perceptron, same_bits, shrink, trained, weights

from engine.compile.analyse import analyse
from engine.events import Source
from engine.graph import disk
from engine.graph.model import Node, Snapshot, Wire
from engine.train import checkpoint, runs


def fails(snapshot: Snapshot, code: str, notes: Notes | None = None, **job: Any):
    """Trains, checks that it failed with this code and was told once, and returns the problem."""
    result, notes = trained(snapshot, notes, **job)
    assert (result.reason, result.problem.code) == ("failed", code), result
    assert notes.calls[-1] == "ended failed" and notes.problems[-1] == result.problem and result.problem.fix
    return result.problem


def test_a_rate_that_is_far_too_high_names_the_first_bad_node(tmp_path: Path):
    result, notes = trained(perceptron(learning_rate=1e9, epochs=3), folder=tmp_path)
    assert result.reason == "diverged" and notes.calls[-1] == "ended diverged"
    assert result.problem.node in ("fc1", "relu1", "fc2", "loss1")
    assert "learning rate" in result.problem.fix and "1e+09" in result.problem.fix
    assert "try 0.05" in result.problem.fix  # the optimizer's usual rate; a tenth of an absurd one is absurd too
    assert notes.problems == [result.problem]


def test_the_first_bad_node_is_the_one_whose_weights_are_lost():
    def spoil(run) -> None:
        if run.step == 3:
            with torch.no_grad():
                run.net.fc2.weight[1, 2] = math.nan

    result, notes = trained(perceptron(), Notes(act=spoil))
    assert (result.reason, result.problem.node, result.steps) == ("diverged", "fc2", 3)
    assert "NaN" in result.message and "weights of fc2" in result.message
    assert notes.run.metrics.count == 3  # the steps before are kept


def test_an_overflow_inside_the_network_names_the_layer_that_overflows():
    def spoil(run) -> None:
        with torch.no_grad():
            run.net.fc1.weight.fill_(1e38)

    result, _ = trained(perceptron(), Notes(act=spoil))
    assert (result.reason, result.problem.node) == ("diverged", "fc1") and "output of fc1" in result.message


def test_a_loss_alone_can_overflow():
    def spoil(run) -> None:
        with torch.no_grad():
            run.net.fc2.weight.mul_(0)
            run.net.fc2.bias.copy_(torch.linspace(0, 3e38, 784))

    nodes = (Node("flatten1", "flatten"), linear("fc2", 784), Node("reshape1", "reshape", {"shape": (1, 28, 28)}))
    result, _ = trained(chain(*nodes, loss=Node("loss1", "mse"), target="image"), Notes(act=spoil))
    assert (result.reason, result.problem.node) == ("diverged", "loss1")


def test_diverged_weights_do_not_replace_the_checkpoint(tmp_path: Path):
    def spoil(run) -> None:
        if run.step == 25:
            with torch.no_grad():
                run.net.fc1.weight.fill_(math.nan)

    result, _ = trained(perceptron(epochs=3), Notes(act=spoil), folder=tmp_path)
    assert result.reason == "diverged"
    kept, state = checkpoint.load_last(only_run(tmp_path) / runs.CHECKPOINTS)
    assert state["step"] == 20 and all(torch.isfinite(weight).all() for weight in kept.values())
    resumed, _ = trained(perceptron(epochs=3), resume=result.folder)
    assert (resumed.reason, resumed.steps) == ("finished", 60)


def test_an_exception_in_the_network_is_pinned_to_its_node():
    snapshot = perceptron()
    source = analyse(snapshot).source
    broken = replace(source, text=source.text.replace("F.relu(x)", "F.relu(x.reshape(3, 7))"))
    assert broken.text != source.text
    problem = fails(snapshot, "failed", source=broken)
    assert problem.node == "relu1" and "shape" in problem.message and "relu1 failed" in problem.message


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (Node("embed1", "embedding", {"num_embeddings": 5}), "a number arrived that has none"),
        (Node("binary1", "binary_nll"), "probabilities between 0 and 1"),
    ],
)
def test_what_torch_says_of_numbers_out_of_range_is_said_in_the_words_of_the_layer(layer: Node, says: str):
    if layer.type == "embedding":
        nodes = (
            Node("data1", "digit_canvases", {"count": 8, "largest": 42}),
            layer,
            Node("flatten1", "flatten"),
            linear("fc1", 10),
            Node("loss1", "cross_entropy"),
        )
        path = (Wire("data1", "size", layer.id, "x"), Wire(layer.id, "out", "flatten1", "x"), Wire("flatten1", "out", "fc1", "x"))
    else:
        nodes = (Node("data1", "moons", {"count": 8}), linear("fc1", 1), layer)
        path = (Wire("data1", "point", "fc1", "x"),)
    loss = nodes[-1].id
    snapshot = Snapshot(nodes, (*path, Wire("fc1", "out", loss, "prediction"), Wire("data1", "label", loss, "target")))
    problem = fails(snapshot, "failed")
    assert problem.node == layer.id and says in problem.message and "Error" not in problem.message


def test_an_exception_elsewhere_is_told_too():
    def burst(run) -> None:
        raise OverflowError("too much")

    problem = fails(perceptron(), "failed", Notes(act=burst))
    assert "OverflowError: too much" in problem.message and not problem.node


SHORT = [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), MemoryError()]


@pytest.mark.parametrize("error", SHORT)
def test_too_little_memory_says_how_to_need_less(error: Exception):
    def burst(run) -> None:
        raise error

    notes = Notes(act=burst)
    problem = fails(perceptron(), "out-of-memory", notes)
    assert "200" in problem.message and "100" in problem.fix
    assert all(weight.grad is None for weight in notes.run.weights)  # what the batch held is free again


@pytest.mark.parametrize(
    ("recipe", "word"),
    [
        ({"batch_size": 0}, "Batch size"), ({"batch_size": 2.5}, "Batch size"), ({"epochs": 0}, "Epochs"), ({"seed": -1}, "Seed"),
        ({"learning_rate": -1.0}, "Learning rate"), ({"learning_rate": math.nan}, "Learning rate"), ({"momentum": 1.5}, "Momentum"),
        ({"optimizer": "magic"}, "Optimizer"), ({"device": "abacus"}, "Device"),
    ],
)  # fmt: skip
def test_an_impossible_recipe_is_refused(recipe: dict, word: str):
    assert word in fails(perceptron(**recipe), "recipe").message


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused():
    assert "CUDA" in fails(perceptron(device="cuda"), "no-device").message
    assert trained(perceptron(device="auto"), steps=1)[0].device == "cpu"


def test_errors_of_the_document_keep_it_from_training():
    snapshot = perceptron()
    result, notes = trained(replace(snapshot, wires=snapshot.wires[1:]))
    assert result.reason == "failed" and notes.calls == ["ended failed"] and notes.problems == [result.problem]


def test_a_network_without_weights_cannot_learn():
    fails(chain(Node("flatten1", "flatten"), Node("relu1", "relu")), "no-weights")


def test_an_input_node_tells_where_data_comes_from():
    snapshot = perceptron()
    nodes = tuple(Node("mnist1", "input", {"shape": (1, 28, 28), "classes": 10}) if n.id == "mnist1" else n for n in snapshot.nodes)
    problem = fails(replace(snapshot, nodes=nodes), "data")
    assert problem.node == "mnist1" and "MNIST 5k" in problem.fix


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    assert str(tmp_path) in fails(perceptron(), "no-run-folder", folder=tmp_path / "file").message


def test_a_full_disk_does_not_end_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(disk, "replace", full)
    result, notes = trained(perceptron(epochs=2), folder=tmp_path)
    assert result.reason == "finished" and result.validation["accuracy"] > 0.5
    assert [p.code for p in notes.problems] == ["unsaved-checkpoint"] and "No space left" in notes.problems[0].message


def test_skipped_images_are_told(tmp_path: Path):
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for index in range(5):
            Image.new("L", (8, 8), 255 * (name == "a")).save(tmp_path / "set" / name / f"{index}.png")
    (tmp_path / "set" / "a" / "bad.png").write_text("no image")
    data = Node("images1", "image_folder", {"folder": "set", "size": 8, "colour": "grey"})
    result, notes = trained(chain(Node("flatten1", "flatten"), linear("fc1", 2), data=data), base=str(tmp_path))
    assert result.reason == "finished", result.message
    assert [(p.code, p.node, p.severity) for p in notes.problems] == [("skipped-files", "images1", "warning")] and "bad.png" in notes.problems[0].message


def test_loading_can_be_stopped(tmp_path: Path):
    class Impatient(Notes):
        def preparing(self, words: str) -> bool:
            return False

    data = Node("images1", "image_folder", {"folder": str(tmp_path)})
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_text("never read")
    result, notes = trained(chain(Node("flatten1", "flatten"), linear("fc1", 2), data=data), Impatient())
    assert (result.reason, result.problem, notes.calls) == ("stopped", None, ["ended stopped"])


# -- resuming ----------------------------------------------------------------------------------------------------------
def stopped(tmp_path: Path, **recipe: Any) -> Path:
    result, _ = trained(perceptron(**recipe), Notes(stop_at=5), folder=tmp_path)
    return Path(result.folder)


def test_a_changed_network_cannot_go_on(tmp_path: Path):
    fails(forgetful(), "network-changed", resume=stopped(tmp_path))


def test_another_batch_size_cannot_go_on(tmp_path: Path):
    fails(perceptron(batch_size=100), "recipe-changed", resume=stopped(tmp_path))


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(path.read_bytes()[:300]), lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("which", ["safetensors", "state.pt"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, spoil, which: str):
    folder = stopped(tmp_path)
    spoil(next((folder / runs.CHECKPOINTS).glob(f"last-*.{which}")))
    assert "cannot be read" in fails(perceptron(), "bad-checkpoint", resume=folder).message


def test_a_checkpoint_cannot_run_code(tmp_path: Path):
    folder = stopped(tmp_path)
    mark = tmp_path / "ran"

    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(mark),)

    torch.save({"step": 5, "optimizer": Hostile()}, next((folder / runs.CHECKPOINTS).glob("last-*.state.pt")))
    fails(perceptron(), "bad-checkpoint", resume=folder)
    assert not mark.exists()


def test_a_folder_without_checkpoint_cannot_go_on(tmp_path: Path):
    fails(perceptron(), "no-checkpoint", resume=tmp_path)


def test_half_a_checkpoint_is_no_checkpoint(tmp_path: Path):
    folder = stopped(tmp_path) / runs.CHECKPOINTS
    (folder / "last-000000009.state.pt").write_bytes(b"the state was written, then the power went")
    (folder / ".last-000000009.safetensors.77.tmp").write_bytes(b"half")
    _, state = checkpoint.load_last(folder)
    assert state["step"] == 5


def test_stopping_writes_a_checkpoint_and_the_end(tmp_path: Path):
    result, notes = trained(perceptron(), Notes(stop_at=7), folder=tmp_path)
    folder = Path(result.folder)
    kept, state = checkpoint.load_last(folder / runs.CHECKPOINTS)
    assert (result.reason, state["step"], state["offset"]) == ("stopped", 7, 7) and same_bits(kept, weights(notes))
    assert runs.read_json(folder / runs.ENDED)["reason"] == "stopped"
    assert notes.calls[-1] == "ended stopped" and not result.validation


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    shrink(monkeypatch, train_count=400)
    result, _ = trained(perceptron())
    assert result.reason == "finished" and result.folder == "" and not list(tmp_path.iterdir())


def test_an_empty_source_is_no_network():
    assert fails(perceptron(), "no-data", source=Source()).fix
