"""Modules that torch lacks: printed once above the network, running alone with only torch, with lines that lead back to nodes."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.compile import library
from engine.compile.analyse import analyse
from engine.compile.build import build, node_of
from engine.compile.expressions import application, constructor
from engine.compile.names import legal
from engine.compile.source import generate
from engine.events import Source
from engine.graph.model import Node, Recipe, Snapshot, Value, Wire, frozen
from engine.layers import registry
from engine.layers.spec import LayerType

VARIANTS: dict[str, list[dict[str, Value]]] = {"positional_embedding": [{}, {"kind": "sinusoidal"}], "concat": [{"fit": "crop"}, {"fit": "pad"}]}


def code_of(row: LayerType, params: dict[str, Value]) -> str:
    p = row.values(params)
    shapes = row.example
    made = constructor(row, p, shapes) if row.role == "layer" else ""
    return f"{made or 'None'}; {application(row, p, module='m' if made else '', inputs=[f'x{i}' for i in range(len(shapes))], shapes=shapes)}"


CASES = [(row, params) for row in registry.ROWS if row.role != "data" for params in VARIANTS.get(row.id, [{}]) if library.named(code_of(row, params))]


def document(row: LayerType, params: dict[str, Value]) -> Snapshot:
    """The row's example as a document; a loss gets its target from a second input."""
    nodes = [Node("layer1", row.id, frozen(params))]
    wires = []
    for i, (port, shape) in enumerate(zip(row.input_ports(params), row.example, strict=True)):
        nodes.append(Node(f"input{i + 1}", "input", frozen({"shape": shape[1:]})))
        wires.append(Wire(f"input{i + 1}", "image", "layer1", port.name))
    return Snapshot(nodes=tuple(nodes), wires=tuple(wires), recipe=Recipe(batch_size=row.example[0][0]))


def source(row: LayerType, params: dict[str, Value]) -> Source:
    return analyse(document(row, params)).source


def test_all_of_our_modules_are_reached_by_a_row() -> None:
    reached = {name for row, params in CASES for name in library.named(code_of(row, params))}
    assert reached == set(library.OWN) and len(reached) >= 18


@pytest.mark.parametrize("name", library.OWN)
def test_a_module_needs_nothing_but_torch_and_says_what_it_is(name: str) -> None:
    tree = ast.parse(library.text_of(name))
    assert ast.get_docstring(tree.body[0]), name
    assert not [part for part in ast.walk(tree) if isinstance(part, (ast.Import, ast.ImportFrom))]
    free = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)} & {"engine", "np", "nx"}
    assert not free and "torch" in library.text_of(name)
    assert legal(name) == f"{name}_"  # no node takes its name
    if inspect.isclass(library.OWN[name]):
        assert issubclass(library.OWN[name], nn.Module)


def test_files_of_modules_import_only_torch() -> None:
    for file in library.FILES:
        tree = ast.parse(inspect.getsource(file))
        named = {part.module for part in ast.walk(tree) if isinstance(part, ast.ImportFrom)}
        named |= {alias.name for part in ast.walk(tree) if isinstance(part, ast.Import) for alias in part.names}
        assert named <= {"__future__", "math", "torch", "torch.nn.functional"}, file.__name__


def test_every_source_runs_alone_in_a_fresh_interpreter(tmp_path: Path) -> None:
    script = ["import sys, torch", "assert 'engine' not in sys.modules"]
    for index, (row, params) in enumerate(CASES):
        if row.role == "loss":
            continue
        (tmp_path / f"net{index}.py").write_text(source(row, params).text, encoding="utf-8")
        made = ("torch.zeros({}, dtype=torch.int64)" if port.whole else "torch.randn({})" for port in row.input_ports(params))
        inputs = ", ".join(call.format(tuple(shape)) for call, shape in zip(made, row.example, strict=True))
        script += [f"scope = {{}}; exec(open('net{index}.py', encoding='utf-8').read(), scope)", f"scope['Net']()({inputs})"]
    file = tmp_path / "all.py"
    file.write_text("\n".join([*script, "assert not [m for m in sys.modules if m.startswith('engine')]", "print('fine')"]), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, timeout=100, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "fine"), done.stderr


def transformer() -> Snapshot:
    steps: list[tuple[str, dict[str, Value]]] = [
        ("patchify", {"patch": 7}), ("linear", {"out_features": 8}), ("class_token", {}), ("positional_embedding", {}),
        ("multi_head_attention", {"num_heads": 2}), ("multi_head_attention", {"num_heads": 2, "causal": True}),
        ("take_token", {}), ("linear", {"out_features": 10}),
    ]  # fmt: skip
    nodes = [Node("mnist1", "mnist5k"), *(Node(f"step{i}", type_id, frozen(p)) for i, (type_id, p) in enumerate(steps)), Node("loss1", "cross_entropy")]
    wires = [Wire("mnist1", "image", "step0", "x"), *(Wire(f"step{i}", "out", f"step{i + 1}", "x") for i in range(len(steps) - 1))]
    wires += [Wire(f"step{len(steps) - 1}", "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    return Snapshot(nodes=tuple(nodes), wires=tuple(wires), recipe=Recipe(batch_size=4))


HEAD = '''import math

import torch
import torch.nn.functional as F
from torch import nn


class MultiHeadAttention(nn.Module):
    """softmax(Q Kᵀ / √d) V in several heads.'''
NET = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.step1 = nn.Linear(49, 8)
        self.step2 = ClassToken(8)
        self.step3 = LearnedPositions(17, 8)
        self.step4 = MultiHeadAttention(8, 2)
        self.step5 = MultiHeadAttention(8, 2, causal=True)
        self.step7 = nn.Linear(8, 10)

    def forward(self, image):                            # image: C1 H28 W28
        x = F.unfold(image, 7, stride=7).transpose(1, 2) # T16 D49
        x = self.step1(x)                                # T16 D8
"""


def test_a_module_is_printed_once_above_the_network() -> None:
    analysis = analyse(transformer())
    assert analysis.errors == ()
    text = analysis.source.text
    assert text.startswith(HEAD) and text.count("class MultiHeadAttention(nn.Module):") == 1 and text.count("class ClassToken") == 1
    squeezed = " ".join(text[text.index("class Net") :].split())
    assert " ".join(NET.split()) in squeezed
    ast.parse(text)
    lines = text.splitlines()
    assert [line.strip() for line in lines if line.startswith("class ")] == [
        "class MultiHeadAttention(nn.Module):", "class ClassToken(nn.Module):", "class LearnedPositions(nn.Module):", "class Net(nn.Module):",
    ]  # fmt: skip
    owned = [lines[number - 1].strip() for number in analysis.source.lines_of("step4")]
    assert owned == ["self.step4 = MultiHeadAttention(8, 2)", "x = self.step4(x)"]
    assert text.endswith("def loss(output, label):\n    return F.cross_entropy(output, label)\n")


def test_taps_keep_the_lines() -> None:
    snapshot = transformer()
    facts = analyse(snapshot).nodes
    tapped = generate(snapshot, facts=facts, taps=True)
    assert 'x = tap("step4", self.step4(x))' in tapped.text and "class MultiHeadAttention" in tapped.text
    assert [tapped.text.splitlines()[n - 1].strip() for n in tapped.lines_of("step7")][-1].startswith('x = tap("step7", self.step7(x))')


def test_an_error_inside_a_module_leads_to_its_node() -> None:
    made = build(analyse(transformer()).source)
    made.module("step5").num_heads = 3
    with pytest.raises(RuntimeError) as caught:
        made.net(torch.zeros(2, 1, 28, 28))
    assert node_of(caught.value) == "step5"


def test_nodes_named_like_a_module_do_not_hide_it() -> None:
    nodes = (
        Node("input1", "input", frozen({"shape": (2, 6, 6)})),
        Node("cropped", "relu"),
        Node("Swish", "swish"),
        Node("math", "concat", frozen({"fit": "crop"})),
    )
    wires = (
        Wire("input1", "image", "cropped", "x"), Wire("cropped", "out", "Swish", "x"), Wire("Swish", "out", "math", "a"), Wire("cropped", "out", "math", "b"),
    )  # fmt: skip
    made = build(analyse(Snapshot(nodes=nodes, wires=wires)).source)
    assert made.net(torch.randn(2, 2, 6, 6)).shape == (2, 4, 6, 6)


def test_networks_without_our_modules_print_none() -> None:
    assert library.prelude("class Net(nn.Module):\n    pass") == []
    assert library.prelude("x = 'Swish'  # ClassToken") == []  # words in texts and comments need nothing
