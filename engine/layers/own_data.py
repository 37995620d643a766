"""Rows of the user's own data: folders of pictures, masks, meshes and views, and tables. Data only: no torch, no Qt."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from engine.layers.dataset_row import AUGMENTATION, D2, IMAGE, LABEL, MASK, VALIDATION, VIEWS, dataset, size_key
from engine.layers.made_data import VIEW_PARAMS
from engine.layers.params import Bool, Choice, Float, Folder, Int, Numbers, Pair, PathParam, ShapeParam, Sizes

COLOUR = Choice("colour", ["colour", "grey"], help="Three channels, or one.")
FEATURES = replace(IMAGE, name="features", axes="*", doc="One row of numbers for each sample, or the array of an NPZ file.")
ANSWER = replace(LABEL, axes="*", doc="Class index, or the number to be predicted.")


def typed(name: str, default: tuple[float, ...], doc: str) -> ShapeParam:
    """Numbers that are typed in."""
    return Numbers(name, default, whole=False, most=4096, bounds=(-1_000_000, 1_000_000), help=doc)


IMAGE_FOLDER = dataset(
    "image_folder",
    "Image folder",
    stem="images",
    aliases="own data pictures directory files",
    doc="Your own pictures: one subfolder per class.",
    params=(
        Folder("folder", help="A folder with one subfolder of images per class."),
        Pair("size", 32, low=1, high=4096, help="Every image is scaled to this height and width."),
        COLOUR,
        Float("validation", 0.2, low=0.01, high=0.9, label="Validation share", help="The share of each class that is never trained on."),
        *AUGMENTATION,
    ),
    key=lambda p: f"{size_key(p)} · {p.colour}",
)

ROWS = (
    IMAGE_FOLDER,
    dataset(
        "mask_folder", "Mask folder", stem="photos", aliases="own data segmentation images masks palette camvid voc pixel", outputs=(IMAGE, MASK),
        doc="Your own pictures with masks: subfolders images and masks, files of the same name; grey, palette or colour masks.",
        params=(
            Folder("folder", help="A folder with the subfolders images and masks, or with train and val that have them."),
            Pair("size", 128, low=1, high=4096, help="Every image and mask is scaled to this height and width."), COLOUR,
            Int("classes", 2, low=1, high=255, help="How many classes the masks have."),
            Choice("values", ["index", "ranked"], help="The value of a mask's pixel is its class, or the distinct values and colours are numbered in order."),
            Int("ignore", 255, low=-1, high=255, label="Ignore value", help="Pixels with this value do not count; −1 where all do."),
            VALIDATION, *AUGMENTATION,
        ),
        key=lambda p: f"{size_key(p)} · {p.classes} classes",
    ),
    dataset(
        "mesh_folder", "Mesh folder", stem="meshes", aliases="own data 3d modelnet off obj stl ply multi-view mvcnn", outputs=(VIEWS, LABEL, D2),
        doc="Your own 3D shapes in shaded views: CLASS/train and CLASS/test, or one subfolder per class, with .off, .obj, .stl or .ply files.",
        params=(
            Folder("folder", help="A folder with one subfolder per class, which may be divided into train and test."), *VIEW_PARAMS,
            Choice("up", ["z", "y"], help="The axis of the files that points up."), VALIDATION,
        ),
        key=lambda p: f"{80 if p.cameras == 'all around' else p.views} views · {size_key(p)}",
    ),
    dataset(
        "view_folder", "View folder", stem="views", aliases="own data rendered multi-view mvcnn modelnet pictures", outputs=(VIEWS, LABEL),
        doc="Your own rendered views: one subfolder per class, pictures numbered for each object, such as chair_01.png to chair_12.png.",
        params=(
            Folder("folder", help="A folder with one subfolder per class, which may be divided into train and test."),
            Int("views", 12, low=1, high=200, help="How many pictures there are of each object."),
            Pair("size", 32, low=1, high=1024, help="Every view is scaled to this height and width."),
            Choice("colour", ["grey", "colour"], help="One channel, or three."), VIEW_PARAMS[-1], VALIDATION,
        ),
        key=lambda p: f"{p.views} views · {size_key(p)}",
    ),
    dataset(
        "table", "Table", stem="table", aliases="own data csv npz numpy columns spreadsheet regression", outputs=(FEATURES, ANSWER),
        doc="Your own table: a CSV file whose columns are features, or an NPZ file with arrays.",
        params=(
            PathParam(name="file", default="", folder=False, help="A .csv file, with or without a line of names, or an .npz file."),
            Int("label", 0, low=0, high=100_000, label="Label column", help="Which column is predicted, counted from 1; 0 takes the last, or the array y."),
            Choice("task", ["classes", "number"], help="Predict a class, or a number."),
            Bool("standardise", True, help="Brings each feature to mean 0 and deviation 1 over the training rows."), VALIDATION,
        ),
        key=lambda p: p.task,
    ),
    dataset(
        "numbers", "Numbers", stem="numbers", aliases="own data typed by hand worked example few samples values", outputs=(FEATURES, ANSWER),
        doc="A few samples typed in here, for examples that are worked by hand. Nothing is scaled, and validation sees the same samples.",
        params=(
            Sizes("shape", (2,), label="Shape of a sample", help="Sizes of one sample without the batch, such as 2, or 1, 5, 5 for an image."),
            typed("values", (1.0, 2.0), "All numbers of the first sample row by row, then those of the next."),
            Choice("task", ["classes", "numbers"], help="The answers are classes 0, 1, 2 ..., or numbers to be predicted."),
            Int("classes", 2, low=1, high=1000, help="How many classes there are, if the answers are classes."),
            Sizes("answer_shape", (1,), label="Shape of an answer", help="Sizes of one answer, if the answers are numbers."),
            typed("answers", (1.0,), "The answer to the first sample, then to the next."),
        ),
        key=lambda p: f"{len(p.values) // max(prod(p.shape), 1)} × {'·'.join(map(str, p.shape))}",
    ),
)  # fmt: skip
