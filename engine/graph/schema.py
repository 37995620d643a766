"""The strict shape of a project file (pydantic): lists every error at once. Data only; `text` reads and writes it.

Unknown fields are refused except inside `params`, so that an unknown layer type keeps its values as a placeholder.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1
Coordinate = Annotated[float, Field(ge=-1e7, le=1e7, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
Caption = Annotated[str, Field(max_length=200)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NodeRecord(Strict):
    id: Name
    type: Annotated[str, Field(max_length=80)]
    pos: tuple[Coordinate, Coordinate] = (0.0, 0.0)
    params: dict[Annotated[str, Field(max_length=80)], Any] = {}
    title: Caption = ""
    bypassed: bool = False
    frozen: bool = False
    lr_factor: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 1.0
    shares: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9_]*)?$", max_length=60)] = ""


class FrameRecord(Strict):
    id: Name
    title: Caption = ""
    rect: tuple[Coordinate, Coordinate, Coordinate, Coordinate]
    family: Caption = "convolution"


class RecipeRecord(Strict):
    optimizer: Annotated[str, Field(max_length=40)] = "sgd"
    learning_rate: Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)] = 0.05
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    nesterov: bool = False
    weight_decay: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    alpha: Annotated[float, Field(ge=0, lt=1)] = 0.99
    eps: Annotated[float, Field(ge=0, le=1)] = 1e-8
    lr_decay: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    centered: bool = False
    amsgrad: bool = False
    schedule: Annotated[str, Field(max_length=40)] = "constant"
    warmup_epochs: Annotated[float, Field(ge=0, le=1e5)] = 1.0
    step_epochs: Annotated[int, Field(ge=1, le=100_000)] = 5
    gamma: Annotated[float, Field(ge=0, le=1)] = 0.1
    final_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    rise: Annotated[float, Field(ge=0, le=1)] = 0.3
    start_divisor: Annotated[float, Field(ge=1, le=1e9)] = 25.0
    end_divisor: Annotated[float, Field(ge=1, le=1e9)] = 10_000.0
    clip_norm: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    accumulate: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 64
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 12
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    shuffle: bool = True
    init: Annotated[str, Field(max_length=40)] = "default"
    init_fan: Annotated[str, Field(max_length=40)] = "usual"
    init_value: Annotated[float, Field(ge=-1e6, le=1e6)] = 0.01
    bias_init: Annotated[str, Field(max_length=40)] = "default"
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    combine: Literal["average", "optimal", "vote"] = "average"
    weights_from: Annotated[str, Field(max_length=4096)] = ""
    hold_epochs: Annotated[int, Field(ge=0, le=100_000)] = 0


class AboutRecord(Strict):
    title: Caption = "untitled"
    kind: Literal["project", "lesson", "template", "block"] = "project"
    text: Annotated[str, Field(max_length=200_000)] = ""
    lecture_items: tuple[Annotated[int, Field(ge=1, le=999)], ...] = ()


WireRecord = tuple[Name, Annotated[str, Field(max_length=60)], Name, Annotated[str, Field(max_length=60)]]


class BlockParamRecord(Strict):
    name: Name
    kind: Literal["int", "float", "bool", "choice", "pair", "sizes"] = "int"
    default: Any = 0
    low: Annotated[float, Field(allow_inf_nan=False)] | int | None = None
    high: Annotated[float, Field(allow_inf_nan=False)] | int | None = None
    choices: Annotated[tuple[Caption, ...], Field(max_length=100)] = ()
    optional: bool = False
    help: Annotated[str, Field(max_length=1000)] = ""
    label: Caption = ""


class BlockRecord(Strict):
    id: Name
    title: Caption = ""
    doc: Annotated[str, Field(max_length=10_000)] = ""
    params: Annotated[tuple[BlockParamRecord, ...], Field(max_length=100)] = ()
    nodes: Annotated[tuple[NodeRecord, ...], Field(max_length=100_000)] = ()
    wires: Annotated[tuple[WireRecord, ...], Field(max_length=1_000_000)] = ()
    frames: Annotated[tuple[FrameRecord, ...], Field(max_length=10_000)] = ()


class ProjectRecord(Strict):
    chainrule: Literal[1]
    about: AboutRecord = AboutRecord()
    recipe: RecipeRecord = RecipeRecord()
    nodes: Annotated[tuple[NodeRecord, ...], Field(max_length=100_000)] = ()
    wires: Annotated[tuple[WireRecord, ...], Field(max_length=1_000_000)] = ()
    frames: Annotated[tuple[FrameRecord, ...], Field(max_length=10_000)] = ()
    blocks: Annotated[tuple[BlockRecord, ...], Field(max_length=10_000)] = ()
