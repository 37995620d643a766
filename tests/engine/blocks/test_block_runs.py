"""Blocks train like layers: runs, resumes, pictures of what lies inside, and the node that broke."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from block_networks import CHANNELS, basic, ex, node, port, use, wires

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.data.load import load
from engine.events import ProbeRequest, ProbeResult
from engine.graph.model import Block, BlockParam, Recipe, Snapshot
from engine.probe.request import answer
from engine.probe.subject import Subject
from engine.train.config import Job, Result
from engine.train.control import Control
from engine.train.loop import train
from engine.train.run import Run

STAGE = Block(
    "Stage", params=(CHANNELS,), nodes=(port("x", "in"), use("first", "BasicBlockDown", channels=ex("channels"), stride=2),
    use("rest", "BasicBlock", channels=ex("channels"), repeat=2), port("y", "out")), wires=wires("x > first.x, first.y > rest.x, rest.y > y"),
)  # fmt: skip


def digits(**recipe: object) -> Snapshot:
    """MNIST 5k through two stages of residual blocks."""
    nodes = (node("mnist1", "mnist5k"), use("stage1", "Stage", channels=4), use("stage2", "Stage", channels=6), node("mean1", "global_avg_pool"),
             node("fc1", "linear", out_features=10), node("ce1", "cross_entropy"))  # fmt: skip
    chain = "mnist1.image > stage1, stage1.y > stage2, stage2.y > mean1, mean1 > fc1, fc1 > ce1.prediction, mnist1.label > ce1.target"
    blocks = (basic(), basic("BasicBlockDown", projection=True), STAGE)
    return Snapshot(nodes, wires(chain), recipe=replace(Recipe(device="cpu", epochs=1, batch_size=20), **recipe), blocks=blocks)


class Acts(Control):
    """Calls a function after each step, and remembers the run."""

    def __init__(self, act: object = None, stop_at: int = 0) -> None:
        self.act, self.stop_at, self.run = act, stop_at, None

    def started(self, run: Run) -> None:
        self.run = run

    def between_steps(self, run: Run) -> bool:
        if self.act:
            self.act(run)
        return not self.stop_at or run.step < self.stop_at


def finished(snapshot: Snapshot, control: Acts, **job: object) -> Result:
    return train(Job(snapshot=snapshot, **job), control)


def test_a_network_of_blocks_trains_and_resumes_to_the_same_bits(tmp_path: Path) -> None:
    whole = Acts()
    finished(digits(), whole, steps=6)
    half = finished(digits(), Acts(stop_at=3), folder=tmp_path)
    again = Acts()
    assert finished(digits(), again, resume=half.folder, steps=6).steps == whole.run.step == 6
    first, second = whole.run.net.state_dict(), again.run.net.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first) and "stage1.rest.1.conv2.weight" in first
    assert np.isfinite(whole.run.metrics.steps("loss")).all()


def test_what_breaks_inside_a_block_is_pinned_to_the_instance() -> None:
    def spoil(run: Run) -> None:
        if run.step == 1:
            with torch.no_grad():
                run.net.stage2.rest[1].conv1.weight[0, 0, 0, 0] = math.nan

    result = finished(digits(), Acts(spoil))
    assert (result.reason, result.problem.node) == ("diverged", "stage2") and "weights of stage2" in result.message


@pytest.fixture(scope="module")
def subject() -> Subject:
    snapshot = digits()
    analysis = analyse(snapshot)
    assert analysis.errors == ()
    return Subject(build(analysis.source).net.train(), snapshot, facts=analysis.nodes, source=analysis.source, data=load("mnist5k", {}))


def ask(subject: Subject, kind: str, path: str) -> ProbeResult:
    return answer(subject, "panel", ProbeRequest(kind, path))


def test_pictures_of_what_lies_inside(subject: Subject) -> None:
    filters = ask(subject, "filters", "stage2/first/proj")
    assert np.array_equal(filters.arrays["weight"], subject.net.stage2.first.proj.weight.detach().numpy())
    second = ask(subject, "filters", "stage2/rest.1/conv1")
    assert np.array_equal(second.arrays["weight"], subject.net.stage2.rest[1].conv1.weight.detach().numpy())
    assert np.array_equal(ask(subject, "filters", "stage2/rest.0/conv1").arrays["weight"], subject.net.stage2.rest[0].conv1.weight.detach().numpy())
    seen = ask(subject, "activations", "stage1/rest.1/relu2").arrays["output"]
    assert np.array_equal(seen, ask(subject, "activations", "stage1/rest").arrays["output"])
    assert np.array_equal(seen, ask(subject, "activations", "stage1").arrays["output"]) and seen.shape == (4, 14, 14)
    small = answer(subject, "panel", ProbeRequest("thumbnails", nodes=("stage1/first/conv1", "stage1", "mnist1", "stage9/conv1", "fc1")))
    assert set(small.arrays) == {"stage1/first/conv1", "stage1", "mnist1", "fc1"}


@pytest.mark.parametrize(
    "path", ["stage9/conv1", "stage1/nothing", "conv1/conv1", "stage1/rest/", "/", "stage1.7/rest.9/conv1", "stage1//conv1", "..", "stage1/first/x/x"]
)
def test_paths_to_nowhere_are_answered_in_words(subject: Subject, path: str) -> None:
    for kind in ("filters", "activations"):
        result = ask(subject, kind, path)
        assert result.problem and not result.arrays


def test_layers_with_templates_of_their_own_work_inside() -> None:
    """Modules that are not simply called, and templates that print parameters or shapes."""
    nodes = (
        port("x", "in"), node("patches", "conv2d", out_channels=ex("dim"), kernel_size=4, stride=4), node("tokens", "map_to_tokens"),
        node("gru", "gru", hidden_size=ex("dim")), node("attention", "multi_head_attention", num_heads=ex("heads")),
        node("noise", "gaussian_noise", std=ex("std")), node("cls", "class_token"), node("softmax", "softmax", dim=ex("1 + 1")), port("y", "out"),
    )  # fmt: skip
    chain = "x > patches, patches > tokens, tokens > gru, gru > attention, attention > noise, noise > cls, cls > softmax, softmax > y"
    params = (BlockParam("dim", "int", 16, 1), BlockParam("heads", "int", 4, 1), BlockParam("std", "float", 0.1, 0.0, 1.0))
    block = Block("Odd", params=params, nodes=nodes, wires=wires(chain))
    every = (
        node("input1", "input", shape=(3, 8, 8), classes=10), use("a", "Odd"), use("b", "Odd", dim=24, heads=3, std=0.25), node("flat1", "flatten"),
        node("flat2", "flatten"), node("cat1", "concat"), node("fc1", "linear", out_features=10), node("ce1", "cross_entropy"),
    )  # fmt: skip
    ends = "input1.image > a, input1.image > b, a.y > flat1, b.y > flat2, flat1 > cat1.a, flat2 > cat1.b, cat1 > fc1"
    ends += ", fc1 > ce1.prediction, input1.label > ce1.target"
    analysis = analyse(Snapshot(every, wires(ends), recipe=Recipe(batch_size=2), blocks=(block,)))
    assert analysis.errors == () and analysis.source.text.count("class Odd") == 1, analysis.source.text
    net = build(analysis.source).net
    assert net(torch.randn(5, 3, 8, 8)).shape == (5, 10) and sum(w.numel() for w in net.parameters()) == analysis.parameters
    assert (net.a.attention.num_heads, net.b.attention.num_heads, net.b.gru.hidden_size) == (4, 3, 24)
