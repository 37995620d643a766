"""The generated text: pinned for LeNet and a residual block, hostile input never in it, alone in a fresh interpreter."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from compile_networks import deep, lenet, network, node, residual, wires, with_node, without_wire

from engine.compile.analyse import analyse
from engine.compile.expressions import literal, scaled
from engine.compile.source import generate
from engine.events import Source
from engine.graph.model import Snapshot, frozen
from engine.graph.text import open_file

LESSONS = Path(__file__).resolve().parents[3] / "resources" / "lessons"
LENET = """\
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 32, 5)
        self.fc1 = nn.Linear(800, 120)
        self.fc2 = nn.Linear(120, 10)

    def forward(self, image):   # image: C1 H28 W28
        x = self.conv1(image)   # C16 H28 W28
        x = F.relu(x)
        x = F.max_pool2d(x, 2)  # C16 H14 W14
        x = self.conv2(x)       # C32 H10 W10
        x = F.relu(x)
        x = F.max_pool2d(x, 2)  # C32 H5 W5
        x = x.flatten(1)        # F800
        x = self.fc1(x)         # F120
        x = F.relu(x)
        x = self.fc2(x)         # F10
        return x


def loss(output, label):
    return F.cross_entropy(output, label)
"""
RESIDUAL_FORWARD = """\
    def forward(self, image):      # image: C1 H28 W28
        x = self.conv1(image)      # C8 H28 W28
        x = self.bn1(x)
        relu1 = F.relu(x)
        x = self.conv2(relu1)      # C16 H14 W14
        x = self.bn2(x)
        x = F.relu(x)
        x = self.conv3(x)
        bn3 = self.bn3(x)
        x = self.shortcut(relu1)   # C16 H14 W14
        x = bn3 + x
        x = F.relu(x)
        x = x.mean((2, 3))         # F16
        x = self.fc1(x)            # F10
        return x
"""


def source(snapshot: Snapshot) -> Source:
    return analyse(snapshot).source


def squeezed(text: str) -> str:
    """Without the alignment of comments."""
    return "\n".join("  #".join(part.rstrip() for part in line.split("#")) for line in text.splitlines())


def test_lenet_reads_as_if_written_by_hand() -> None:
    assert source(lenet()).text == LENET


def test_the_lesson_stays_within_forty_lines() -> None:
    made = source(open_file(LESSONS / "lenet-mnist.chainrule"))
    assert len(made.text.splitlines()) <= 40


def test_a_residual_block_names_only_what_is_needed_again() -> None:
    assert squeezed(RESIDUAL_FORWARD) in squeezed(source(residual()).text)


@pytest.mark.parametrize("make", [lenet, residual, deep])
def test_every_node_has_its_lines(make: object) -> None:
    snapshot = make()
    made = source(snapshot)
    lines = made.text.splitlines()
    for placed in snapshot.nodes:
        owned = [lines[number - 1] for number in made.lines_of(placed.id)]
        if placed.type in ("conv2d", "linear", "batch_norm"):
            assert len(owned) == 2 and f"self.{placed.id} = nn." in owned[0] and f" = self.{placed.id}(" in owned[1]
        else:
            assert len(owned) == 1, placed.id
    assert "def forward(self, image)" in lines[made.lines_of("mnist1")[0] - 1]
    assert "F.cross_entropy" in lines[made.lines_of("cross_entropy1")[0] - 1]


def test_a_source_says_what_goes_in_and_out() -> None:
    made = source(lenet())
    assert made.inputs == (("mnist1", "image"),) and made.outputs == (("fc2", "out"),) and made.targets == (("mnist1", "label"),)
    assert made.modules == {name: name for name in ("conv1", "conv2", "fc1", "fc2")}


def test_taps_see_every_value_under_its_node() -> None:
    snapshot = lenet()
    facts = analyse(snapshot).nodes
    made = generate(snapshot, facts=facts, taps=True)
    assert "def forward(self, image, tap):" in made.text
    assert '        image = tap("mnist1.image", image)\n' in made.text and '        x = tap("conv1", self.conv1(image))' in made.text
    assert all(f'tap("{name}",' in made.text for name in facts if name not in ("mnist1", "cross_entropy1"))
    # Without the taps it is the same program, line by line.
    assert [line.split(" = ")[0] for line in generate(snapshot, facts=facts).text.splitlines() if " x = " in line] == [
        line.split(" = ")[0] for line in made.text.splitlines() if " x = " in line
    ]


def test_frozen_and_bypassed_nodes() -> None:
    text = source(with_node(with_node(lenet(), "conv1", frozen=True), "relu2", bypassed=True)).text
    assert "        self.fc2 = nn.Linear(120, 10)\n        self.conv1.requires_grad_(False)\n" in text
    assert text.count("F.relu") == 2
    assert "requires_grad_" not in source(with_node(lenet(), "relu1", frozen=True)).text


def test_several_losses_are_weighted_and_added() -> None:
    snapshot = lenet()
    decoder = [node("fc3", "linear", out_features=784), node("reshape1", "reshape", shape=(1, 28, 28)), node("mse1", "mse", weight=0.5)]
    more = "flatten1 > fc3, fc3 > reshape1, reshape1 > mse1.prediction, mnist1.image > mse1.target"
    both = replace(snapshot, nodes=(*snapshot.nodes, *decoder), wires=(*snapshot.wires, *wires(more)))
    analysis = analyse(both)
    assert analysis.errors == ()
    made = analysis.source
    assert made.text.endswith(
        "        return fc2, reshape1\n\n\n"
        "def loss(outputs, label, image):\n"
        "    fc2, reshape1 = outputs\n"
        "    cross_entropy1 = F.cross_entropy(fc2, label)\n"
        "    mse1 = F.mse_loss(reshape1, image)\n"
        "    return cross_entropy1 + 0.5 * mse1\n"
    )
    assert "flatten1 = x.flatten(1)" in made.text and "fc2 = self.fc2(x)" in made.text
    assert made.outputs == (("fc2", "out"), ("reshape1", "out")) and made.targets == (("mnist1", "label"), ("mnist1", "image"))
    lines = made.text.splitlines()
    assert [lines[n - 1].strip() for n in made.lines_of("mse1")] == ["mse1 = F.mse_loss(reshape1, image)"]


def test_a_single_weighted_loss() -> None:
    text = source(with_node(lenet(), "cross_entropy1", params={"weight": 0.25, "reduction": "sum"})).text
    assert text.endswith('    return 0.25 * F.cross_entropy(output, label, reduction="sum")\n')
    assert [scaled("a + b", 2.0), scaled("f(a) + f(b)", 2.0), scaled("f(a)", 2.0), scaled("a + b", 1.0)] == [
        "2.0 * (a + b)", "2.0 * (f(a) + f(b))", "2.0 * f(a)", "a + b",
    ]  # fmt: skip


def test_only_values_that_differ_are_printed() -> None:
    odd = {"kernel_size": (5, 3), "stride": 2, "padding": "same", "dilation": (1, 2), "padding_mode": "reflect", "bias": False}
    text = source(with_node(lenet(), "conv1", params=odd | {"stride": 1})).text
    assert 'nn.Conv2d(1, 64, (5, 3), padding="same", bias=False, dilation=(1, 2), padding_mode="reflect")' in text
    assert "F.max_pool2d(x, 3, stride=1)" in source(with_node(lenet(), "pool1", params={"kernel_size": 3, "stride": 1})).text


def test_templates_shape_layers_and_joins() -> None:
    nodes = [
        node("mnist1", "mnist5k"), node("conv1", "conv2d", out_channels=4, padding=1), node("identity1", "identity"), node("cat1", "concat", inputs=3),
        node("layer_norm1", "layer_norm", over="whole sample"), node("softmax1", "softmax", dim=-1),
    ]  # fmt: skip
    text = source(
        network(
            nodes,
            "mnist1.image > conv1, conv1 > identity1, identity1 > cat1.a, conv1 > cat1.b, mnist1.image > cat1.c, cat1 > layer_norm1, layer_norm1 > softmax1",
        )
    ).text
    assert text.startswith("import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n")
    assert "self.layer_norm1 = nn.LayerNorm((9, 28, 28))" in text
    assert (
        "        conv1 = self.conv1(image)" in text
        and "        identity1 = conv1\n" in text
        and "x = torch.cat([identity1, conv1, image], dim=1)  # C9 H28 W28" in text
    )
    assert "        x = F.softmax(x, -1)\n        return x\n" in text and "def loss" not in text


def test_a_network_without_modules_has_no_constructor() -> None:
    nodes = [node("mnist1", "mnist5k"), node("relu1", "relu"), node("flatten1", "flatten"), node("cross_entropy1", "cross_entropy")]
    wiring = "mnist1.image > relu1, relu1 > flatten1, flatten1 > cross_entropy1.prediction, mnist1.label > cross_entropy1.target"
    text = source(network(nodes, wiring)).text
    assert "class Net(nn.Module):\n    def forward(self, image):" in text and "__init__" not in text


def test_a_broken_node_is_left_out_with_what_follows() -> None:
    made = source(with_node(lenet(), "conv2", params={"kernel_size": 50}))
    assert "        # conv2 is left out: it has a problem\n        return x\n" in made.text and "fc1" not in made.text and "def loss" not in made.text
    assert made.lines_of("conv2") and not made.lines_of("fc1")
    assert source(without_wire(lenet(), "conv1")) == Source()
    assert source(Snapshot()) == Source()


HOSTILE_TEXTS = ["'); import os; os.system('true') #", '"""', "\n        import os", "\\", "{p.x}", "__import__('os')", "é" * 50]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_values_never_reach_the_source(text: str) -> None:
    clean = ast.dump(ast.parse(source(lenet()).text))
    titled = with_node(lenet(), "conv1", title=text)
    assert ast.dump(ast.parse(source(titled).text)) == clean
    for name in ("padding_mode", "padding", "out_channels", "bias", text):
        analysis = analyse(with_node(lenet(), "conv1", params={name: text}))
        assert text not in analysis.source.text and [p.code for p in analysis.errors] == ["parameter"]
    folder = analyse(
        replace(lenet(), nodes=tuple(replace(n, type="image_folder", params=frozen({"folder": text})) if n.id == "mnist1" else n for n in lenet().nodes))
    )
    assert text not in folder.source.text


@pytest.mark.parametrize("text", [*HOSTILE_TEXTS, "forward", "class", "x", "F", "print"])
def test_hostile_ids_become_plain_names(text: str) -> None:
    """No document takes such ids, but a snapshot might carry them."""
    snapshot = lenet()
    renamed = Snapshot(
        nodes=tuple(replace(n, id=text) if n.id == "conv1" else n for n in snapshot.nodes),
        wires=tuple(w._replace(source=text if w.source == "conv1" else w.source, target=text if w.target == "conv1" else w.target) for w in snapshot.wires),
    )
    analysis = analyse(renamed)
    tapped = generate(renamed, facts=analysis.nodes, taps=True)
    for made in (analysis.source, tapped):
        tree = ast.parse(made.text)
        assert len([part for part in ast.walk(tree) if isinstance(part, (ast.Import, ast.ImportFrom))]) == 2
        assert len(made.text.splitlines()) - (made is tapped) == 28
    assert any(isinstance(part, ast.Constant) and part.value == text for part in ast.walk(ast.parse(tapped.text)))


def test_only_plain_values_are_literals() -> None:
    assert [literal(v) for v in (None, True, 3, 0.1, "same", "it's", (1,), (2, (3, "a")))] == [
        "None",
        "True",
        "3",
        "0.1",
        '"same"',
        '"it\'s"',
        "(1,)",
        '(2, (3, "a"))',
    ]
    for value in ([1], {"a": 1}, object(), 1j, float):
        with pytest.raises(TypeError):
            literal(value)


def test_the_source_runs_alone_with_only_torch(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        source(lenet()).text + "\nimport torch\nnet = Net()\nprint(float(loss(net(torch.zeros(2, 1, 28, 28)), torch.zeros(2).long())) > 0)\n", encoding="utf-8"
    )
    done = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, timeout=100, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr
