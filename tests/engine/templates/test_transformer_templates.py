"""The templates of the modern networks: exact parameters and shapes, problems in the lecture's words, and equality with torchvision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from template_tools import drawn, template, unborn
from torch.utils._python_dispatch import TorchDispatchMode

from engine import library
from engine.compile import problems
from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.compile.shapes import Inference
from engine.data.load import load
from engine.events import ProbeRequest
from engine.graph import edits, text
from engine.graph.document import Document
from engine.graph.model import EMPTY, Snapshot
from engine.probe.request import answer
from engine.probe.subject import Subject

VITS = {  # id: parameters, tokens with the class token, width
    "vit-b-16": (86_567_656, 197, 768),
    "vit-b-32": (88_224_232, 50, 768),
    "vit-l-16": (304_326_632, 197, 1024),
    "vit-h-14": (632_045_800, 257, 1280),
}


@pytest.mark.parametrize("entry_id", sorted(VITS))
def test_a_vision_transformer_has_exactly_its_parameters(entry_id: str) -> None:
    count, tokens, dim = VITS[entry_id]
    analysis = analyse(template(entry_id))
    assert analysis.parameters == count
    assert analysis.nodes["encoder1"].outputs["y"][1:] == (tokens, dim) == analysis.nodes["embed1"].outputs["y"][1:]
    assert analysis.nodes["head1"].outputs["out"][1:] == (1000,)
    assert {problem.code for problem in analysis.problems} - {"memory"} == {"dataset-note"}  # a small machine cannot train the largest


def test_what_this_machine_cannot_train_can_still_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "machine_memory", lambda: 8 * 10**9)
    analysis = analyse(template("vit-h-14"))
    found = next(problem for problem in analysis.problems if problem.code == "memory")
    assert found.severity == "warning" and found.message.startswith("Training needs about") and not analysis.errors


def test_the_small_one_is_a_lesson_under_the_same_name() -> None:
    assert library.find("vit-mnist").kind == "lesson"
    assert analyse(template("vit-mnist")).parameters == 72_074


class Allocations(TorchDispatchMode):
    """Counts the numbers that get memory; what lies on the meta device gets none."""

    real = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.real += sum(t.numel() for t in tensors(result) if t.device.type != "meta")
        return result


def tensors(value: object) -> Iterator[torch.Tensor]:
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return (part for part in parts if isinstance(part, torch.Tensor))


def test_opening_the_largest_takes_no_memory_for_its_weights() -> None:
    with Allocations() as seen:
        assert analyse(template("vit-h-14"), memory=Inference()).parameters == 632_045_800
        assert seen.real < 10_000
        torch.zeros(20_000)
        assert seen.real >= 20_000  # the count does see what is real


def test_vit_b_16_equals_torchvisions() -> None:
    from torchvision.models import vit_b_16

    snapshot = template("vit-b-16", input1={"shape": (3, 48, 48)})
    ours = unborn(snapshot)
    with torch.device("meta"):
        theirs = vit_b_16(weights=None, image_size=48).eval()
    drawn(theirs)
    state = theirs.state_dict()
    front = ["conv_proj.weight", "conv_proj.bias", "class_token", "encoder.pos_embedding"]
    values = {name: state.pop(name) for name in front} | state  # in the order of our nodes
    values["conv_proj.weight"] = values["conv_proj.weight"].flatten(1)  # a convolution by patches is a linear layer for each patch (item 107)
    ours.load_state_dict(dict(zip(by_place(ours), values.values(), strict=True)), assign=True)
    image = torch.randn(1, 3, 48, 48)
    with torch.no_grad():
        wanted = theirs(image)
        assert wanted.std() > 0.1
        assert torch.allclose(ours(image), wanted, atol=1e-5)


def by_place(net: torch.nn.Module) -> list[str]:
    """The names of Net's weights with those of the embedding in the order in which the image meets them."""
    names = list(net.state_dict())
    order = ["embed1.embed.weight", "embed1.embed.bias", "embed1.cls.token", "embed1.positions.table"]
    assert set(order) < set(names)
    return [*order, *(name for name in names if name not in order)]


def fixed(snapshot: Snapshot, title: str) -> Snapshot:
    """`snapshot` after the remedy of that title."""
    problem, index = next((p, i) for p in analyse(snapshot).problems for i, remedy in enumerate(p.remedies) if remedy.title == title)
    document = Document(snapshot)
    document.apply(edits.remedy(document.snapshot(), problem, index))
    return document.snapshot()


def test_heads_that_do_not_divide_offer_the_nearest_and_set_the_parameter_of_the_block() -> None:
    snapshot = template("vit-b-16", encoder1={"heads": 7})
    problem = analyse(snapshot).errors[0]
    assert problem.node == "encoder1" and problem.message.startswith("7 heads do not divide 768 features")
    assert [remedy.title for remedy in problem.remedies] == ["Use 6 heads", "Use 8 heads"]
    after = fixed(snapshot, "Use 8 heads")
    assert after.node("encoder1").params["heads"] == 8
    assert after.blocks == snapshot.blocks  # the definition still follows the parameter
    assert analyse(after).parameters == VITS["vit-b-16"][0]


def test_patches_that_do_not_divide_offer_what_does() -> None:
    snapshot = template("vit-b-16", input1={"shape": (3, 225, 240)})
    problem = analyse(snapshot).errors[0]
    assert "1 pixel is left over" in problem.message
    assert [remedy.title for remedy in problem.remedies] == ["Use patches of 15×15", "Crop the image to 224×240"]
    assert fixed(snapshot, "Use patches of 15×15").node("embed1").params["patch"] == 15
    assert analyse(fixed(snapshot, "Crop the image to 224×240")).nodes["embed1"].outputs["y"][1:] == (14 * 15 + 1, 768)


def test_many_tokens_are_warned_of_with_the_number_of_weights() -> None:
    assert not [p for p in analyse(template("vit-b-16", input1={"shape": (3, 640, 640)})).problems if p.code == "quadratic"]
    found = [p for p in analyse(template("vit-b-16", input1={"shape": (3, 1024, 1024)})).problems if p.code == "quadratic"]
    assert [p.severity for p in found] == ["warning"]
    assert "4,097² = 16,785,409 weights in each of 12 heads, 768 MiB a sample" in found[0].message


def test_texts_and_blocks_of_templates_survive_saving() -> None:
    for entry_id in VITS:
        snapshot = template(entry_id)
        assert text.load(text.dump(snapshot)) == snapshot
        assert snapshot.about.kind == "template" and snapshot.about.lecture_items and snapshot.about.text.startswith(f"# {snapshot.about.title}\n")


def test_the_filters_of_the_patch_embedding_are_small_images() -> None:
    data = load("mnist5k", {})
    for path, snapshot in (
        ("embed1", template("vit-mnist")),
        ("embed1/embed", with_digits(template("vit-b-16", encoder1={"dim": 24, "heads": 3, "repeat": 1}))),
    ):
        analysis = analyse(snapshot)
        made = build(analysis.source)
        subject = Subject(made.net, snapshot, facts=analysis.nodes, source=made.source, data=data)
        shown = answer(subject, "panel", ProbeRequest(kind="filters", node=path, limit=6))
        assert shown.info["what"] == "rows as images"
        weight = subject.module(path).weight.detach()
        assert np.array_equal(shown.arrays["weight"], weight[:6].unflatten(1, (1, 7, 7)))


def with_digits(snapshot: Snapshot) -> Snapshot:
    """The template on MNIST 5k, with patches of 7 pixels."""
    nodes = tuple(replace(n, id="input1", type="mnist5k", params=EMPTY) if n.id == "input1" else n for n in snapshot.nodes)
    changed = replace(snapshot, nodes=nodes)
    document = Document(changed)
    for name, value in (("patch", 7), ("dim", 24)):
        document.apply(edits.set_param(document.snapshot(), "embed1", name, value=value))
    document.apply(edits.set_param(document.snapshot(), "head1", "out_features", value=10))
    return document.snapshot()
