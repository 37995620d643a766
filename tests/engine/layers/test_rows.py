"""Parameters, formulas, checks and the search of the rows, against hand-worked numbers of the lecture."""

from __future__ import annotations

import math

import pytest

from engine.graph.model import Value
from engine.layers import registry
from engine.layers.params import ParamError
from engine.layers.spec import Shape, shape_text
from engine.layers.words import window_size


@pytest.mark.parametrize(
    ("size", "kernel", "padding", "stride", "expected"),
    [(5, 3, 1, 2, 3), (32, 5, 0, 1, 28), (224, 11, 2, 4, 55), (227, 11, 0, 4, 55), (6, 3, 1, 2, 3)],
)
def test_output_size_of_lecture_item_39(size: int, kernel: int, padding: int, stride: int, expected: int) -> None:
    assert window_size(size, kernel=kernel, stride=stride, padding=padding) == expected


def formula(type_id: str, params: dict[str, Value], *shapes: Shape) -> str:
    row = registry.TYPES[type_id]
    return row.formula(row.values(params), *shapes).text


@pytest.mark.parametrize(
    ("type_id", "params", "shapes", "expected"),
    [
        ("conv2d", {"kernel_size": 5, "padding": 2}, [(64, 1, 28, 28)], "(28 − 5 + 2·2) / 1 + 1 = 28"),
        ("conv2d", {"kernel_size": 11, "stride": 4, "padding": 2}, [(1, 3, 224, 224)], "(224 − 11 + 2·2) / 4 + 1 = 55  floor drops 1"),
        ("conv2d", {"padding": "same"}, [(1, 1, 9, 7)], "same as the input: 9×7"),
        ("max_pool2d", {}, [(1, 4, 28, 28)], "(28 − 2 + 2·0) / 2 + 1 = 14"),
        ("linear", {"out_features": 120}, [(1, 800)], "800 · 120 + 120 = 96,120"),
        ("flatten", {}, [(1, 32, 5, 5)], "32 · 5 · 5 = 800"),
        ("cross_entropy", {}, [(1, 10), (1,)], "ln 10 = 2.3026"),
        ("dropout", {"p": 0.2}, [(1, 8)], "x / (1 − 0.2) = 1.25·x"),
        ("concat", {}, [(1, 3, 8, 8), (1, 5, 8, 8)], "3 + 5 = 8"),
    ],
)
def test_formula_cards_carry_the_layers_own_numbers(type_id: str, params: dict[str, Value], shapes: list[Shape], expected: str) -> None:
    assert formula(type_id, params, *shapes) == expected


def test_an_uneven_window_shows_both_axes() -> None:
    assert formula("conv2d", {"kernel_size": (5, 3)}, (1, 1, 28, 28)) == "(28 − 5 + 2·0) / 1 + 1 = 24   (28 − 3 + 2·0) / 1 + 1 = 26"


def findings(type_id: str, params: dict[str, Value], *shapes: Shape) -> list[str]:
    row = registry.TYPES[type_id]
    return [f"{finding.message} {finding.fix}" for finding in row.check(row.values(params), *shapes)]


@pytest.mark.parametrize(
    ("type_id", "params", "shapes", "words"),
    [
        ("conv2d", {"kernel_size": 9}, [(1, 1, 5, 5)], "9×9 kernel of Conv2d is larger than the image: C1 H5 W5"),
        ("conv2d", {"groups": 2}, [(1, 3, 8, 8)], "2 groups do not divide 3 input channels"),
        ("conv2d", {"padding": "same", "stride": 2}, [(1, 3, 8, 8)], "only with stride 1"),
        ("conv2d", {}, [(1, 12)], "needs images C H W, got F12"),
        ("linear", {}, [(1, 32, 5, 5)], "got C32 H5 W5. Put a Flatten before it: C32 H5 W5 becomes F800"),
        ("add", {}, [(1, 32, 14, 14), (1, 16, 14, 14)], "a brings C32 H14 W14, b brings C16 H14 W14. The channels differ: 32 and 16"),
        ("concat", {}, [(1, 3, 8, 8), (1, 3, 4, 4)], "equal sizes except along axis 1"),
        ("max_pool2d", {"padding": 2}, [(1, 3, 8, 8)], "more than half"),
        ("reshape", {"shape": (7, 3)}, [(1, 10)], "holds 10 numbers"),
        ("cross_entropy", {}, [(1, 4, 2, 2), (1,)], "one score per class"),
        ("mse", {}, [(1, 4), (1, 5)], "prediction brings F4, target brings F5"),
    ],
)
def test_mistakes_are_named_before_torch_names_them(type_id: str, params: dict[str, Value], shapes: list[Shape], words: str) -> None:
    assert words in " ".join(findings(type_id, params, *shapes))


def test_a_shortcut_of_another_shape_is_offered_a_strided_convolution() -> None:
    row = registry.TYPES["add"]
    (finding,) = row.check(row.values({}), (1, 32, 7, 7), (1, 16, 14, 14))
    assert dict(finding.remedies[0].params) == {"out_channels": 32, "kernel_size": 1, "stride": 2}


@pytest.mark.parametrize(
    ("type_id", "name", "bad"),
    [
        ("conv2d", "out_channels", 0),
        ("conv2d", "out_channels", True),
        ("conv2d", "out_channels", "16"),
        ("conv2d", "kernel_size", (3, 3, 3)),
        ("conv2d", "padding", "__import__('os')"),
        ("conv2d", "padding_mode", "mirror"),
        ("conv2d", "bias", 1),
        ("dropout", "p", 1.5),
        ("dropout", "p", math.nan),
        ("leaky_relu", "negative_slope", math.inf),
        ("reshape", "shape", (-1, -1)),
        ("reshape", "shape", ()),
        ("image_folder", "folder", "a\0b"),
    ],
)
def test_impossible_values_are_refused_with_what_was_expected(type_id: str, name: str, bad: Value) -> None:
    with pytest.raises(ParamError, match="must be"):
        registry.TYPES[type_id].param(name).parse(bad)


def test_pairs_have_one_canonical_form() -> None:
    param = registry.TYPES["conv2d"].param("kernel_size")
    assert param.parse((3, 3)) == 3
    assert param.parse([3, 5]) == (3, 5)


@pytest.mark.parametrize(
    ("text", "first"), [("conv", "conv2d"), ("dense", "linear"), ("mxp", "max_pool2d"), ("skip", "add"), ("bn", "batch_norm"), ("RELU", "relu")]
)
def test_search_finds_by_title_alias_and_letters_in_order(text: str, first: str) -> None:
    assert registry.search(text)[0].id == first


@pytest.mark.parametrize(
    ("text", "first", "others"),
    [
        ("norm", "batch_norm", {"layer_norm", "instance_norm", "group_norm", "local_response_norm", "rms_norm"}),
        ("att", "multi_head_attention", {"cross_attention"}),
        ("relu", "relu", {"leaky_relu", "prelu"}),
        ("ce", "cross_entropy", set()),
        ("softmax", "softmax", {"log_softmax"}),
        ("conv", "conv2d", {"conv1d", "conv3d", "depthwise_conv2d", "pointwise_conv2d", "separable_conv2d", "transposed_conv2d"}),
    ],
)
def test_a_word_of_the_title_goes_before_an_alias(text: str, first: str, others: set[str]) -> None:
    found = [row.id for row in registry.search(text)]
    assert found[0] == first and set(found[1 : 1 + len(others)]) == others


def test_search_for_nonsense_finds_nothing_and_for_nothing_everything() -> None:
    assert registry.search("zzzz") == []
    assert registry.search("  ") == list(registry.ROWS)


def test_shapes_in_words() -> None:
    assert shape_text((64, 16, 28, 28)) == "C16 H28 W28"
    assert shape_text((64, 120)) == "F120"
    assert shape_text((64, 50, 64)) == "T50 D64"
    assert shape_text((64,)) == "scalar"
