"""MVCNN: exact parameters, one network for all views, and a pooling that learns nothing and knows no order."""

from __future__ import annotations

import pytest
import torch
from template_tools import drawn, template, unborn

from engine.compile.analyse import analyse

COUNTS = {"mvcnn-alexnet": 57_167_720, "mvcnn-vggm": 98_975_400}


@pytest.mark.parametrize("entry_id", sorted(COUNTS))
def test_an_mvcnn_has_exactly_its_parameters_whatever_the_number_of_views(entry_id: str) -> None:
    for views in (12, 3):
        analysis = analyse(template(entry_id, input1={"shape": (views, 3, 224, 224)}, unfold1={"views": views}))
        assert analysis.parameters == COUNTS[entry_id]
        assert analysis.nodes["views1"].parameters == 0
        assert analysis.nodes["views1"].inputs["x"] == (4, views, *analysis.nodes["views1"].outputs["out"][1:])
        assert analysis.nodes["fc3"].outputs["out"] == (4, 40)
        assert [problem.code for problem in analysis.problems] == ["dataset-note"]


def test_vgg_m_pools_its_views_before_the_last_max_pooling() -> None:
    nodes = analyse(template("mvcnn-vggm")).nodes
    sizes = {name: nodes[name].outputs["out"][2:] for name in ("conv1", "pool1", "conv2", "pool2", "conv5", "views1", "pool3")}
    assert sizes == {"conv1": (109, 109), "pool1": (54, 54), "conv2": (26, 26), "pool2": (13, 13), "conv5": (13, 13), "views1": (13, 13), "pool3": (6, 6)}


def test_views_may_come_in_any_order() -> None:
    small = {"input1": {"shape": (4, 3, 64, 64)}, "unfold1": {"views": 4}}
    net = drawn(unborn(template("mvcnn-alexnet", **small)))
    views = torch.randn(2, 4, 3, 64, 64)
    with torch.no_grad():
        result = net(views)
        assert result.shape == (2, 40) and result.std() > 1e-3
        assert torch.equal(net(views[:, [2, 0, 3, 1]]), result)
        assert not torch.allclose(net(views[:, :1].expand(-1, 4, -1, -1, -1)), result, atol=1e-5)


def test_with_one_view_it_is_torchvisions_alexnet() -> None:
    from torchvision.models import alexnet

    ours = unborn(template("mvcnn-alexnet", input1={"shape": (1, 3, 64, 64)}, unfold1={"views": 1}))
    with torch.device("meta"):
        theirs = alexnet(weights=None, num_classes=40).eval()
    drawn(theirs)
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)), assign=True)
    image = torch.randn(2, 1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(ours(image), theirs(image[:, 0]), atol=1e-5)
